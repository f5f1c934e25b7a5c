"""The queue on the disk: one SQLite file in the state folder, written by a thread of its own."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import queue
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QThread, Signal

from desktop.queue import rows
from models import folders

T = TypeVar("T")

TOGETHER = 400  # writings at most that are one transaction
SLICE = 500  # jobs that are read and told at once
# After so many jobs the thread stands aside for a moment: the window's is of the same Python, and goes first.
BREATH, BREATH_S = 20, 0.0005
AGAIN_S = 2.0  # until a disk that refused is tried again
ANOTHER = "Another window of Everyform keeps the queue. What waits in this one ends with it."
BROKEN = "The list of what was waiting could not be read, so it begins anew; the old one is kept as {name}."
REFUSED = "The queue cannot be kept on the disk ({why}). It goes on, and is kept as soon as there is room."
LOST = "{count} of the jobs that were waiting could not be read and are left out."


class Journal(QThread):
    """`write` never waits; what was written is on the disk, whatever happens then, once `reached` has its number,
    of which `stored` tells.

    After `start` comes `left` with the jobs of the last window, some at a time, then `known` with whether it was
    paused. `trouble` is a sentence for the person. A window that finds another one's hand on the file keeps nothing,
    and one whose disk refuses goes on and tries again.
    """

    left = Signal(object)
    known = Signal(bool)
    stored = Signal()
    trouble = Signal(str)

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path or folders.data() / "queue.sqlite3"
        self.reached = 0
        self._numbers = itertools.count(1)
        self._orders: queue.SimpleQueue[tuple[int, list[rows.Order]] | None] = queue.SimpleQueue()
        self._pending: list[tuple[int, list[rows.Order]]] = []  # the thread's own
        self._told = False

    # ── for the window ────────────────────────────────────────────────────────

    def write(self, orders: list[rows.Order]) -> int:
        """All of these or none, after all that was to be written before; the number of it."""
        number = next(self._numbers)
        self._orders.put((number, orders))
        return number

    def close(self) -> None:
        """Write what is left to write, and let go of the file."""
        if not (self.isRunning() or self.isFinished() or self._orders.empty()):
            self.start()
        self._orders.put(None)
        self.wait()

    # ── the thread ────────────────────────────────────────────────────────────

    def run(self) -> None:
        """The thread's main; not to be called."""
        db = self._opened()
        try:
            self.known.emit(self._read(db) if db is not None else False)
            closing = False
            while not closing:
                closing = self._gather()
                self._write(db)
        finally:
            if db is not None:
                db.close()

    def _gather(self) -> bool:
        """Wait for something to write, and take what else is there; whether that is the end."""
        with contextlib.suppress(queue.Empty):
            one = self._orders.get(timeout=AGAIN_S if self._pending else None)
            while one is not None:
                self._pending.append(one)
                if len(self._pending) >= TOGETHER:
                    return False
                one = self._orders.get_nowait()
            return True
        return False

    def _write(self, db: sqlite3.Connection | None) -> None:
        if not self._pending:
            return
        last = self._pending[-1][0]
        try:
            if db is not None:
                self._carry_out(db)
        except (sqlite3.Error, OSError) as error:
            if not self._told:
                self._told = True
                self.trouble.emit(REFUSED.format(why=error))
        else:
            self._pending.clear()
            self._told = False
        # Where the disk refuses, the work goes on all the same.
        self.reached = last
        self.stored.emit()

    def _carry_out(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN")
        try:
            for _, orders in self._pending:
                for statement, values, encode in orders:
                    db.executemany(statement, _breathing(values) if encode is None else map(encode, _breathing(values)))
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _opened(self) -> sqlite3.Connection | None:
        """The file, for this process alone as long as it lives: the system lets go of it, however that ends."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                return _connect(self.path)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self._set_aside()
                return _connect(self.path)
        except (sqlite3.Error, OSError) as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            self.trouble.emit(ANOTHER if busy else REFUSED.format(why=error))
            return None

    def _set_aside(self) -> None:
        name = f"broken-{datetime.datetime.now():%Y%m%d-%H%M%S}.{self.path.name}"
        self.path.replace(self.path.with_name(name))
        self.path.with_name(f"{self.path.name}-wal").unlink(missing_ok=True)
        self.trouble.emit(BROKEN.format(name=name))

    def _read(self, db: sqlite3.Connection) -> bool:
        found, lost = [], 0
        for row in _breathing(db.execute(rows.READ).fetchall()):
            try:
                found.append(rows.job(row))
            except (ValueError, TypeError, RecursionError):
                lost += 1
            if len(found) >= SLICE:
                self.left.emit(found)
                found = []
        if found:
            self.left.emit(found)
        if lost:
            self.trouble.emit(LOST.format(count=lost))
        return bool(db.execute("SELECT max(value) FROM facts WHERE name = 'paused'").fetchone()[0])


def _breathing(values: Iterable[T]) -> Iterator[T]:
    for k, value in enumerate(values, 1):
        yield value
        if k % BREATH == 0:
            time.sleep(BREATH_S)


def _connect(path: Path) -> sqlite3.Connection:
    """WAL and FULL: what was written survives a power cut. Raises sqlite3.Error."""
    db = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.executescript(f"BEGIN IMMEDIATE; {rows.SCHEMA} COMMIT;")
    except BaseException:
        db.close()
        raise
    return db
