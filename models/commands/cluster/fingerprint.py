"""The fingerprint of a model's files: the same on every machine where the same model lies, whatever it is called."""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path

from models.protocol import BadInput
from models.store.endings import MAX_NAMES, SIDECAR
from models.store.files import Files
from models.store.stamp import stamp

# Of each file its beginning, its middle and its end: weights of another training differ in all of them, and reading a
# model from end to end would take longer than many a row.
_PIECE = 64 * 2**10


def fingerprint(path: str | Path) -> str:
    """In hexadecimal; empty where nothing can be read. Parts that lie in other models beside it count too."""
    try:
        borrowed = tuple(str(place) for place in Files(path).borrowed)
    except BadInput:
        borrowed = ()
    return _of(str(path), borrowed, stamp(path, *borrowed))


@functools.lru_cache(maxsize=1024)
def _of(path: str, borrowed: tuple[str, ...], stamped: str) -> str:
    whole = hashlib.sha256()
    try:
        for name, place in (one for root in (path, *borrowed) for one in _files(Path(root))):
            size = place.stat().st_size
            whole.update(f"{name}\n{size}\n".encode("utf-8", "backslashreplace"))
            with place.open("rb") as file:
                for start in sorted({0, max(size // 2 - _PIECE // 2, 0), max(size - _PIECE, 0)}):
                    file.seek(start)
                    whole.update(file.read(_PIECE))
    except OSError:
        return ""
    return whole.hexdigest() if stamped else ""


def _files(path: Path) -> list[tuple[str, Path]]:
    """Names below the folder, and where they lie. A single file counts by what is in it, for people rename those; and
    so does not what this program has noted beside a model."""
    if not path.is_dir():
        return [("", path)]
    found = []
    for folder, below, names in os.walk(path):
        below[:] = [name for name in below if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and name != SIDECAR:
                place = Path(folder) / name
                found.append((place.relative_to(path).as_posix(), place))
        if len(found) > MAX_NAMES:
            break
    return sorted(found)
