"""What models that give a picture its probability are trained and measured with: a rate, unseen renders, PNG."""

from __future__ import annotations

from torch import Tensor

from models.runtime.pictures import small
from models.training.likeness import renders
from models.training.pictures import as_signed


def cooled(step: int, total: int, peak: float, warm: int = 300) -> float:
    """Learning rate: warmed up, and let down evenly all the way to nothing.

    A density gains most while its rate falls: the last bits are lost in the noise of small batches until then.
    """
    return peak * min(1.0, (step + 1) / warm) * (1 - step / total)


def unseen(count: int, size: int) -> Tensor:
    """(count, 3, size, size) in -1..1, on 256 levels: the renders that every starter's figures are of."""
    return as_signed(renders(count, size) * 255)


def png(pictures: Tensor) -> dict[str, float]:
    """Bits per dimension of pictures (N, 3, H, W) in -1..1 as optimised PNG files, and of their pixel data alone."""
    files = [small.png(picture) for picture in pictures]
    numbers = pictures.numel()
    return {
        "bits per dimension of PNG": round(8 * sum(map(len, files)) / numbers, 3),
        "bits per dimension of PNG without its frame": round(8 * sum(map(_data, files)) / numbers, 3),
    }


def _data(file: bytes) -> int:
    """Bytes of pixel data in a PNG file, without signature, header and the frames of its chunks."""
    place, found = 8, 0
    while place < len(file):
        length = int.from_bytes(file[place : place + 4], "big")
        found += length if file[place + 4 : place + 8] == b"IDAT" else 0
        place += length + 12
    return found
