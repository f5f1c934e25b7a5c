"""The world's land with nothing on it, as training data, and how like it the pictures of a model of it are.

A GAN is a model of one kind of picture: two cores show it too few for ten kinds of things at three places as well.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from models.reader.network import Reader
from models.reader.scene import Scene, sample
from models.training.faithful import FIRST
from models.training.likeness import Likeness, likeness
from models.training.pictures import CHUNK, Drawings, as_bytes
from models.training.world.render import render

LAND = "land"  # what a starter's sidecar has as its "world", where others show scenes


def sample_land(seed: int) -> Scene:
    """The scene of that seed without its things."""
    return replace(sample(seed), things=())


def draw_land(seeds: range, size: int, device: str) -> Tensor:
    return render([sample_land(seed) for seed in seeds], size, device).picture


class Land(Drawings):
    """The first `count` landscapes of the world, with their scenes, in a folder of their own beside the scenes'."""

    def __init__(self, folder: Path, count: int, size: int, device: torch.device) -> None:
        super().__init__(folder, count, size, device, draw_land)
        self.scenes: list[Scene] = [sample_land(seed) for seed in range(count)]


def land(count: int, size: int) -> Tensor:
    """(count, 3, size, size) in 0..1: landscapes that no training has seen."""
    starts = range(FIRST, FIRST + count, CHUNK)
    drawn = [draw_land(range(start, min(start + CHUNK, FIRST + count)), size, "cpu") for start in starts]
    return torch.cat([as_bytes(part).float() / 255 for part in drawn])


def land_likeness(reader: Reader, pictures: Tensor) -> Likeness:
    """Compare pictures (N, 3, H, W) in 0..1 with unseen landscapes. N should be 500 or more."""
    return likeness(reader, pictures, land(2 * len(pictures), pictures.shape[-1]), kinds, "kinds of land")


def kinds(reader: Reader, pictures: Tensor) -> int:
    """How many times, weathers and terrains the reader sees, together: 120 at most."""
    return len({(seen.time, seen.weather, seen.terrain) for seen in reader.read(pictures)})
