"""The stamp of a model's files: a short text that changes when one of them is written, added or taken away."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from models.store.endings import MAX_DEPTH, MAX_NAMES


def stamp(path: str | Path, *more: str) -> str:
    """Of a file, its size, time (ns) and number; of a folder, those of every file in it. `more`: folders that count
    too. Empty where nothing is there."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a thousand of them at every start
        if not stat.S_ISDIR(found.st_mode):
            return _one(found)
        digest = hashlib.blake2b(digest_size=12)
        for root in (os.fspath(path), *more):
            for line in sorted(_inside(root)):
                digest.update(line.encode("utf-8", "backslashreplace"))
    except (OSError, ValueError):
        return ""
    return digest.hexdigest()


def _inside(root: str) -> Iterator[str]:
    """A line for every file in a folder that counts as the model's."""
    waiting, seen = [("", root, 0)], 0
    while waiting:
        before, folder, depth = waiting.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting += [(f"{before}{entry.name}/", entry.path, depth + 1)] if depth < MAX_DEPTH else []
                else:
                    seen += 1
                    yield f"{before}{entry.name} {_one(entry.stat())}\n"
        if seen > MAX_NAMES:  # no model has so many, and that is all that is to be known
            return


def _one(found: os.stat_result) -> str:
    return f"{found.st_size}:{found.st_mtime_ns}:{found.st_ino}"
