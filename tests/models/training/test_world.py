"""The starter world: every scene can be drawn, the same each time, at any size, with its sketch and depth."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from models.reader.scene import COLOURS, KINDS_IN, TERRAINS, TIMES, WEATHERS, Scene, Thing, sample
from models.training.world.render import render


def test_a_seed_is_one_scene_and_one_picture_alone_or_in_a_batch() -> None:
    scenes = [sample(seed) for seed in range(6)]
    together = render(scenes, 64)
    alone = render([sample(4)], 64)
    assert torch.allclose(together.picture[4], alone.picture[0], atol=2e-6)
    assert torch.equal(render(scenes, 64).picture, together.picture)


@pytest.mark.parametrize("size", [32, 96, 512])
def test_sizes(size: int) -> None:
    drawn = render([sample(1)], size)
    assert drawn.picture.shape == (1, 3, size, size)
    assert drawn.sketch.shape == drawn.depth.shape == (1, 1, size, size)
    for layer in (drawn.picture, drawn.sketch, drawn.depth):
        assert layer.isfinite().all()
        assert layer.min() >= 0 and layer.max() <= 1


@pytest.mark.parametrize("size", [16, 1024])
def test_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 to 512"):
        render([sample(1)], size)


def test_sizes_show_the_same_scene() -> None:
    scenes = [sample(seed) for seed in range(8)]
    small, large = render(scenes, 64).picture, render(scenes, 256).picture
    assert (torch.nn.functional.avg_pool2d(large, 4) - small).abs().mean() < 0.03


def test_every_thing_shows_in_every_terrain_time_and_weather() -> None:
    """Taking the thing away changes the picture where it stood."""
    for terrain, (time, weather) in zip(TERRAINS * 4, product(TIMES, WEATHERS), strict=False):
        kinds = KINDS_IN[terrain]
        things = [(Thing(kind, "red", "centre", "near"),) for kind in kinds]
        *full, empty = render([Scene(time, weather, "summer", terrain, t, 7) for t in [*things, ()]], 64).picture
        for kind, picture in zip(kinds, full, strict=True):
            changed = (picture - empty).abs().amax(0) > 0.05
            assert 0.015 < changed.float().mean() < 0.6, (kind, terrain, time, weather)


def test_colours_differ_on_the_thing() -> None:
    scenes = [Scene("day", "clear", "summer", "meadow", (Thing("house", c, "centre", "near"),), 3) for c in COLOURS]
    pictures = render(scenes, 64).picture
    for a in range(len(COLOURS)):
        for b in range(a):
            assert (pictures[a] - pictures[b]).abs().amax() > 0.25, (COLOURS[a], COLOURS[b])


def test_sketch_and_depth_follow_the_scene() -> None:
    scene = Scene("day", "clear", "summer", "meadow", (Thing("castle", "blue", "centre", "near"),), 5)
    drawn = render([scene], 128)
    assert drawn.depth[0, 0, :20].mean() > 0.95, "the sky is far"
    assert drawn.depth[0, 0, 95, 64] < 0.3, "the castle is near"
    lines = (drawn.sketch < 0.5).float().mean()
    assert 0.01 < lines < 0.25
