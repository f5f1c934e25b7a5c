"""Texts that lie packed in a PNG: a file of a few megabytes can hold gigabytes of them.

Pillow sets a limit to all of them together. libpng sets one to each alone (8 MB, and 1000 chunks), and Qt, which shows
pictures here, unpacks whatever there is before it gives a pixel.
"""

from __future__ import annotations

from pathlib import Path

MOST = 8  # packed texts of one picture; what programs write is one or two, and mostly not packed at all
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = 80  # bytes at most, with the zero that ends it (PNG specification, 11.3.3)
_MAX_CHUNKS = 200_000


def too_many(path: str | Path) -> bool:
    """Whether that file is a PNG with more of them than any picture needs; it stays packed. Raises OSError."""
    count = 0
    with Path(path).open("rb") as file:
        if file.read(8) != _SIGNATURE:
            return False
        for _ in range(_MAX_CHUNKS):
            head = file.read(8)
            if len(head) < 8 or head[4:] == b"IEND":
                return False
            length, rest = int.from_bytes(head[:4]), 0
            if head[4:] == b"iTXt":
                words = file.read(min(length, _KEYWORD + 1))
                rest = len(words)
                end = words.find(b"\0")
                count += words[end + 1 : end + 2] == b"\1" if end >= 0 else 0
            elif head[4:] == b"zTXt":
                count += 1
            if count > MOST:
                return True
            file.seek(length - rest + 4, 1)
    return True  # no picture is cut into so many parts
