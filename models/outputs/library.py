"""The library: an index of everything that was made, in SQLite, which can always be made again from the files."""

from __future__ import annotations

import datetime
import itertools
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from models import folders
from models.outputs import read, survey
from models.outputs.database import BrokenDatabase, Database
from models.protocol import BadInput, Medium, Output

_T = TypeVar("_T")

_TABLES = """
CREATE TABLE items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    medium TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,
    seed INTEGER,
    created TEXT NOT NULL,  -- ISO 8601 in UTC, so that text sorts as time
    seconds REAL NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    favourite INTEGER NOT NULL DEFAULT 0,
    settings TEXT NOT NULL
);
CREATE INDEX newest ON items (created DESC, id DESC);
"""
_BATCH = 100
_COLUMNS = "id, path, medium, model, prompt, seed, created, seconds, width, height, favourite, settings"


@dataclass(frozen=True)
class Item:
    """One thing that was made. `created` is ISO 8601 in UTC, `settings` the record in its file, sizes in pixels."""

    id: int
    path: str
    medium: Medium
    model: str
    prompt: str
    seed: int | None
    created: str
    seconds: float
    width: int
    height: int
    favourite: bool
    settings: Mapping[str, Any] = field(default_factory=dict)


class Library:
    """The index at `path` (the person's own by default). Any number of processes and threads may use one file.

    A broken one is moved aside and made again from the folders that outputs lie in; the
    files themselves are never touched.
    Calls raise OSError or sqlite3.Error where the disk refuses.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path) if path is not None else folders.data() / "library.sqlite3"
        self._folders = self.path.with_suffix(".folders.txt")
        self._database = Database(self.path, _TABLES)

    def add(
        self,
        path: str | Path,
        medium: str,
        settings: Mapping[str, Any],
        seconds: float = 0.0,
        created: datetime.datetime | None = None,
    ) -> Item:
        """Put a file in, or bring its row up to date (whether it is a favourite stays)."""
        row = _row(Path(path).absolute(), medium, settings, seconds, created)
        self._remember_folder(Path(row["path"]).parent)
        return self._call(lambda db: _insert(db, row), write=True)

    def items(
        self, search: str = "", medium: str = "", limit: int = 100, offset: int = 0, favourites: bool = False
    ) -> tuple[Item, ...]:
        """Newest first. Each word of `search` is in the prompt, the model, the seed, the date or the file's name."""
        where, values = _conditions(search, medium, favourites)
        query = f"SELECT {_COLUMNS} FROM items {where} ORDER BY created DESC, id DESC LIMIT ? OFFSET ?"
        return self._call(lambda db: tuple(_item(r) for r in db.execute(query, (*values, limit, offset))))

    def count(self, search: str = "", medium: str = "", favourites: bool = False) -> int:
        """How many there are of those that `items` would give without a limit."""
        where, values = _conditions(search, medium, favourites)
        return self._call(lambda db: int(db.execute(f"SELECT count(*) FROM items {where}", values).fetchone()[0]))

    def get(self, key: int | str | Path) -> Item | None:
        """The item with that id (int) or path."""
        column, value = ("id", key) if isinstance(key, int) else ("path", str(Path(key).absolute()))
        query = f"SELECT {_COLUMNS} FROM items WHERE {column} = ?"
        return self._call(lambda db: _item(row) if (row := db.execute(query, (value,)).fetchone()) else None)

    def remove(self, id: int) -> None:
        """Forget an item; its file stays."""
        self._call(lambda db: db.execute("DELETE FROM items WHERE id = ?", (id,)), write=True)

    def set_favourite(self, id: int, favourite: bool) -> None:
        values = (int(favourite), id)
        self._call(lambda db: db.execute("UPDATE items SET favourite = ? WHERE id = ?", values), write=True)

    def rebuild(self, folder: str | Path | None = None, progress: Callable[[int], None] | None = None) -> int:
        """Bring the index in line with the files; how many of ours were found.

        Reads every file that may be ours below `folder`, or in all folders that things were ever made in.
        Rows of files that are there keep favourite and seconds; rows of files that are gone go too.
        """
        # A folder that was only named as a place to write to may be somebody's home: only its own files are ours.
        places = [(Path(folder).absolute(), True)] if folder else [(p, p == folders.outputs()) for p in self._places()]
        seconds = dict(self._call(lambda db: db.execute("SELECT path, seconds FROM items").fetchall()))
        found = (one for place, deep in places for one in survey.ours(place, deep=deep))
        known: set[str] = set()
        # In batches: a commit each would take minutes for thousands, and one for all would keep others from writing.
        while batch := list(itertools.islice(found, _BATCH)):
            rows = [_row(path, medium, told, seconds.get(str(path), 0.0), None) for path, medium, told in batch]
            self._call(lambda db, rows=rows: [_insert(db, row) for row in rows], write=True)  # type: ignore[misc]
            known |= {row["path"] for row in rows}
            if progress is not None:
                progress(len(known))
        self._forget_missing([place for place, _ in places])
        return len(known)

    def _places(self) -> list[Path]:
        try:
            lines = self._folders.read_text("utf-8", "replace").splitlines()
        except OSError:
            lines = []
        return sorted({folders.outputs().absolute(), *(Path(line) for line in lines if line)})

    def _remember_folder(self, folder: Path) -> None:
        """Keep the folder's name outside the database, to outlive it. A short append is whole, whoever else writes."""
        if folder not in self._places():
            self._folders.parent.mkdir(parents=True, exist_ok=True)
            with self._folders.open("a", encoding="utf-8") as file:
                file.write(f"{folder}\n")

    def _forget_missing(self, places: list[Path]) -> None:
        rows = self._call(lambda db: db.execute("SELECT id, path FROM items").fetchall())
        gone = [(id,) for id, path in rows if set(places) & set(Path(path).parents) and not Path(path).exists()]
        self._call(lambda db: db.executemany("DELETE FROM items WHERE id = ?", gone), write=True)

    # ── the database ──────────────────────────────────────────────────────────

    def _call(self, work: Callable[[sqlite3.Connection], _T], *, write: bool = False) -> _T:
        try:
            with self._database.transaction(write=write) as db:
                return work(db)
        except BrokenDatabase:
            self._mend()
        with self._database.transaction(write=write) as db:
            return work(db)

    def _mend(self) -> None:
        """Begin anew from the files, with what the broken database still tells."""
        aside = self._database.set_aside()
        if aside is None:  # another process was first
            return
        rows = _salvage(aside, "SELECT favourite, seconds, path FROM items WHERE favourite OR seconds")
        self.rebuild()
        with self._database.transaction(write=True) as db:
            db.executemany("UPDATE items SET favourite = ?, seconds = ? WHERE path = ?", rows)


def listed_in_library(output: Output) -> str:
    """Add it to the index of what was made; a sentence where that failed. The file is there either way."""
    try:
        Library().add(output.path, output.medium, output.settings, output.seconds)
    except (OSError, sqlite3.Error) as error:
        return f"{output.path} is saved, but could not be added to the gallery's list ({error})."
    return ""


def _salvage(broken: Path, query: str) -> list[tuple[Any, ...]]:
    """The rows that can be read before the damage."""
    found: list[tuple[Any, ...]] = []
    try:
        with closing(sqlite3.connect(f"{broken.absolute().as_uri()}?mode=ro", uri=True)) as db:
            found.extend(db.execute(query))
    except sqlite3.Error:
        pass
    return found


def _conditions(search: str, medium: str, favourites: bool = False) -> tuple[str, list[str]]:
    parts: list[str] = []
    values: list[str] = []
    if medium:
        parts.append("medium = ?")
        values.append(medium)
    if favourites:
        parts.append("favourite")
    text = "prompt || ' ' || model || ' ' || coalesce(seed, '') || ' ' || created || ' ' || path"
    for word in search.split():
        parts.append(f"instr(fold({text}), ?)")
        values.append(word.casefold())
    return ("WHERE " + " AND ".join(parts) if parts else ""), values


def _row(
    path: Path, medium: str, settings: Mapping[str, Any], seconds: float, created: datetime.datetime | None
) -> dict[str, Any]:
    if created is None:
        created = _date(path)
    width, height = _size(path, medium, settings)
    return {
        "path": str(path),
        "medium": medium,
        "model": str(settings.get("model") or settings.get("model_name") or ""),
        "prompt": str(settings.get("prompt", "")),
        "seed": settings.get("seed"),
        "created": created.astimezone(datetime.UTC).isoformat(timespec="milliseconds"),
        "seconds": float(seconds),
        "width": width,
        "height": height,
        "settings": json.dumps(dict(settings)),
    }


def _date(path: Path) -> datetime.datetime:
    try:
        return datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
    except OSError:  # gone in this very moment: the row goes with the next rebuilding
        return datetime.datetime.now(datetime.UTC)


def _size(path: Path, medium: str, settings: Mapping[str, Any]) -> tuple[int, int]:
    if medium in ("picture", "video"):
        try:
            seen = read.seen(path)
            if seen.width:
                return seen.width, seen.height
        except BadInput:
            pass
    own = settings.get("settings") or {}
    width, height = own.get("width", 0), own.get("height", 0)
    return (width, height) if isinstance(width, int) and isinstance(height, int) else (0, 0)


def _insert(db: sqlite3.Connection, row: Mapping[str, Any]) -> Item:
    names = ", ".join(row)
    updates = ", ".join(f"{name} = excluded.{name}" for name in row if name != "path")
    db.execute(
        f"INSERT INTO items ({names}) VALUES ({', '.join(f':{name}' for name in row)}) "
        f"ON CONFLICT (path) DO UPDATE SET {updates}",
        row,
    )
    return _item(db.execute(f"SELECT {_COLUMNS} FROM items WHERE path = ?", (row["path"],)).fetchone())


def _item(row: Iterable[Any]) -> Item:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    values["settings"] = json.loads(values["settings"])
    return Item(**values | {"favourite": bool(values["favourite"])})
