"""Sentences of the starter world say what is there, in many ways, and are understood again."""

from __future__ import annotations

import random

from models.reader.grammar import Named, describe, parse
from models.reader.scene import SEASONAL, Thing, sample


def test_what_is_said_is_read_back() -> None:
    for seed in range(3000):
        sentence, named = describe(sample(seed), random.Random(seed))
        assert parse(sentence) == named, sentence


def test_a_full_sentence_names_all_that_can_be_seen() -> None:
    for seed in range(200):
        scene = sample(seed)
        _, named = describe(scene, random.Random(seed), full=True)
        assert (named.time, named.weather, named.terrain) == (scene.time, scene.weather, scene.terrain)
        assert named.season == (scene.season if scene.terrain in SEASONAL else None)
        assert set(named.things) == set(scene.things)


def test_sentences_vary() -> None:
    said = {describe(sample(7), random.Random(k))[0] for k in range(200)}
    assert len(said) > 150


def test_peoples_own_words_are_understood() -> None:
    assert parse("a red sailboat on a calm sea at sunset") == Named(
        time="sunset", terrain="sea", things=(Thing("sailboat", "red", "", ""),)
    )
    named = parse(
        "Misty morning in the alps; two things: a huge purple castle to the left, tiny white tents on the right"
    )
    assert (named.time, named.weather, named.terrain) == ("dawn", "fog", "mountains")
    assert named.things == (Thing("castle", "purple", "left", ""), Thing("tent", "white", "right", "far"))
    assert parse("nothing of this world") == Named()
