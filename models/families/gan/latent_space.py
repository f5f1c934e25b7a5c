"""What the cards of all GANs that make a picture from a z have in common: no torch here."""

from __future__ import annotations

from dataclasses import replace

from models.protocol import MAX_SEED, Card, Parameter

SAMPLE, INTERPOLATE, WALK, MIX = "sample", "interpolate", "walk", "mix"

OTHER_SEED = Parameter(
    name="other_seed",
    type="int",
    default=1,
    minimum=0,
    maximum=MAX_SEED,
    label="Other seed",
    help="The seed of the picture at the other end; the seed itself is that of the first.",
    tasks=(INTERPOLATE,),
)
FRAMES = Parameter(
    name="frames",
    type="int",
    default=7,
    minimum=2,
    maximum=16,
    label="Pictures",
    help="How many pictures the strip has, from its first to its last.",
    suggested=(5, 7, 9, 12),
    tasks=(INTERPOLATE, WALK),
)


def without(card: Card, *names: str) -> Card:
    """The card without these settings."""
    return replace(card, parameters=tuple(p for p in card.parameters if p.name not in names))
