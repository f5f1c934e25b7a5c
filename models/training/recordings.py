"""Sounds of the starter world to learn from: made once, kept as 16-bit numbers, and cut anywhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from models.training.encoded import kept_part, kept_parts
from models.training.lab import Lab

FULL = 32767  # what 1.0 is in 16-bit numbers


def recordings(lab: Lab, name: str, count: int, make: Callable[[range], Tensor]) -> Tensor:
    """(count, samples) as 16-bit numbers, of the first seeds; `make` gives waveforms in -1..1 of some of them."""
    return kept_parts(lab, name, count, partial(_short, make))


def waves(lab: Lab, name: str, make: Callable[[range], Tensor], seeds: range) -> Tensor:
    """(N, samples) in -1..1 of the recordings of one part, as `kept_parts` asks for parts."""
    return kept_part(lab, name, partial(_short, make), seeds).float() / FULL


def _short(make: Callable[[range], Tensor], seeds: range) -> Tensor:
    return (make(seeds) * FULL).short()


def crops(store: Tensor, count: int, length: int, draw: torch.Generator) -> Tensor:
    """(count, length) in -1..1 from anywhere in recordings (N, samples)."""
    rows = torch.randint(0, len(store), (count,), generator=draw)
    starts = torch.randint(0, store.shape[1] - length + 1, (count,), generator=draw)
    return torch.stack([store[row, at : at + length] for row, at in zip(rows, starts, strict=True)]).float() / FULL
