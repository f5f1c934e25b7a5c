"""Clips of the starter world: what the prompt names moves that way, all else is the same scene, and it is read back."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import torch

from models.reader.clips import clouds, watch
from models.reader.grammar import Named
from models.reader.motion import Clip, NamedMotion, describe_clip, parse_motion, sample
from models.reader.network import Reader
from models.reader.scene import Scene, Thing
from models.training.faithful import READER
from models.training.world.motion import film
from models.training.world.render import render

BAY = Scene("day", "clear", "summer", "sea", (Thing("sailboat", "red", "centre", "near"),), 4)


def test_what_is_said_is_understood() -> None:
    for seed in range(1000):
        sentence, named = describe_clip(sample(seed), random.Random(seed))
        assert parse_motion(sentence) == named, sentence


def test_peoples_own_words_are_understood() -> None:
    named = Named(time="day", terrain="sea", things=(Thing("sailboat", "red", "", ""),))
    assert parse_motion("a red sailboat sailing to the left at sea, while day turns to night") == NamedMotion(
        named, (("sailboat", "left"),), "", "night"
    )
    found = parse_motion("A blue balloon rising over a meadow and clouds drifting right")
    assert (found.moves, found.clouds) == ((("balloon", "up"),), "right")


def test_a_clip_is_the_same_each_time_and_still_where_nothing_moves() -> None:
    clip = Clip(replace(BAY, terrain="meadow", things=(Thing("house", "red", "centre", "near"),)), ("",))
    frames = film([clip, clip], 32, 3)
    assert frames.shape == (2, 3, 3, 32, 32)
    assert torch.equal(frames[0], frames[1])
    assert (frames[0, 0] - render([clip.scene], 32).picture[0]).abs().max() < 1e-5, "it begins as the still"
    assert (frames[0, 0] - frames[0, 2]).abs().max() < 1e-5
    with pytest.raises(ValueError, match="at least one"):
        film([clip], 32, 0)
    with pytest.raises(ValueError, match="32 to 512"):
        film([clip], 16, 2)


@pytest.mark.parametrize(
    ("kind", "terrain", "way"),
    [("sailboat", "sea", "left"), ("sailboat", "sea", "right"), ("balloon", "meadow", "up"), ("bird", "town", "left")],
)
def test_a_thing_goes_where_it_is_said_and_is_followed(kind: str, terrain: str, way: str) -> None:
    scene = replace(BAY, terrain=terrain, things=(Thing(kind, "red", "centre", "near"),))
    seen = watch(Reader.load(READER), film([Clip(scene, (way,))], 64, 5)[0])
    assert seen.ways.get(kind) == way, seen.paths
    assert seen.first == seen.last == "day"


def test_a_day_becomes_night() -> None:
    frames = film([Clip(BAY, ("",), "", "night")], 64, 5)[0]
    seen = watch(Reader.load(READER), frames)
    assert (seen.first, seen.last, seen.ways["sailboat"]) == ("day", "night", "")
    assert frames[0].mean() > 1.5 * frames[-1].mean()


@pytest.mark.parametrize("way", ["left", "right", ""])
def test_clouds_drift(way: str) -> None:
    assert clouds(film([Clip(replace(BAY, weather="cloudy"), ("",), way)], 64, 6)[0]) == way
