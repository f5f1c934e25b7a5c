"""What a sound holds at each moment by pitch: short Fourier transforms in tiles, each made when it is first seen.

Columns are spectra of Hann windows; where a column stands for more time than a window, it is the mean of several in it.
Rows follow the mel scale (O'Shaughnessy 1987), which spaces pitches about as they are heard apart.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy import ndarray

COLUMNS, ROWS = 256, 160  # of a tile
FINEST = 32  # samples from column to column at level 0; each level doubles it
WINDOW = 1024  # samples
LOWEST_HZ = 30.0
_FLOOR_DB, _CEILING_DB = -96.0, -14.0
_LOOKS = 3  # windows in a column that is longer than one
_AT_ONCE = 64  # columns: short enough for the window's thread to get its turn


def level_for(samples_per_pixel: float) -> int:
    """The level whose columns are about as wide as a pixel, and not narrower than half of one."""
    return max(0, int(np.floor(np.log2(max(samples_per_pixel, 1.0) / FINEST))) + 1)


def hop(level: int) -> int:
    """Samples from one column to the next."""
    return FINEST << level


def tile(samples: ndarray, rate: int, level: int, at: int) -> ndarray:
    """Tile number `at` of a level: bytes (ROWS, COLUMNS), low pitches first, 0 for silence. Any thread.

    `samples` are 16-bit (frames, channels), `rate` in Hz. What lies beyond the sound's ends is silence.
    """
    step, made = hop(level), np.zeros((ROWS, COLUMNS), np.uint8)
    looks = min(max(step // WINDOW, 1), _LOOKS)
    window, bank = np.hanning(WINDOW + 1)[:-1].astype(np.float32), _bank(rate)
    scale = 2.0 / (window.sum() * 32768.0 * samples.shape[1])
    for begin in range(0, COLUMNS, _AT_ONCE):
        columns = np.arange(begin, begin + _AT_ONCE) + at * COLUMNS
        middles = (columns[:, None] + (np.arange(looks) + 0.5) / looks) * step
        starts = middles.astype(np.int64).reshape(-1) - WINDOW // 2
        if starts[0] >= len(samples):
            break
        places = starts[:, None] + np.arange(WINDOW)
        there = (places >= 0) & (places < len(samples))
        wave = samples[np.clip(places, 0, len(samples) - 1)].sum(axis=2, dtype=np.int32).astype(np.float32)
        power = np.abs(np.fft.rfft(wave * there * (window * scale), axis=1)) ** 2
        power = power.reshape(_AT_ONCE, looks, -1).mean(axis=1).astype(np.float32)
        decibels = 10 * np.log10(bank @ power.T + 1e-12)
        share = (decibels - _FLOOR_DB) / (_CEILING_DB - _FLOOR_DB)
        made[:, begin : begin + _AT_ONCE] = np.clip(share * 255, 0, 255)
    return made


def mel(hertz: float | ndarray) -> ndarray:
    """A frequency on the mel scale."""
    return 2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0)


def hertz(mels: float | ndarray) -> ndarray:
    """What `mel` undoes."""
    return 700.0 * (10.0 ** (np.asarray(mels) / 2595.0) - 1.0)


@lru_cache(maxsize=8)
def _bank(rate: int) -> ndarray:
    """Triangles over the bins of a spectrum (ROWS, bins), a row's width at least that of a bin."""
    bins = np.arange(WINDOW // 2 + 1) * rate / WINDOW
    middles = hertz(np.linspace(mel(LOWEST_HZ), mel(rate / 2), ROWS))
    width = np.maximum(np.gradient(middles), rate / WINDOW)[:, None]
    triangles = np.maximum(0.0, 1.0 - np.abs(bins[None, :] - middles[:, None]) / width)
    return (triangles / np.maximum(triangles.sum(axis=1, keepdims=True), 1e-9)).astype(np.float32)
