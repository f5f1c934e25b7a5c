"""Bringing the library's index in line with the files: what is new, what has another name now, what is gone."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models import folders
from models.outputs import kept, survey, tables
from models.outputs.kept import Kept

if TYPE_CHECKING:
    from models.outputs.library import Library

# A commit each would take minutes for thousands, and one for all would keep others from writing.
_BATCH = 100


def rebuild(library: Library, folder: Path | None, progress: Callable[[int], None] | None) -> int:
    """What `Library.rebuild` promises."""
    linked = library.linked()
    # A folder that was only named as a place to write to may be somebody's home: only its own files are ours.
    places = [(p, p == folders.outputs(), False) for p in library.places()] + [(p, True, True) for p in linked]
    if folder is not None:
        places = [(folder, True, folder in linked)]
    before = _Before(library)
    notes = _Notes()
    new: set[str] = set()
    same: set[str] = set()

    def tell() -> None:
        if progress is not None:
            progress(len(new) + len(same))

    def as_it_was(path: str) -> None:
        same.add(path)
        if len(same) % _BATCH == 0:
            tell()

    found = (
        one
        for place, deep, others in places
        for one in survey.work(place, deep=deep, others=others, known=before.stamps, same=as_it_was)
    )
    while batch := list(itertools.islice(found, _BATCH)):
        given = [tables.row(one.path, one.medium, one.record, 0.0, None, one.size) for one in batch]
        were = [before.name_of(row) for row in given]
        for row, was in zip(given, were, strict=True):
            row["seconds"] = before.seconds.get(was, 0.0)
        said = [notes.of(one.path) for one in batch]
        rows = list(zip(given, said, were, strict=True))
        library.note(library.call(partial(_put, rows), write=True))
        new |= {row["path"] for row in given}
        tell()
    # Where even the folder around it is gone, a disk was taken out: what lies on it is there again once the disk is.
    _forget_missing(library, {place for place, _, _ in places if place.exists() or place.parent.exists()})
    return len(new) + len(same)


class _Before:
    """What the index had: of each path its stamp and how long it took, and which paths a stamp is of."""

    def __init__(self, library: Library) -> None:
        rows = library.call(lambda db: db.execute("SELECT path, seconds, stamp FROM items").fetchall())
        self.seconds = {path: took for path, took, _ in rows}
        self.stamps = {path: stamp for path, _, stamp in rows}
        self._paths: dict[int, list[str]] = {}
        for path, stamp in self.stamps.items():
            self._paths.setdefault(stamp, []).append(path)

    def name_of(self, row: dict[str, Any]) -> str:
        """The path that a row's file had: its own, or that of the one file of this time and size that is no longer
        there, for a file keeps both when it gets another name or place; "" where there is none."""
        if row["path"] in self.stamps:
            return str(row["path"])
        gone = [path for path in self._paths.get(row["stamp"], ()) if not Path(path).exists()]
        return gone[0] if len(gone) == 1 else ""


class _Notes:
    """What is said of files, each folder's read once."""

    def __init__(self) -> None:
        self._of: dict[Path, dict[str, Kept]] = {}

    def of(self, path: Path) -> Kept:
        if path.parent not in self._of:
            self._of[path.parent] = kept.read(path.parent)
        return self._of[path.parent].get(path.name, Kept())


def _put(rows: list[tuple[dict[str, Any], Kept, str]], db: sqlite3.Connection) -> dict[str, Kept]:
    """Each row, what is said beside its file, and the path that it had: what is to be noted, by path."""
    notes: dict[str, Kept] = {}
    for row, said, was in rows:
        if was and was != row["path"] and (moved := tables.move(db, was, row)) is not None and moved != Kept():
            notes |= {was: Kept(), row["path"]: moved}
        tables.insert(db, row, said)
    return notes


def _forget_missing(library: Library, places: set[Path]) -> None:
    rows = library.call(lambda db: db.execute("SELECT id, path FROM items").fetchall())
    gone = [(id,) for id, path in rows if not places.isdisjoint(Path(path).parents) and not Path(path).exists()]
    library.call(lambda db: db.executemany("DELETE FROM items WHERE id = ?", gone), write=True)
