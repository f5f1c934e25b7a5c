"""For models of small pictures, whose numbers have 256 levels: sizes, files, and maps of surprise."""

from __future__ import annotations

import io

import torch
from PIL.Image import Image
from torch import Tensor

from models.runtime import pixels

WHOLE = 24.0  # bits of a pixel of which nothing is known: three numbers of 256 levels


def png(picture: Tensor) -> bytes:
    """(3, H, W) in -1..1 as a PNG file, as small as Pillow makes it."""
    file = io.BytesIO()
    pixels.to_image(picture).save(file, "PNG", optimize=True)
    return file.getvalue()


def facts(bits: float, picture: Tensor) -> dict[str, str]:
    """Bits per dimension that a model needs for (3, H, W), beside what a PNG file of it takes."""
    as_png = 8 * len(png(picture)) / picture.numel()
    return {"bits per dimension": f"{bits:.3f}", "bits per dimension as PNG": f"{as_png:.3f}"}


def enlarged(picture: Tensor, times: int) -> Image:
    """(3, H, W) in -1..1 as an image, each pixel a square of `times`."""
    return pixels.to_image(picture.repeat_interleave(times, 1).repeat_interleave(times, 2))


def heat(share: Tensor) -> Tensor:
    """(H, W) in 0..1 as (3, H, W) in -1..1: from black over red and yellow to white."""
    return (3 * share - torch.arange(3.0).view(3, 1, 1)).clamp(0, 1) * 2 - 1
