"""In which numbers networks count brightness: bytes into them, and bytes out of them."""

from __future__ import annotations

import numpy as np

from models.protocol import BadInput
from models.runtime.onnx.wiring import Range

_FACTORS: dict[str, tuple[float, float]] = {"-1..1": (127.5, -1.0), "0..1": (255.0, 0.0), "0..255": (1.0, 0.0)}


def measured(values: np.ndarray) -> Range:
    """The range that these are most likely in: networks overshoot a little, and a dark picture is no rule."""
    numbers = values.astype(np.float32)
    low, high = np.nanpercentile(numbers, [1, 99]) if numbers.size else (0.0, 0.0)
    if high > 8 or low < -8:
        return "0..255"
    return "-1..1" if low < -0.1 else "0..1"


def from_bytes(values: np.ndarray, kind: Range) -> np.ndarray:
    """Bytes as float32 in that range."""
    factor, start = _FACTORS[kind or "0..1"]
    return values.astype(np.float32) / factor + start


def to_bytes(values: np.ndarray, kind: Range) -> np.ndarray:
    """Numbers in that range as bytes; what lies beyond is cut off. Raises BadInput where they are no numbers."""
    numbers = values.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise BadInput("The graph gave numbers that are no picture (not finite): try another seed or picture.")
    factor, start = _FACTORS[kind or "0..1"]
    return ((numbers - start) * factor).round().clip(0, 255).astype(np.uint8)
