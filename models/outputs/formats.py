"""The file formats that finished work is written in, and the ones that pictures may come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.protocol import BadInput, Medium, listed


@dataclass(frozen=True)
class Format:
    """`options` go to the encoder; `pillow` is its name there."""

    name: str
    medium: Medium
    extension: str
    label: str
    pillow: str = ""
    options: tuple[tuple[str, Any], ...] = ()


# The first of a medium is its default: nothing is lost in a PNG. The other two are for sharing.
FORMATS: tuple[Format, ...] = (
    Format("png", "picture", ".png", "PNG, without loss", "PNG", (("compress_level", 6),)),
    Format("jpeg", "picture", ".jpg", "JPEG, small", "JPEG", (("quality", 95), ("subsampling", 0))),
    Format("webp", "picture", ".webp", "WebP, smallest", "WEBP", (("quality", 95), ("method", 4))),
)
_ALSO = {"jpg": "jpeg"}

# Pillow knows dozens of decoders; these are the ones that people's pictures come in.
READABLE = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
MAX_PIXELS = 100_000_000
MAX_FILE_BYTES = 256 * 2**20


def for_medium(medium: str) -> tuple[Format, ...]:
    return tuple(f for f in FORMATS if f.medium == medium)


def find(name: str, medium: str) -> Format:
    """The format of that name, or the medium's first where none is named. Raises BadInput with the choices."""
    known = for_medium(medium)
    if not known:
        raise BadInput(f"There is no file format for {medium} yet.")
    if not name:
        return known[0]
    wanted = name.strip().lower().lstrip(".")
    for one in known:
        if one.name == _ALSO.get(wanted, wanted):
            return one
    raise BadInput(f"{name} is no format for a {medium}; choose {listed(tuple(f.name for f in known))}.")
