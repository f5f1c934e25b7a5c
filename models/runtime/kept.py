"""Folders made of a model's files and kept on the disk: made once, taken again, anew where one is broken."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models import folders
from models.outputs import atomic

_NOTE = "kept.json"
_CHUNK = 2**22


def key(*told: bytes) -> str:
    """The name of a folder, from all that makes what is in it differ from another's."""
    digest = hashlib.blake2b(digest_size=16)
    for one in told:
        digest.update(len(one).to_bytes(8, "little"))
        digest.update(one)
    return digest.hexdigest()


@dataclass(frozen=True)
class Shelf:
    """The folders of one kind, `most` of them: those used longest ago go. They can be deleted at any time."""

    kind: str
    most: int

    @property
    def home(self) -> Path:
        return folders.data() / "cache" / self.kind

    def find(self, name: str) -> tuple[Path, dict[str, Any]] | None:
        """The folder of that name, whole and sound, and what was noted of it. A broken one is deleted."""
        folder = self.home / name
        try:
            note = json.loads((folder / _NOTE).read_text("utf-8"))
            if not note["sums"] or any(_sum(folder / file) != told for file, told in note["sums"].items()):
                raise ValueError
        except FileNotFoundError:
            if not folder.is_dir():
                return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass
        else:
            with contextlib.suppress(OSError):  # what may only be read is as good
                os.utime(folder)
            return folder, note
        shutil.rmtree(folder, ignore_errors=True)
        return None

    def make(self, name: str, write: Callable[[Path], Any]) -> Path:
        """Have `write` fill a folder, and keep it: it is there whole, or not at all. Raises OSError.

        Where another engine has made it meanwhile, that one stays: it may be in use, and is as good.
        """
        place = self.home
        place.mkdir(parents=True, exist_ok=True)
        coming = place / f"{name}.{secrets.token_hex(4)}.{os.getpid()}.part"
        coming.mkdir()
        try:
            write(coming)
            note(coming, {"sums": {file.name: _sum(file) for file in sorted(coming.iterdir())}})
            self._give_name(coming, name)
        finally:
            shutil.rmtree(coming, ignore_errors=True)
        self._sweep()
        return place / name

    def _give_name(self, coming: Path, name: str) -> None:
        if self.find(name) is None:
            try:
                coming.rename(self.home / name)
            except OSError:
                if self.find(name) is None:
                    raise

    def _sweep(self) -> None:
        def used(folder: Path) -> float:
            try:
                return folder.stat().st_mtime
            except OSError:
                return 0.0

        for left in self.home.glob("*.part"):
            if atomic.gone(left.stem.rpartition(".")[2]):
                shutil.rmtree(left, ignore_errors=True)
        kept = sorted((one for one in self.home.iterdir() if "." not in one.name), key=used)
        for old in kept[: -self.most]:
            shutil.rmtree(old, ignore_errors=True)


def note(folder: Path, told: Mapping[str, Any]) -> None:
    """Note that of a folder, beside what was noted before."""
    path = folder / _NOTE
    before = json.loads(path.read_text("utf-8")) if path.exists() else {}
    atomic.write_text(path, json.dumps({**before, **told}))


def _sum(path: Path) -> str:
    total = size = 0
    with path.open("rb") as file:
        while data := file.read(_CHUNK):
            total = zlib.crc32(data, total)
            size += len(data)
    return f"{total:08x} {size}"
