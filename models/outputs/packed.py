"""Texts that lie packed in a PNG: a file of a few megabytes can hold gigabytes of them.

Pillow sets a limit to all of them together. libpng sets one to each alone (8 MB, and 1000 chunks), and Qt, which shows
pictures here, unpacks whatever there is before it gives a pixel.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import IO

from models.outputs import formats
from models.protocol import BadInput

MOST = 8  # packed texts of one picture; what programs write is one or two, and mostly not packed at all
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = 80  # bytes at most, with the zero that ends it (PNG specification, 11.3.3)
_MAX_CHUNKS = 200_000


def too_many(file: IO[bytes]) -> bool:
    """Whether that file is a PNG with more of them than any picture needs; it stays packed. Raises OSError."""
    count = 0
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


def frame(whole: zipfile.ZipFile, name: str) -> bytes:
    """A picture out of a zip file of frames. Raises BadInput where it is too much, and what a broken file raises."""
    data = whole.read(name) if whole.getinfo(name).file_size <= formats.MAX_FILE_BYTES else b""
    if not data or too_many(io.BytesIO(data)):
        raise BadInput(f"{Path(str(whole.filename)).name} holds {name}, which is no frame: use another file.")
    return data
