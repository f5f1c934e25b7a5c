"""A part that families share: it has no card, so the registry passes it over."""

from __future__ import annotations

import random


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size * size * 3)
