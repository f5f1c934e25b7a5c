"""Finding finished work again among whatever lies in a folder: our own, and other programs' where it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.outputs import formats, read, tables
from models.protocol import BadInput, Medium


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
        try:
            if known and known.get(str(path)) == tables.stamp(path):
                same(str(path))
                continue
            found, size = read.settings_and_size(path)
        except (BadInput, OSError):
            continue
        if found is not None and (others or found["source"] == "everyform"):
            own = found["source"] == "everyform"
            record = read.bare(found) if own else {k: v for k, v in found.items() if k != "created"}
            yield Work(path, medium, record, size if any(size) else tables.told_size(record))


def _files(folder: Path, deep: bool) -> list[tuple[Path, Medium]]:
    try:
        below = folder.rglob("*") if deep else folder.iterdir()
        seen = sorted(p for p in below if not p.name.startswith("."))
    except OSError:
        return []
    return [(path, medium) for path in seen if (medium := formats.medium_of(path.suffix))]
