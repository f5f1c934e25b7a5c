"""The library: an index of everything that was made, in SQLite, which can always be made again from the files."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from models import folders
from models.outputs import atomic, finding, kept, tables
from models.outputs.database import BrokenDatabase, Database
from models.outputs.kept import Kept
from models.outputs.tables import COLUMNS
from models.outputs.tables import Item as Item
from models.protocol import Output

_T = TypeVar("_T")
_MOST_NAMED = 500  # ids in one question: SQLite has a limit, and the answer comes in pieces anyway


class Library:
    """The index at `path` (the person's own by default). Any number of processes and threads may use one file.

    A broken one is moved aside and made again from the folders that outputs lie in; the
    files themselves are never touched.
    Calls raise OSError or sqlite3.Error where the disk refuses.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path) if path is not None else folders.data() / "library.sqlite3"
        self._folders = self.path.with_suffix(".folders.txt")
        self._linked = self.path.with_suffix(".linked.txt")
        self._database = Database(self.path, tables.SCHEMA)

    def add(
        self,
        path: str | Path,
        medium: str,
        settings: Mapping[str, Any],
        seconds: float = 0.0,
        created: datetime.datetime | None = None,
    ) -> Item:
        """Put a file in, or bring its row up to date (what the person says of it stays)."""
        row = tables.row(Path(path).absolute(), medium, settings, seconds, created)
        self._remember_folder(Path(row["path"]).parent)
        said = kept.of(Path(row["path"]))

        def put(db: sqlite3.Connection) -> Item:
            return _get(db, tables.insert(db, row, said))

        return self.call(put, write=True)

    def items(
        self, search: str = "", medium: str = "", limit: int = 100, offset: int = 0, favourites: bool = False
    ) -> tuple[Item, ...]:
        """Newest first. `search` is read by `models.outputs.query`: each of its words is in the prompt, the model, the
        seed, the date or the file's name, and each of its conditions holds."""
        asked = finding.conditions(search, medium, favourites)
        query = f"SELECT {COLUMNS} FROM items {asked.where} ORDER BY created DESC, id DESC LIMIT ? OFFSET ?"
        return self.call(lambda db: tuple(map(tables.item, db.execute(query, (*asked.values, limit, offset)))))

    def ids(self, search: str = "") -> list[int]:
        """Of everything that `items` would give without a limit, in its order."""
        asked = finding.conditions(search)
        query = f"SELECT id FROM items {asked.where} ORDER BY created DESC, id DESC"
        return self.call(lambda db: [id for (id,) in db.execute(query, asked.values)])

    def many(self, ids: Sequence[int]) -> tuple[Item, ...]:
        """The items of these ids, in their order; those that are gone are left out."""
        return tuple(found for part in _parts(ids) for found in self.call(partial(_many, ids=part)))

    def count(self, search: str = "", medium: str = "", favourites: bool = False) -> int:
        """How many there are of those that `items` would give without a limit."""
        asked = finding.conditions(search, medium, favourites)
        query = f"SELECT count(*) FROM items {asked.where}"
        return self.call(lambda db: int(db.execute(query, asked.values).fetchone()[0]))

    def boards(self) -> tuple[tuple[str, int], ...]:
        """The boards by name, and how much lies on each."""
        query = "SELECT name, count(*) FROM boards GROUP BY name ORDER BY fold(name)"
        return self.call(lambda db: tuple(db.execute(query)))

    def models(self) -> tuple[tuple[str, int], ...]:
        """The models that made something, the busiest first, and how much it was."""
        query = "SELECT model, count(*) FROM items WHERE model != '' GROUP BY model ORDER BY count(*) DESC, model"
        return self.call(lambda db: tuple(db.execute(query)))

    @property
    def lost(self) -> bool:
        """Whether there is no list of what lies there already: `rebuild` makes it."""
        places = (folders.outputs(), self._folders, self._linked)
        return not self.path.exists() and any(place.exists() for place in places)

    def stamp(self) -> int:
        """Another number once something has changed, whoever did it; 0 where there is no index."""
        try:
            return tables.stamp(self.path)
        except OSError:
            return 0

    def get(self, key: int | str | Path) -> Item | None:
        """The item with that id (int) or path."""
        column, value = ("id", key) if isinstance(key, int) else ("path", str(Path(key).absolute()))
        query = f"SELECT {COLUMNS} FROM items WHERE {column} = ?"
        return self.call(lambda db: tables.item(row) if (row := db.execute(query, (value,)).fetchone()) else None)

    def remove(self, *ids: int) -> None:
        """Forget items, and what was said of them: other files may get their names. The files themselves stay."""
        if said := {item.path: Kept() for item in self.many(ids) if item.kept != Kept()}:
            self.note(said)
        self.call(lambda db: db.executemany("DELETE FROM items WHERE id = ?", [(id,) for id in ids]), write=True)

    def set_favourite(self, id: int, favourite: bool) -> None:
        self.keep([id], lambda was: replace(was, favourite=favourite))

    def keep(self, ids: Sequence[int], change: Callable[[Kept], Kept]) -> str:
        """Change what the person says of these; a sentence where it could not be written beside the files.

        Then the index alone has it, and loses it with itself.
        """
        problem = ""
        for part in _parts(ids):
            changed = {item.path: (item.id, change(item.kept)) for item in self.many(part)}
            problem = self.note({path: said for path, (_, said) in changed.items()}) or problem

            def write(db: sqlite3.Connection, changed: dict[str, tuple[int, Kept]] = changed) -> None:
                for id, said in changed.values():
                    tables.keep(db, id, said)

            self.call(write, write=True)
        return problem

    def rebuild(self, folder: str | Path | None = None, progress: Callable[[int], None] | None = None) -> int:
        """Bring the index in line with the files; how many were found.

        Reads every file that may be ours below `folder`, or in all folders that things were ever made in, and in those
        that are linked what other programs made, too. Files that
        are as they were when they were read last are only counted. Rows of files that are there, or were renamed, keep
        what was said of them and seconds; rows of files that are gone go too, but for those on a disk that was taken
        out. `progress` hears how many were found so
        far, and may raise what ends it.
        """
        from models.outputs import rebuilding

        return rebuilding.rebuild(self, Path(folder).absolute() if folder else None, progress)

    def linked(self) -> tuple[Path, ...]:
        """The folders that the person has added, for what other programs made in them."""
        return tuple(dict.fromkeys(Path(line) for line in _lines(self._linked)))

    def link(self, folder: str | Path) -> None:
        """Add a folder; `rebuild` reads it. Its files stay as they are."""
        place = Path(folder).absolute()
        if place not in self.linked():
            self._linked.parent.mkdir(parents=True, exist_ok=True)
            atomic.write_text(self._linked, "".join(f"{one}\n" for one in (*self.linked(), place)))

    def unlink(self, folder: str | Path) -> None:
        """Take a folder off again, and what lies in it off the list, unless it was made here."""
        place = Path(folder).absolute()
        atomic.write_text(self._linked, "".join(f"{one}\n" for one in self.linked() if one != place))
        query = "SELECT id, path, json_extract(settings, '$.everyform') FROM items"
        rows = self.call(lambda db: db.execute(query).fetchall())
        gone = [(id,) for id, path, ours in rows if ours is None and place in Path(path).parents]
        self.call(lambda db: db.executemany("DELETE FROM items WHERE id = ?", gone), write=True)

    # ── what is said of files, beside them ────────────────────────────────────

    def note(self, said: Mapping[str, Kept]) -> str:
        """Write it down beside the files; a sentence where a folder refuses."""
        by_folder: dict[Path, dict[str, Kept]] = {}
        for path, of_it in said.items():
            by_folder.setdefault(Path(path).parent, {})[Path(path).name] = of_it
        problem = ""
        for folder, changes in by_folder.items():
            try:
                kept.note(folder, changes)
            except OSError as error:
                problem = f"{folder} takes no notes ({error.strerror or error}): they are kept in the index alone."
        return problem

    def places(self) -> list[Path]:
        """The folders that something was ever made in."""
        return sorted({folders.outputs().absolute(), *(Path(line) for line in _lines(self._folders))})

    def _remember_folder(self, folder: Path) -> None:
        """Keep the folder's name outside the database, to outlive it. A short append is whole, whoever else writes."""
        if folder not in self.places():
            self._folders.parent.mkdir(parents=True, exist_ok=True)
            with self._folders.open("a", encoding="utf-8") as file:
                file.write(f"{folder}\n")

    # ── the database ──────────────────────────────────────────────────────────

    def call(self, work: Callable[[sqlite3.Connection], _T], *, write: bool = False) -> _T:
        """One transaction; a broken index is made again first."""
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
            db.executemany("UPDATE items SET seconds = ? WHERE path = ?", [(took, path) for _, took, path in rows])
            favourites = [db.execute("SELECT id FROM items WHERE path = ?", (p,)).fetchone() for f, _, p in rows if f]
        # From before they were written beside the files.
        self.keep([row[0] for row in favourites if row], lambda was: replace(was, favourite=True))


def listed_in_library(output: Output) -> str:
    """Add it to the index of what was made; a sentence where that failed. The file is there either way."""
    try:
        Library().add(output.path, output.medium, output.settings, output.seconds)
    except (OSError, sqlite3.Error, UnicodeError) as error:  # the last of a folder whose name is no text
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


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text("utf-8", "replace").split("\n") if line]
    except OSError:
        return []


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[at : at + _MOST_NAMED] for at in range(0, len(ids), _MOST_NAMED)]


def _many(db: sqlite3.Connection, ids: Iterable[int]) -> list[Item]:
    wanted = list(ids)
    query = f"SELECT {COLUMNS} FROM items WHERE id IN ({', '.join('?' * len(wanted))})"
    found = {item.id: item for item in map(tables.item, db.execute(query, wanted))}
    return [found[id] for id in wanted if id in found]


def _get(db: sqlite3.Connection, id: int) -> Item:
    return _many(db, [id])[0]
