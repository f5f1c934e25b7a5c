"""Renders of the starter world as training data: made once, kept on disk (CPU) or on the device (CUDA)."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.training.world.render import render
from models.training.world.scene import Scene, sample

CHUNK = 64
# Seeds from here on are never trained on: the figures of every starter come from them.
UNSEEN = 1_000_000_000


def as_bytes(picture: Tensor) -> Tensor:
    """(B, 3, H, W) in 0..1 to uint8."""
    return (picture * 255 + 0.5).clamp(0, 255).to(torch.uint8)


def as_signed(picture: Tensor) -> Tensor:
    """uint8 to -1..1, as the networks take it."""
    return picture.float() / 127.5 - 1


def _fill(path: str, count: int, size: int, first: int, last: int) -> int:
    torch.set_num_threads(1)
    store = np.memmap(path, np.uint8, "r+", shape=(count, 3, size, size))
    for start in range(first, last, CHUNK):
        stop = min(start + CHUNK, last)
        store[start:stop] = as_bytes(render([sample(seed) for seed in range(start, stop)], size).picture).numpy()
    store.flush()
    return last


class Pictures:
    """The first `count` scenes at size × size, as uint8 (3, size, size) by seed. Half-made files are gone on with."""

    def __init__(self, folder: Path, count: int, size: int, device: torch.device) -> None:
        self.count, self.size, self.device = count, size, device
        self.scenes: list[Scene] = [sample(seed) for seed in range(count)]
        if device.type == "cpu":
            self._store = torch.from_numpy(self._on_disk(folder))
        else:
            self._store = torch.empty(count, 3, size, size, dtype=torch.uint8, device=device)
            for start in range(0, count, 256):
                self._store[start : start + 256] = as_bytes(
                    render(self.scenes[start : start + 256], size, device).picture
                )

    def _on_disk(self, folder: Path) -> np.ndarray:
        folder.mkdir(parents=True, exist_ok=True)
        path, mark = (
            folder / f"pictures-{self.size}-{self.count}.u8",
            folder / f"pictures-{self.size}-{self.count}.done",
        )
        done = int(mark.read_text()) if mark.exists() and path.exists() else 0
        if not path.exists():
            with path.open("wb") as file:
                file.truncate(self.count * 3 * self.size**2)
        part = CHUNK * 16
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
            starts = range(done, self.count, part)
            ends = [min(s + part, self.count) for s in starts]
            work = [(str(path), self.count, self.size, s, e) for s, e in zip(starts, ends, strict=True)]
            for end in pool.map(_fill, *zip(*work, strict=True)) if work else ():
                mark.write_text(str(end))
        return np.memmap(path, np.uint8, "r+", shape=(self.count, 3, self.size, self.size))

    def batch(self, seeds: Tensor) -> Tensor:
        """(B, 3, size, size) in -1..1 on the device."""
        return as_signed(self._store[seeds.to(self._store.device)].to(self.device))
