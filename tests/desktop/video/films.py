"""Films whose every frame says which one it is, in black and white squares that any codec leaves readable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtGui import QImage

from models.outputs.export import export
from models.outputs.media import Sound, Video

SIZE = 96, 64
FPS = 12.0
_BITS, _ROWS = 6, 2  # twelve squares: 4,096 frames
RECORD = {"everyform": 1, "model": "m", "prompt": "a boat", "seed": 7, "settings": {"steps": 4}, "task": "t"}


def frame(number: int) -> np.ndarray:
    """(64, 96, 3) bytes: squares of the number's bits, the lowest first."""
    width, height = SIZE
    side = width // _BITS
    pixels = np.full((height, width, 3), (90, 60, 120), np.uint8)
    for bit in range(_BITS * _ROWS):
        row, column = divmod(bit, _BITS)
        pixels[row * 32 : row * 32 + 32, column * side : (column + 1) * side] = 235 if number >> bit & 1 else 20
    return pixels


def number(image: Any) -> int:
    """Which frame a QImage, or an array of RGB, shows."""
    found = 0
    for bit in range(_BITS * _ROWS):
        row, column = divmod(bit, _BITS)
        x, y = (column + 0.5) / _BITS, (row + 0.5) / _ROWS
        if isinstance(image, QImage):
            light = image.pixelColor(int(x * image.width()), int(y * image.height())).green()
        else:
            light = int(image[int(y * image.shape[0]), int(x * image.shape[1]), 1])
        found |= (light > 128) << bit
    return found


class Numbered:
    """So many such frames, each made when it is asked for."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[np.ndarray]:
        return (frame(k) for k in range(self._count))


def write(path: Path, count: int, sounds: bool = False) -> Path:
    """A film of that many frames, in the format of the path's ending, with a tone along it where it `sounds`."""
    rate = 16_000
    tone = np.sin(np.arange(int(count / FPS * rate)) / rate * 2 * np.pi * 440).astype(np.float32) * 0.3
    frames: Any = Numbered(count)
    return export(Video(frames, FPS, Sound(tone, rate) if sounds else None), path, RECORD)
