"""What was recognised before, by path and stamp, in a small database that many processes use and that may be lost."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from models import cards
from models.outputs.database import BrokenDatabase, Database
from models.protocol import Card
from models.store import entry as entries
from models.store.entry import Entry
from models.store.stamp import stamp

_SCHEMA = """
CREATE TABLE seen (path TEXT PRIMARY KEY, edition TEXT NOT NULL, stamp TEXT NOT NULL, card TEXT NOT NULL,
                   entry TEXT NOT NULL);
CREATE TABLE cards (key TEXT PRIMARY KEY, card TEXT NOT NULL);
CREATE TABLE sums (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, sha256 TEXT NOT NULL);
"""


class Cache:
    """Entries of one edition of the program, and checksums. Nothing here ever raises: what is lost is found out again.

    Without an edition nothing is kept.
    """

    def __init__(self, path: Path, edition: str) -> None:
        self._database = Database(path, _SCHEMA)
        self._edition = edition
        self._seen: dict[str, tuple[str, str, str]] | None = None
        self._cards: dict[str, str] = {}
        self._made: dict[str, Card] = {}
        self._new: dict[str, tuple[str, str, str]] = {}
        self._asked: set[str] = set()
        self._times: dict[str, int] = {}

    def look_again(self) -> None:
        """What lies around the models may have changed since it was last asked for."""
        self._times = {}

    def get(self, path: str, hint: str = "") -> Entry | None:
        """What was found of it, where that still holds."""
        if self._seen is None:
            self._load()
        self._asked.add(path)
        known = (self._seen or {}).get(path)
        if known is None:
            return None
        try:
            told = json.loads(known[2])
            if told.pop("hint") != hint or known[0] != self._mark(path, told["shared"], told["around"]):
                return None
            return entries.from_dict(told, self._card(known[1]))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def put(self, path: str, found: Entry, before: str, hint: str = "") -> None:
        """Remember it; `save` writes it down. `before` is the stamp that it had before it was looked at."""
        if not self._edition or not before or before != stamp(path) or not found.lasting or not path.isprintable():
            return
        mark = self._mark(path, found.shared, found.around)
        key = ""
        if found.card is not None:
            text = json.dumps(cards.card_to_dict(found.card))
            key = hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
            self._cards[key] = text
            self._made[key] = found.card
        row = (mark, key, json.dumps(found.to_dict() | {"hint": hint}))
        self._new[path] = row
        if self._seen is not None:
            self._seen[path] = row

    def save(self) -> None:
        """Write what is new, in one go, and forget what is no longer there."""
        if not self._new:
            return
        gone = [p for p in self._seen or () if p not in self._asked and not os.path.exists(p)]  # noqa: PTH110
        with self._forgiving(), self._database.transaction(write=True) as db:
            db.executemany("DELETE FROM seen WHERE path = ?", [(path,) for path in gone])
            db.executemany(
                "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)",
                [(path, self._edition, *row) for path, row in self._new.items()],
            )
            used = {row[1] for row in self._new.values() if row[1]}
            db.executemany("INSERT OR REPLACE INTO cards VALUES (?, ?)", [(key, self._cards[key]) for key in used])
            db.execute("DELETE FROM cards WHERE key NOT IN (SELECT card FROM seen)")
            self._new = {}

    def checksum(self, path: str) -> str:
        """The SHA-256 that the file had when it was last read, where it is still the same; empty otherwise."""
        row = None
        if self._database.path.exists():
            with self._forgiving(), self._database.transaction() as db:
                row = db.execute("SELECT stamp, sha256 FROM sums WHERE path = ?", (path,)).fetchone()
        return row[1] if row is not None and row[0] == stamp(path) else ""

    def keep_checksum(self, path: str, mark: str, sha256: str) -> None:
        """Remember a checksum; `mark` is the stamp that the file had before it was read."""
        if mark == stamp(path) and path.isprintable():
            with self._forgiving(), self._database.transaction(write=True) as db:
                db.execute("INSERT OR REPLACE INTO sums VALUES (?, ?, ?)", (path, mark, sha256))

    def _mark(self, path: str, shared: Iterable[str], around: Iterable[str]) -> str:
        """The stamp of a model, and when each place around it was changed: many models have the same ones."""
        own = stamp(path, *shared)
        times = " ".join(str(self._time(place)) for place in around)
        return f"{own} {hashlib.blake2b(times.encode(), digest_size=12).hexdigest()}" if own and times else own

    def _time(self, place: str) -> int:
        if place not in self._times:
            try:
                self._times[place] = os.stat(place).st_mtime_ns  # noqa: PTH116 - thousands of them at every start
            except (OSError, ValueError):
                self._times[place] = 0
        return self._times[place]

    def _load(self) -> None:
        self._seen = {}
        if not self._edition or not self._database.path.exists():
            return
        with self._forgiving(), self._database.transaction() as db:
            rows = db.execute("SELECT path, stamp, card, entry FROM seen WHERE edition = ?", (self._edition,))
            self._seen = {path: (mark, card, text) for path, mark, card, text in rows}
            self._cards = dict(db.execute("SELECT key, card FROM cards"))

    def _card(self, key: str) -> Card | None:
        """One card for all models that have the same."""
        if not key:
            return None
        if key not in self._made:
            self._made[key] = cards.card_from_dict(json.loads(self._cards[key]))
        return self._made[key]

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        """A broken file is thrown away; a folder that takes nothing, or a database held for long, is let be."""
        try:
            yield
        except BrokenDatabase:
            with contextlib.suppress(OSError, sqlite3.Error):
                if aside := self._database.set_aside():
                    for companion in ("-wal", "-shm", ""):
                        aside.with_name(aside.name + companion).unlink(missing_ok=True)
        except (OSError, sqlite3.Error, ValueError):
            return
