"""Metadata blocks of real files, ours of every format and other programs', damaged on purpose: for tests and bench."""

from __future__ import annotations

import random
import re
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from models.outputs import formats, write
from models.outputs.media import Picture, Sound, Text, Video
from models.protocol import MEDIA, Request
from tests.models.outputs import foreign_files

# Pieces that a reader may stumble over, put in the place of as many bytes.
PIECES = (
    b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b"\n", b"\0", b"\xff\xfe", b"NaN", b"1e999", b"-1", b"null",
    b"true", b"9" * 40, b"[" * 60, b'{"a":' * 12, b"\xed\xa0\x80", b"../../../etc/passwd", b"C:\\Windows\\x",
    b"Steps: ", b"\r\n",
)  # fmt: skip
_PLACES = (1, 1, 1, 2, 3, 8)  # how many of them in one block: few leave more of it to be read
_TEXT = re.compile(rb"[\x09\x0a\x0d\x20-\x7e\x80-\xff]{40,}|(?:\0[\x20-\x7e]|[\x20-\x7e]\0){40,}")


def originals(folder: Path) -> list[Path]:
    """One file of each format that we write, and of each way in which other programs keep their settings."""
    asked = Request(
        "scenes", "/m", "latent-diffusion", "text-to-picture", foreign_files.PROMPT, foreign_files.NEGATIVE, 42,
        settings={"steps": 20, "guidance_scale": 6.5, "scheduler": "DPM++ 2M Karras", "width": 48, "height": 32},
        inputs={"picture": "/somewhere/start.png"},
    )  # fmt: skip
    made: dict[str, Any] = {
        "picture": Picture(Image.new("RGB", (24, 16), (200, 40, 30))),
        "sound": Sound(np.zeros(800), 8000),
        "video": Video(np.zeros((2, 32, 32, 3), np.uint8), 8.0),
        "text": Text("Once upon a time."),
    }
    found = [
        write.save(made[medium], asked, "Scenes", folder / kind.name, kind.name)[0]
        for medium in MEDIA
        for kind in formats.for_medium(medium)
    ]
    for _, name, fill in foreign_files.FILES:
        fill(folder / name)
        found.append(folder / name)
    return found


def mutated(originals: list[Path], count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """`count` times a file's ending and its bytes, the metadata in it damaged in one to eight places."""
    chance = random.Random(seed)
    held = [(path.suffix, path.read_bytes()) for path in originals]
    for turn in range(count):
        suffix, data = held[turn % len(held)]
        if suffix == ".png":
            yield suffix, _png(data, chance)
        else:
            yield suffix, _in_place(data, chance)


def _in_place(data: bytes, chance: random.Random) -> bytes:
    """Without a change of length, so that the container still finds its parts."""
    blocks = [match.span() for match in _TEXT.finditer(data)]
    changed = bytearray(data)
    for _ in range(chance.choice(_PLACES)):
        begin, end = chance.choice(blocks) if blocks else (0, len(data))
        at = chance.randrange(begin, end)
        piece = chance.choice(PIECES) if chance.random() < 0.7 else bytes([chance.randrange(256)])
        changed[at : at + len(piece)] = piece
    return bytes(changed[: len(data)])


def _png(data: bytes, chance: random.Random) -> bytes:
    """Text chunks changed, also in length, with sums that are right: a wrong one would be all that is tested."""
    out, at = bytearray(data[:8]), 8
    while at + 8 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        if kind in (b"tEXt", b"iTXt", b"zTXt"):
            body = _any_length(body, chance)
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        at += size + 12
    return bytes(out)


def _any_length(body: bytes, chance: random.Random) -> bytes:
    changed = bytearray(body)
    for _ in range(chance.choice(_PLACES)):
        at = chance.randrange(len(changed) + 1)
        piece = chance.choice(PIECES)
        way = chance.randrange(4)
        if way == 0:
            del changed[at : at + chance.randint(1, 60)]
        else:
            changed[at : at + (0 if way == 1 else len(piece))] = piece
    return bytes(changed)


class Written:
    """Every place that this process writes to, moves or removes while it is `on`, except below `allowed`; and every
    address that it asks for. Python tells them by audit events, which cannot be taken back: make one for a process."""

    def __init__(self, allowed: Path) -> None:
        self.allowed = allowed.resolve()
        self.on = False
        self.outside: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, values: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "open":
            path, mode, flags = values
            # 3: for writing, alone or too; 0o100: made when it is not there (or their like on this system).
            if isinstance(path, str | bytes) and (flags & 3 or (isinstance(mode, str) and set(mode) & set("wax+"))):
                self._see(path)
        elif event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "shutil.move"):
            self._see(values[0])
        elif event in ("socket.connect", "subprocess.Popen", "os.system"):
            self.outside.append(f"{event} {values!r}"[:200])

    def _see(self, path: Any) -> None:
        text = path.decode("utf-8", "replace") if isinstance(path, bytes) else str(path)
        if text != "/dev/null" and self.allowed not in (Path(text).absolute().resolve(), *Path(text).resolve().parents):
            self.outside.append(text)
