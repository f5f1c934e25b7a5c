"""Renders of the starter world as training data: made once, kept in a file that all recipes share."""

from __future__ import annotations

import os
from collections.abc import Iterator
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


def _fill(path: str, size: int, first: int, last: int, device: str) -> int:
    """Draw scenes first..last into the store; returns `last`."""
    if device == "cpu":
        torch.set_num_threads(1)
    shape = (last - first, 3, size, size)
    store = np.memmap(path, np.uint8, "r+", offset=first * 3 * size**2, shape=shape)
    for start in range(first, last, CHUNK):
        stop = min(start + CHUNK, last)
        drawn = as_bytes(render([sample(seed) for seed in range(start, stop)], size, device).picture)
        store[start - first : stop - first] = drawn.cpu().numpy()
    store.flush()
    return last


class Pictures:
    """The first `count` scenes at size × size, as uint8 by seed, in a file that grows when more are asked for.

    Recipes share the file, a killed run goes on with it, and with CUDA its part is copied to the device.
    """

    def __init__(self, folder: Path, count: int, size: int, device: torch.device) -> None:
        self.count, self.size, self.device = count, size, device
        self.scenes: list[Scene] = [sample(seed) for seed in range(count)]
        folder.mkdir(parents=True, exist_ok=True)
        path, mark = folder / f"pictures-{size}.u8", folder / f"pictures-{size}.done"
        done = int(mark.read_text()) if mark.exists() and path.exists() else 0
        if done < count:
            with path.open("ab") as file:
                file.truncate(count * 3 * size**2)
            for end in self._draw(path, done):
                mark.write_text(str(end))
        store = torch.from_numpy(np.memmap(path, np.uint8, "r+", shape=(count, 3, size, size)))
        self._store = store if device.type == "cpu" else store.to(device)

    def _draw(self, path: Path, done: int) -> Iterator[int]:
        """Draw what is missing, on every core or on the device; yields how many there are, in order."""
        part = CHUNK * 16
        starts = range(done, self.count, part)
        work = [(str(path), self.size, s, min(s + part, self.count), self.device.type) for s in starts]
        if self.device.type != "cpu":
            yield from (_fill(*item) for item in work)
            return
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
            yield from pool.map(_fill, *zip(*work, strict=True))

    def batch(self, seeds: Tensor) -> Tensor:
        """(B, 3, size, size) in -1..1 on the device."""
        return as_signed(self._store[seeds.to(self._store.device)].to(self.device))
