"""Scenes of the starter world described in a few sentences, as a language model learns to."""

from __future__ import annotations

import random

from models.reader.descriptions import ASKED, BEATS, FORMS, LANDS, SPOTS, verb_of
from models.reader.forms import filled
from models.reader.grammar import describe
from models.reader.scene import SEASONAL, Scene

_OF_BEAT = {beat: [form for form in FORMS if form.beat == beat] for beat in BEATS}
RESTS = 0.6  # how often a description ends with more than what is there


def account(scene: Scene, rng: random.Random) -> str:
    """All that can be seen of the scene, in words."""
    told = [_said("where", rng, {"land": LANDS[scene.terrain]}, time=scene.time)]
    if scene.terrain in SEASONAL:
        told.append(_said("season", rng, {}, season=scene.season))
    told.append(_said("weather", rng, {}, weather=scene.weather))
    for thing in scene.things:
        spot = SPOTS[thing.place]
        words = {"spot": spot, "spot_first": spot.capitalize(), "colour": thing.colour, "thing": thing.kind,
                 "does": verb_of(thing.kind)}  # fmt: skip
        told.append(_said("thing", rng, words, distance=thing.distance))
    if rng.random() < RESTS:
        told.append(_said("rest", rng, {}))
    return " ".join(told)


def question(scene: Scene, rng: random.Random) -> str:
    """How someone might ask for it: `Describe a red sailboat on a calm sea at sunset.`"""
    said, _ = describe(scene, rng)
    said = said[0].lower() + said[1:].rstrip(".")
    return f"{ASKED} {said}{'' if rng.random() < 0.3 else '.'}"


def _said(beat: str, rng: random.Random, words: dict[str, str], **means: str) -> str:
    return filled(rng.choice([form for form in _OF_BEAT[beat] if dict(form.means) == means]), words)
