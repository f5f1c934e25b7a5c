"""The numbers that tell a scene: they must say what is on it, and be standard normal over all scenes."""

from __future__ import annotations

import torch

from models.reader.scene import COLOURS, KINDS, TERRAINS, TIMES, sample
from models.training import tied

SCENES = [sample(seed) for seed in range(1_500)]


def test_over_all_scenes_they_are_standard_normal() -> None:
    z = tied.numbers(SCENES)
    assert z.shape == (len(SCENES), tied.WIDTH)
    # Six times what the mean and the deviation of so many draws are off by themselves.
    near = 6 / len(SCENES) ** 0.5
    assert z.mean(0).abs().max() < near and (z.std(0) - 1).abs().max() < near
    correlated = torch.corrcoef(z.T) - torch.eye(tied.WIDTH)
    assert correlated.abs().max() < near


def test_the_greatest_allowed_number_tells_what_was_chosen() -> None:
    z = tied.numbers(SCENES)
    first = len(TERRAINS) + len(TIMES) + 13 + 4 + 1 + 3
    units = [k for k in KINDS for _ in range(4 if k == "sailboat" else 1)]
    for scene, row in zip(SCENES, z, strict=True):
        assert TERRAINS[row[: len(TERRAINS)].argmax()] == scene.terrain
        assert TIMES[row[len(TERRAINS) : len(TERRAINS) + len(TIMES)].argmax()] == scene.time
        thing = row[first : first + tied.OF_A_THING]
        allowed = [(value, kind) for value, kind in zip(thing, units, strict=False) if _may_be(kind, scene.terrain)]
        assert max(allowed)[1] == scene.things[0].kind
        colours = thing[len(units) + 3 : len(units) + 3 + len(COLOURS)]
        assert COLOURS[colours.argmax()] == scene.things[0].colour


def _may_be(kind: str, terrain: str) -> bool:
    return kind not in ("windmill", "tree", "tent") if terrain == "sea" else kind != "sailboat"


def test_the_same_scene_is_told_in_many_ways_each_the_same_every_time() -> None:
    some = SCENES[:8]
    assert torch.equal(tied.numbers(some), tied.numbers(some))
    assert not torch.equal(tied.numbers(some), tied.numbers(some, way=1))
