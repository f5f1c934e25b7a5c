"""Converted networks on the disk, each in a folder of its own: made once, taken again, anew where one is broken."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models import folders
from models.outputs import atomic

MAX_KEPT = 8  # folders: each weighs as much as the network; those used longest ago go
_NOTE, _GRAPH, _NUMBERS = "kept.json", "graph.xml", "graph.bin"
_CHUNK = 2**22


@dataclass
class Kept:
    """A folder with a converted network in it. `difference` is the relative one to float32, None until measured."""

    folder: Path
    difference: float | None = None

    @property
    def graph(self) -> Path:
        return self.folder / _GRAPH

    @property
    def numbers(self) -> Path:
        return self.folder / _NUMBERS

    def measured(self, difference: float) -> None:
        """Remember it, for the next time."""
        self.difference = difference
        note = json.loads((self.folder / _NOTE).read_text("utf-8"))
        _write(self.folder, note | {"difference": difference})

    def drop(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def key(*told: bytes) -> str:
    """The name of a folder, from all that makes one network's conversion differ from another's."""
    digest = hashlib.blake2b(digest_size=16)
    for one in told:
        digest.update(len(one).to_bytes(8, "little"))
        digest.update(one)
    return digest.hexdigest()


def find(name: str) -> Kept | None:
    """The whole and sound conversion of that name; None where there is none. A broken one is deleted."""
    folder = home() / name
    try:
        note = json.loads((folder / _NOTE).read_text("utf-8"))
        sound = all(_sum(folder / file) == note["sums"][file] for file in (_GRAPH, _NUMBERS))
        difference = note.get("difference")
        if not sound or not (difference is None or isinstance(difference, float)):
            raise ValueError
        os.utime(folder)
    except FileNotFoundError:
        if not folder.is_dir():
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    else:
        return Kept(folder, difference)
    shutil.rmtree(folder, ignore_errors=True)
    return None


def make(name: str, write: Callable[[Path], Any]) -> Kept:
    """Have `write` make the graph's file, and keep it: it is there whole, or not at all. Raises OSError."""
    place = home()
    place.mkdir(parents=True, exist_ok=True)
    coming = place / f"{name}.{os.getpid()}.part"
    shutil.rmtree(coming, ignore_errors=True)
    coming.mkdir()
    try:
        write(coming / _GRAPH)
        _write(coming, {"sums": {file: _sum(coming / file) for file in (_GRAPH, _NUMBERS)}})
        shutil.rmtree(place / name, ignore_errors=True)
        coming.rename(place / name)
    finally:
        shutil.rmtree(coming, ignore_errors=True)
    _sweep(place)
    return Kept(place / name)


def home() -> Path:
    """The folder of them all; what lies in it can be deleted at any time."""
    return folders.data() / "cache" / "openvino"


def _sweep(place: Path) -> None:
    def used(folder: Path) -> float:
        try:
            return folder.stat().st_mtime
        except OSError:
            return 0.0

    for left in place.glob("*.part"):
        if atomic.gone(left.stem.rpartition(".")[2]):
            shutil.rmtree(left, ignore_errors=True)
    kept = sorted((one for one in place.iterdir() if "." not in one.name), key=used)
    for old in kept[:-MAX_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _sum(path: Path) -> str:
    total = size = 0
    with path.open("rb") as file:
        while data := file.read(_CHUNK):
            total = zlib.crc32(data, total)
            size += len(data)
    return f"{total:08x} {size}"


def _write(folder: Path, note: dict[str, Any]) -> None:
    atomic.write_text(folder / _NOTE, json.dumps(note))
