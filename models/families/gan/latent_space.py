"""What the cards of all GANs that make a picture from a z have in common: no torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.protocol import MAX_SEED, Card, Match, Parameter

SAMPLE, INTERPOLATE, WALK, MIX = "sample", "interpolate", "walk", "mix"
SIDECAR = "everyform.json"

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


def in_folder(files: Any, card: Card) -> Match:
    """The claim on a model, with what its sidecar says of it."""
    told: Mapping[str, Any] = files.sidecar
    return Match(card=card, name=str(told.get("name") or files.path.stem), licence=str(told.get("licence") or ""))


def without(card: Card, *names: str) -> Card:
    """The card without these settings."""
    return replace(card, parameters=tuple(p for p in card.parameters if p.name not in names))
