"""Prompts to begin with, for whoever has not thought of one yet: in words that all the starters have learned."""

from __future__ import annotations

SAMPLES: tuple[str, ...] = (
    "a red sailboat on a calm sea at sunset",
    "a small white house in a meadow in spring, on a cloudy day",
    "a big green lighthouse on the left, at sea, at night under a clear sky",
)
