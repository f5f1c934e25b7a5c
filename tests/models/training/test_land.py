"""The world's land as training data, and what pictures of it are compared with."""

from __future__ import annotations

from pathlib import Path

import torch

from models.reader.network import Reader
from models.training.faithful import READER
from models.training.land import Land, draw_land, kinds, land, sample_land
from models.training.pictures import as_bytes, as_signed


def test_there_is_nothing_on_it(tmp_path: Path) -> None:
    world = Land(tmp_path, 4, 32, torch.device("cpu"))
    assert all(not scene.things for scene in world.scenes)
    assert torch.equal(world.batch(torch.arange(4)), as_signed(as_bytes(draw_land(range(4), 32, "cpu"))))


def test_kinds_of_land_are_counted() -> None:
    reader = Reader.load(READER)
    pictures = land(24, 128)
    several = {(s.time, s.weather, s.terrain) for s in map(sample_land, range(24))}
    assert kinds(reader, pictures[:1].expand(8, -1, -1, -1)) == 1
    assert len(several) // 2 < kinds(reader, pictures) <= 24
