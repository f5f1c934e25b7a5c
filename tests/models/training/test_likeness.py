"""The figures of pictures without prompts: distances that mean something, and a count of what differs."""

from __future__ import annotations

import math

import pytest
import torch

from models.reader.network import Reader
from models.training import likeness
from models.training.faithful import READER


def test_the_distance_of_two_known_gaussians() -> None:
    draw = torch.Generator().manual_seed(0)
    one = torch.randn(200_000, 2, generator=draw) * torch.tensor([1.0, 2.0])
    other = torch.randn(200_000, 2, generator=draw) * torch.tensor([3.0, 2.0]) + torch.tensor([0.0, 1.5])
    # Of Gaussians with diagonal covariances: |mean difference|² + Σ (deviation difference)².
    assert likeness.frechet(one, other) == pytest.approx(1.5**2 + 2.0**2, rel=0.02)
    assert likeness.frechet(one, one) == pytest.approx(0, abs=1e-6)


def test_renders_are_nearer_to_renders_than_blurred_ones_are() -> None:
    reader = Reader.load(READER)
    real = likeness.renders(256, 128)
    found = likeness.likeness(reader, real[:128].flip(3), real)
    assert 0 < found.distance < found.quarter

    assert 0 < found.floor < found.quarter
    assert found.scenes > 80
    same = likeness.likeness(reader, real[:1].expand(128, -1, -1, -1), real)
    assert same.scenes == 1 < same.scenes_of_renders
    assert same.distance > found.distance
    assert all(math.isfinite(value) for value in same.as_figures().values())
