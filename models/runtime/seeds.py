"""Chance for libraries that take no generator: torch's own, seeded for one piece of work and put back after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int, device: str | torch.device = "cpu") -> Iterator[None]:
    """While the block runs, torch draws from `seed`, on the CPU and on that device; then all goes on as before."""
    where = torch.device(device)
    with torch.random.fork_rng(
        devices=[] if where.type in ("cpu", "meta") else [where.index or 0],
        device_type=where.type if where.type not in ("cpu", "meta") else "cuda",
    ):
        torch.manual_seed(seed)
        yield
