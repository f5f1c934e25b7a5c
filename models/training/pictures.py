"""Renders of the starter world as training data: made once, kept in a file that all recipes share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.reader.scene import Scene, sample
from models.training.world.render import render

CHUNK = 64
# Seeds from here on are never trained on: the figures of every starter come from them.
UNSEEN = 1_000_000_000


def as_bytes(picture: Tensor) -> Tensor:
    """(B, 3, H, W) in 0..1 to uint8."""
    return (picture * 255 + 0.5).clamp(0, 255).to(torch.uint8)


def as_signed(picture: Tensor) -> Tensor:
    """uint8 to -1..1, as the networks take it."""
    return picture.float() / 127.5 - 1


# Seeds, size and device to pictures (B, 3, size, size) in 0..1: a function of a module, so that processes can share it.
Draw = Callable[[range, int, str], Tensor]


def draw_scenes(seeds: range, size: int, device: str) -> Tensor:
    return render([sample(seed) for seed in seeds], size, device).picture


def _fill(draw: Draw, path: str, size: int, first: int, last: int, device: str) -> int:
    """Draw the pictures first..last into the store; returns `last`."""
    if device == "cpu":
        torch.set_num_threads(1)
    shape = (last - first, 3, size, size)
    store = np.memmap(path, np.uint8, "r+", offset=first * 3 * size**2, shape=shape)
    for start in range(first, last, CHUNK):
        stop = min(start + CHUNK, last)
        drawn = as_bytes(draw(range(start, stop), size, device))
        store[start - first : stop - first] = drawn.cpu().numpy()
    store.flush()
    return last


class Drawings:
    """The first `count` pictures that `draw` makes, size × size, as uint8 by seed, in a file that grows when more are
    asked for: recipes share it, and a killed run goes on with it. With CUDA its part is copied to the device.
    """

    def __init__(self, folder: Path, count: int, size: int, device: torch.device, draw: Draw) -> None:
        self.count, self.size, self.device = count, size, device
        folder.mkdir(parents=True, exist_ok=True)
        path, mark = folder / f"pictures-{size}.u8", folder / f"pictures-{size}.done"
        done = int(mark.read_text()) if mark.exists() and path.exists() else 0
        if done < count:
            with path.open("ab") as file:
                file.truncate(count * 3 * size**2)
            for end in self._fill(draw, path, done):
                mark.write_text(str(end))
        store = torch.from_numpy(np.memmap(path, np.uint8, "r+", shape=(count, 3, size, size)))
        self._store = store if device.type == "cpu" else store.to(device)

    def _fill(self, draw: Draw, path: Path, done: int) -> Iterator[int]:
        """Draw what is missing, on every core or on the device; yields how many there are, in order."""
        part = CHUNK * 16
        starts = range(done, self.count, part)
        work = [(draw, str(path), self.size, s, min(s + part, self.count), self.device.type) for s in starts]
        if self.device.type != "cpu":
            yield from (_fill(*item) for item in work)
            return
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
            yield from pool.map(_fill, *zip(*work, strict=True))

    def batch(self, seeds: Tensor) -> Tensor:
        """(B, 3, size, size) in -1..1 on the device."""
        return as_signed(self._store[seeds.to(self._store.device)].to(self.device))


class Pictures(Drawings):
    """Renders of the world's scenes, with the scenes."""

    def __init__(self, folder: Path, count: int, size: int, device: torch.device) -> None:
        super().__init__(folder, count, size, device, draw_scenes)
        self.scenes: list[Scene] = [sample(seed) for seed in range(count)]
