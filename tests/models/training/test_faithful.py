"""The starter that ships, asked as a person would ask it."""

from __future__ import annotations

from pathlib import Path

from models.training.measure import measure

STARTER = Path(__file__).resolve().parents[3] / "resources" / "starter" / "scenes"


def test_the_starter_draws_what_it_is_told() -> None:
    """Its whole score, over 200 prompts, is in its training.json; these few tell a broken folder from a sound one."""
    figures, made = measure(STARTER, 10)
    assert figures["per_cent_found_of_10_unseen_prompts"]["all"] >= 75
    assert made.shape == (10, 3, 128, 128)
    assert figures["different scenes"] >= 9
