"""The outline of a sound at every zoom: lowest and highest sample of blocks, in levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy import ndarray

BLOCK = 64  # samples in a block of the finest level
FACTOR = 4  # blocks of one level in a block of the next
_AT_ONCE = 2**18  # samples looked at in one go: short enough for the window's thread to get its turn
FULL = 32768.0


class Peaks:
    """Of 16-bit samples (frames, channels); all channels share one outline. Made on any thread."""

    def __init__(self, samples: ndarray) -> None:
        self._samples = samples
        blocks = -(-len(samples) // BLOCK)
        low, high = np.zeros(blocks, np.int16), np.zeros(blocks, np.int16)
        for begin in range(0, len(samples), _AT_ONCE):
            part = samples[begin : begin + _AT_ONCE]
            starts = np.arange(0, len(part), BLOCK)
            at = slice(begin // BLOCK, begin // BLOCK + len(starts))
            low[at] = np.minimum.reduceat(part.min(axis=1), starts)
            high[at] = np.maximum.reduceat(part.max(axis=1), starts)
        self.levels = [(low, high)]
        while len(self.levels[-1][0]) > 4 * FACTOR:
            low, high = self.levels[-1]
            starts = np.arange(0, len(low), FACTOR)
            self.levels.append((np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)))

    def bars(self, first: int, count: int, step: int) -> tuple[ndarray, ndarray]:
        """Lowest and highest of `count` spans of `step` samples each (a power of two), from span number `first` on;
        from -1 to 1, fewer than `count` where the sound ends before."""
        if step < BLOCK:
            part = self._samples[first * step : (first + count) * step]
            low, high = part.min(axis=1), part.max(axis=1)
        else:
            level = min(int(np.log2(step // BLOCK)) // 2, len(self.levels) - 1)
            block = BLOCK * FACTOR**level
            step //= block
            low, high = (side[first * step : (first + count) * step] for side in self.levels[level])
        if not len(low):
            return np.zeros(0), np.zeros(0)
        starts = np.arange(0, len(low), step)
        return np.minimum.reduceat(low, starts) / FULL, np.maximum.reduceat(high, starts) / FULL

    @property
    def loudest(self) -> float:
        """The highest sample there is, either way, from 0 to 1."""
        low, high = self.levels[-1]
        return max(-float(low.min(initial=0)), float(high.max(initial=0))) / FULL
