"""Portraits as training data, and how like them the pictures of a model of people are."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from models.reader.network import Reader
from models.training.faithful import FIRST
from models.training.likeness import Likeness, likeness
from models.training.pictures import CHUNK, Drawings, as_bytes
from models.training.world.people import sample_portrait
from models.training.world.portrait import render_portraits

PEOPLE = "people"  # what a starter's sidecar has as its "world", where the others show landscapes
_OTHERS = 100_000_000  # so far from the people that a model is compared with are those that it is told apart by


def draw_portraits(seeds: range, size: int, device: str) -> Tensor:
    return render_portraits([sample_portrait(seed) for seed in seeds], size, device).picture


def face(size: int) -> Tensor:
    """(1, 1, size, size): how much a place counts, three times as much where faces are."""
    weigh = torch.ones(1, 1, size, size)
    weigh[..., int(0.28 * size) : int(0.76 * size), int(0.26 * size) : int(0.74 * size)] = 3.0
    return weigh


class Portraits(Drawings):
    """The first `count` people of the world, in a folder of their own beside the scenes'."""

    def __init__(self, folder: Path, count: int, size: int, device: torch.device) -> None:
        super().__init__(folder, count, size, device, draw_portraits)


def portraits(count: int, size: int, first: int = FIRST) -> Tensor:
    """(count, 3, size, size) in 0..1: people that no training has seen."""
    starts = range(first, first + count, CHUNK)
    drawn = [draw_portraits(range(start, min(start + CHUNK, first + count)), size, "cpu") for start in starts]
    return torch.cat([as_bytes(part).float() / 255 for part in drawn])


def portrait_likeness(reader: Reader, pictures: Tensor) -> Likeness:
    """Compare pictures (N, 3, H, W) in 0..1 with unseen portraits. N should be 500 or more.

    The reader knows landscapes: its features tell pictures apart all the same, but it names no one. So variety is
    counted otherwise, as the people among N others who are the nearest to at least one picture.
    """
    size = pictures.shape[-1]
    others = portraits(len(pictures), size, FIRST + _OTHERS)
    real = portraits(2 * len(pictures), size)
    return likeness(reader, pictures, real, lambda _, shown: met(shown, others), PEOPLE)


def met(pictures: Tensor, people: Tensor) -> int:
    """How many of the people are the nearest to at least one picture, all (N, 3, S, S), as seen at 16 pixels."""
    seen, known = (F.adaptive_avg_pool2d(side, 16).flatten(1) for side in (pictures, people))
    return len(torch.cdist(seen, known).argmin(1).unique())
