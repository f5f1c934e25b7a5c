"""Files of weights that lie on this machine more than once: by size, then by their ends, and at last byte for byte."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from models.protocol import Found, ModelInfo
from models.store.cache import Cache
from models.store.endings import WEIGHTS
from models.store.stamp import stamp

_CHUNK = 2**20
_END = 2**16  # bytes of each end that are compared before anything is read whole


@dataclass(frozen=True)
class Copy:
    """One of several: the id of the model that it is of, and where it lies."""

    model: str
    path: str


@dataclass(frozen=True)
class Copies:
    """The same bytes in several places; `spare_bytes` are those of all but one."""

    sha256: str
    size_bytes: int
    files: tuple[Copy, ...]

    @property
    def spare_bytes(self) -> int:
        return self.size_bytes * (len(self.files) - 1)


def duplicates(
    models: Iterable[ModelInfo | Found], cache: Cache, progress: Callable[[int, int], None] | None = None
) -> tuple[Copies, ...]:
    """Weights that are there more than once, the largest waste first. Links to one file are one.

    `progress(done, total)` is called in bytes while files are read whole; `cache` keeps their checksums for the next
    time. A file that cannot be read is no copy.
    """
    alike: dict[tuple[int, bytes], list[Copy]] = defaultdict(list)
    for size, copies in _by_size(models).items():
        for copy in copies if len(copies) > 1 else ():
            if ends := _ends(copy.path, size):
                alike[size, ends].append(copy)
    chosen = {key: copies for key, copies in alike.items() if len(copies) > 1}
    total, done = sum(size * len(copies) for (size, _), copies in chosen.items()), 0
    same: dict[tuple[str, int], list[Copy]] = defaultdict(list)
    for (size, _), copies in chosen.items():
        for copy in copies:
            if sum_ := _sum(copy.path, cache, done, total, progress):
                same[sum_, size].append(copy)
            done += size
    found = [Copies(sum_, size, tuple(copies)) for (sum_, size), copies in same.items() if len(copies) > 1]
    return tuple(sorted(found, key=lambda one: (-one.spare_bytes, one.sha256)))


def _by_size(models: Iterable[ModelInfo | Found]) -> dict[int, list[Copy]]:
    """Every file of weights once, by how many bytes it has."""
    known: set[tuple[int, int]] = set()
    found: dict[int, list[Copy]] = defaultdict(list)
    for model in models:
        for path in _weights(Path(model.path)):
            try:
                about = path.stat()
            except OSError:
                continue
            if about.st_size and (about.st_dev, about.st_ino) not in known:
                known.add((about.st_dev, about.st_ino))
                found[about.st_size].append(Copy(model.id, str(path)))
    return found


def _weights(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, below, names in os.walk(path):
        below[:] = sorted(name for name in below if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if name.lower().endswith((*WEIGHTS, ".bin")))


def _ends(path: str, size: int) -> bytes:
    """What tells most files of one size apart; empty where it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            digest = hashlib.blake2b(file.read(_END), digest_size=16)
            file.seek(max(size - _END, 0))
            digest.update(file.read(_END))
    except OSError:
        return b""
    return digest.digest()


def _sum(path: str, cache: Cache, done: int, total: int, progress: Callable[[int, int], None] | None) -> str:
    """The file's SHA-256, from memory where it is the same as when it was last read; empty where it cannot be."""
    if known := cache.checksum(path):
        return known
    before, digest = stamp(path), hashlib.sha256()
    try:
        with Path(path).open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
    except OSError:
        return ""
    cache.keep_checksum(path, before, digest.hexdigest())
    return digest.hexdigest()
