"""The people of the starter world: what a portrait is made of, and one drawn at random from a seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from models.reader.scene import COLOURS, TIMES

SKINS = ("pale", "fair", "golden", "olive", "brown", "dark")
HAIRS = ("bald", "cropped", "parted", "curly", "afro", "bob", "long", "wavy", "bun", "ponytail", "braids")
HAIR_COLOURS = ("black", "brown", "auburn", "ginger", "blond", "grey", "blue", "pink")
EYES = ("brown", "hazel", "green", "blue", "grey")
SIDES = ("left", "ahead", "right")
EXPRESSIONS = ("smiling", "calm", "sad", "surprised")
CLOTHES = ("t-shirt", "striped", "sweater", "shirt", "hoodie", "jacket", "scarf")
BACKDROPS = ("sky", "hills", "sea", "wall")
GLASSES = ("none", "round", "square")
HATS = ("none", "beanie", "straw hat", "cap")
BEARDS = ("none", "stubble", "moustache", "full")

# How often each is seen, where not all are equally likely. Hats lie flat on hair, beards go with little of it.
SHARES: dict[str, tuple[float, ...]] = {
    "hair": (1, *[2] * (len(HAIRS) - 1)),
    "hair_colour": (5, 5, 4, 4, 5, 3, 1, 1),
    "gaze": (1, 3, 1),
    "expression": (4, 3, 2, 2),
    "time": (3, 4, 3, 2),
    "glasses": (8, 1, 1),
    "hat": (85, 5, 5, 5),
    "beard": (6, 1, 1, 2),
}
UNDER_HATS = ("bald", "cropped", "bob", "long", "wavy", "braids")
WITH_BEARDS = ("bald", "cropped", "parted", "curly", "afro", "bun")


@dataclass(frozen=True)
class Portrait:
    """Attributes as one sees them (left is the picture's left), and the seed of what has no name (the face's build)."""

    skin: str
    hair: str
    hair_colour: str
    eyes: str
    gaze: str
    turn: str
    expression: str
    clothes: str
    clothes_colour: str
    time: str
    light_from: str
    backdrop: str
    glasses: str
    hat: str
    beard: str
    seed: int


# Every attribute with its values, in the order in which they are chosen: hair after the hat, a beard after the hair.
VALUES: dict[str, tuple[str, ...]] = {
    "skin": SKINS,
    "hat": HATS,
    "hair": HAIRS,
    "hair_colour": HAIR_COLOURS,
    "beard": BEARDS,
    "eyes": EYES,
    "gaze": SIDES,
    "turn": SIDES,
    "expression": EXPRESSIONS,
    "clothes": CLOTHES,
    "clothes_colour": COLOURS,
    "time": TIMES,
    "light_from": ("left", "right"),
    "backdrop": BACKDROPS,
    "glasses": GLASSES,
}


def goes_with(attribute: str, value: str, chosen: Mapping[str, str]) -> bool:
    """Whether a person who has what is `chosen` so far can have that, too."""
    if attribute == "hair":
        return chosen["hat"] == "none" or value in UNDER_HATS
    return attribute != "beard" or value == "none" or chosen["hair"] in WITH_BEARDS


def sample_portrait(seed: int) -> Portrait:
    """The person of a seed."""
    rng = random.Random(f"portrait {seed}")
    chosen: dict[str, str] = {}
    for attribute, values in VALUES.items():
        shares = SHARES.get(attribute, (1,) * len(values))
        allowed = [share * goes_with(attribute, value, chosen) for value, share in zip(values, shares, strict=True)]
        chosen[attribute] = rng.choices(values, allowed)[0]
    return Portrait(**chosen, seed=seed)
