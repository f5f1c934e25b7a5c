"""Finding finished work again among whatever lies in a folder: our own, and other programs' where it is wanted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.outputs import formats, read, tables, write
from models.protocol import Medium

_NO_WORK = ("$RECYCLE.BIN", "System Volume Information")


@dataclass(frozen=True)
class Work:
    """A file that was made: its medium, the record in it, width and height in pixels (0 where unknown). The record of
    another program's keeps its `source` and what is `unread`."""

    path: Path
    medium: Medium
    record: dict[str, Any]
    size: tuple[int, int]


def work(
    folder: Path,
    *,
    deep: bool,
    others: bool = False,
    known: Mapping[str, int] | None = None,
    same: Callable[[str], object] = lambda path: None,
) -> Iterator[Work]:
    """Every file that this program wrote there, and `others`, where settings of another program are in them; `deep`
    looks into folders inside too.

    What is neither, is broken or vanishes meanwhile is passed over: it is no part of the library. So are files whose
    `tables.stamp` is the one in `known`: they are as they were, and `same` hears of each.
    """
    for path, medium in _files(folder, deep):
        if known and _is_as_it_was(path, known):
            same(str(path))
            continue
        try:
            found, size = read.settings_and_size(path)
        except Exception:  # nobody vouches for these files, and none of them may hide all the others
            continue
        if found is not None and (others or found["source"] == "everyform"):
            own = found["source"] == "everyform"
            record = read.bare(found) if own else {k: v for k, v in found.items() if k != "created"}
            yield Work(path, medium, record, size if any(size) else tables.told_size(record))


def _is_as_it_was(path: Path, known: Mapping[str, int]) -> bool:
    try:
        return known.get(str(path)) == tables.stamp(path)
    except OSError:
        return False


def _files(folder: Path, deep: bool) -> list[tuple[Path, Medium]]:
    """A folder that cannot be read, or goes meanwhile, is passed over, and so is what is hidden (as the bins on other
    disks are) or has a name that is no text."""
    seen: list[tuple[Path, Medium]] = []
    for place, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if deep and not name.startswith(".") and name not in _NO_WORK]
        for name in names:
            path = Path(place, name)
            medium = None if name.startswith(".") else formats.medium_of(path.suffix)
            if medium and write.is_text(str(path)):
                seen.append((path, medium))
    return sorted(seen)
