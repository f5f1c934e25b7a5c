"""The library's tables, and rows on their way into them and out again."""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.outputs import read, sheets
from models.outputs.kept import Kept
from models.protocol import BadInput, Medium

# `words` is what a search for words looks in, in lower case; `found` is the index of it, by threes of letters, so that
# parts of words are found and scripts without spaces, too. `told` holds each setting, `boards` who lies on which.
SCHEMA = """
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
    rating INTEGER NOT NULL DEFAULT 0,
    stamp INTEGER NOT NULL,  -- the file's time in ns and its size, together: another one is another file
    words TEXT NOT NULL,
    settings TEXT NOT NULL
);
CREATE INDEX newest ON items (created DESC, id DESC);
CREATE INDEX of_model ON items (model);
CREATE VIRTUAL TABLE found USING fts5(words, content='items', content_rowid='id', tokenize='trigram');
CREATE TABLE told (item INTEGER, name TEXT, number REAL, text TEXT, PRIMARY KEY (item, name)) WITHOUT ROWID;
CREATE INDEX by_number ON told (name, number);
CREATE INDEX by_text ON told (name, text);
CREATE TABLE boards (item INTEGER, name TEXT, PRIMARY KEY (item, name)) WITHOUT ROWID;
CREATE INDEX on_board ON boards (name);
CREATE TRIGGER item_in AFTER INSERT ON items BEGIN
    INSERT INTO found (rowid, words) VALUES (new.id, new.words);
END;
CREATE TRIGGER item_changed AFTER UPDATE OF words ON items WHEN old.words IS NOT new.words BEGIN
    INSERT INTO found (found, rowid, words) VALUES ('delete', old.id, old.words);
    INSERT INTO found (rowid, words) VALUES (new.id, new.words);
END;
CREATE TRIGGER item_out AFTER DELETE ON items BEGIN
    INSERT INTO found (found, rowid, words) VALUES ('delete', old.id, old.words);
    DELETE FROM told WHERE item = old.id;
    DELETE FROM boards WHERE item = old.id;
END;
"""
_OWN = "id, path, medium, model, prompt, seed, created, seconds, width, height, favourite, rating, settings"
COLUMNS = f"{_OWN}, (SELECT json_group_array(name) FROM boards WHERE item = items.id) AS boards"
_NAMES = (*_OWN.split(", "), "boards")
_LONGEST = 1_000_000  # pixels of a side that settings may tell of: they may tell anything
_MAX_TOLD = 100  # settings of one item that can be searched for
TOLD_TEXTS = ("model", "task", "negative")  # what is told of each item beside its settings, under these names


@dataclass(frozen=True)
class Item:
    """One thing that was made. `created` is ISO 8601 in UTC, `settings` the record in its file, sizes in pixels,
    `rating` 1 to 5 stars, 0 where it has none; `boards` are the names of those that it lies on."""

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
    rating: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    boards: tuple[str, ...] = ()

    @property
    def kept(self) -> Kept:
        """What the person said of it."""
        return Kept(self.favourite, self.rating, self.boards)


def item(row: Iterable[Any]) -> Item:
    """An item from its columns, `COLUMNS` in order."""
    values = dict(zip(_NAMES, row, strict=True))
    values["settings"] = json.loads(values["settings"])
    values["boards"] = tuple(sorted(json.loads(values["boards"])))
    return Item(**values | {"favourite": bool(values["favourite"])})


def row(
    path: Path,
    medium: str,
    settings: Mapping[str, Any],
    seconds: float,
    created: datetime.datetime | None,
    size: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """A file's row. Where `created` or `size` are not told, they are the file's own."""
    date, told_stamp = _date_and_stamp(path)
    width, height = _size(path, medium, settings) if size is None else size
    made = created or date
    moment = made.astimezone(datetime.UTC).isoformat(timespec="milliseconds")
    model = str(settings.get("model") or settings.get("model_name") or "")
    prompt, seed = str(settings.get("prompt", "")), settings.get("seed")
    said = (
        prompt,
        model,
        settings.get("model_name") or "",
        "" if seed is None else seed,
        f"{made.astimezone():%Y-%m-%d %H:%M}",  # as the person sees it
        path.parent.name,
        path.name,
        *sheets.lines(settings),
    )
    return {
        "path": str(path),
        "medium": medium,
        "model": model,
        "prompt": prompt,
        "seed": seed,
        "created": moment,
        "seconds": float(seconds),
        "width": width,
        "height": height,
        "stamp": told_stamp,
        "words": " ".join(str(part) for part in said).casefold(),
        "settings": json.dumps(dict(settings)),
    }


def stamp(path: Path) -> int:
    """A number that is another one once the file is. Raises OSError."""
    held = path.stat()
    return (held.st_mtime_ns * 31 + held.st_size) & 0x7FFF_FFFF_FFFF_FFFF


def insert(db: sqlite3.Connection, given: Mapping[str, Any], kept: Kept) -> int:
    """Put a row in, or bring it up to date; its id. A new one gets what was said of it before; one that is there keeps
    what is said there."""
    names = ", ".join(given)
    updates = ", ".join(f"{name} = excluded.{name}" for name in given if name != "path")
    known = db.execute("SELECT id FROM items WHERE path = ?", (given["path"],)).fetchone()
    db.execute(
        f"INSERT INTO items ({names}) VALUES ({', '.join(f':{name}' for name in given)}) "
        f"ON CONFLICT (path) DO UPDATE SET {updates}",
        given,
    )
    (id,) = known or db.execute("SELECT id FROM items WHERE path = ?", (given["path"],)).fetchone()
    if known:
        db.execute("DELETE FROM told WHERE item = ?", (id,))
    elif kept != Kept():
        keep(db, id, kept)
    db.executemany("INSERT OR IGNORE INTO told VALUES (?, ?, ?, ?)", _told(id, given["settings"]))
    return int(id)


def move(db: sqlite3.Connection, old: str, given: Mapping[str, Any]) -> Kept | None:
    """Let the row of a file that lay at `old` be the row of where it lies now; what the person said of it, None where
    its settings tell that it is another file."""
    held = db.execute(
        f"SELECT {COLUMNS} FROM items WHERE path = ? AND settings = ?", (old, given["settings"])
    ).fetchone()
    if held is None or db.execute("SELECT 1 FROM items WHERE path = ?", (given["path"],)).fetchone():
        return None
    db.execute("UPDATE items SET path = ? WHERE path = ?", (given["path"], old))
    return item(held).kept


def keep(db: sqlite3.Connection, id: int, kept: Kept) -> None:
    """Write down what the person says of an item."""
    db.execute("UPDATE items SET favourite = ?, rating = ? WHERE id = ?", (int(kept.favourite), kept.rating, id))
    db.execute("DELETE FROM boards WHERE item = ?", (id,))
    db.executemany("INSERT OR IGNORE INTO boards VALUES (?, ?)", [(id, name) for name in kept.boards])


def _told(id: int, settings: str) -> list[tuple[int, str, float | None, str]]:
    """Each setting as a number (where it is one) and as a text in lower case, and the texts beside them."""
    record = json.loads(settings)
    own = record.get("settings")
    texts = (
        f"{record.get('model', '')} {record.get('model_name', '')}",
        record.get("task"),
        record.get("negative_prompt"),
    )
    found: list[tuple[int, str, float | None, str]] = [
        (id, name, None, str(text).casefold()[:2000]) for name, text in zip(TOLD_TEXTS, texts, strict=True) if text
    ]
    for name, value in list(own.items())[:_MAX_TOLD] if isinstance(own, dict) else []:
        number = float(value) if isinstance(value, int | float) and abs(value) < 1e300 else None
        text = str(value).lower() if isinstance(value, bool) else str(value).casefold()
        found.append((id, str(name), number, text[:500]))
    return found


def _date_and_stamp(path: Path) -> tuple[datetime.datetime, int]:
    try:
        return datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC), stamp(path)
    except (OSError, ValueError, OverflowError):  # gone in this very moment, or dated in a year that nobody can say
        return datetime.datetime.now(datetime.UTC), 0


def _size(path: Path, medium: str, settings: Mapping[str, Any]) -> tuple[int, int]:
    if medium in ("picture", "video"):
        try:
            seen = read.seen(path)
            if seen.width:
                return seen.width, seen.height
        except BadInput:
            pass
    return told_size(settings)


def told_size(record: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height as the settings have them; zeros where they have none."""
    own = record.get("settings")
    sides = (own.get("width", 0), own.get("height", 0)) if isinstance(own, dict) else (0, 0)
    return sides if all(type(side) is int and 0 < side <= _LONGEST for side in sides) else (0, 0)
