"""A picture of the person's in its own shape, at a size that a network of whole squares can take."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from models.outputs.read import open_picture
from models.runtime.pixels import to_tensor
from models.sampling.inpainting import fitted


def size_for(width: int, height: int, side: int, factor: int) -> tuple[int, int]:
    """Width and height nearest to the same shape whose longer side is `side`, both multiples of `factor`."""
    scale = side / max(width, height)
    wide, high = (max(round(length * scale / factor), 1) * factor for length in (width, height))
    return wide, high


def read(path: str | Path, side: int, factor: int) -> Tensor:
    """The picture at `path` as (1, 3, H, W) in -1..1, sized by `size_for`. Raises BadInput where it cannot be read."""
    picture = open_picture(path)
    return to_tensor(fitted(picture, None, *size_for(*picture.size, side, factor)).picture)


def psnr(made: Tensor, real: Tensor) -> str:
    """Peak signal-to-noise ratio of pictures in -1..1, in words: from 30 dB on it is hard to see."""
    error = (made.detach().float().cpu().clamp(-1, 1) - real.cpu()).square().mean() / 4
    return f"{-10 * error.clamp(min=1e-10).log10().item():.1f} dB"
