"""The queue on the disk: one SQLite file in the state folder, written by a thread of its own."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import queue
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QThread, Signal

from desktop.job import Job
from desktop.queue import rows
from models import folders, halfway

T = TypeVar("T")

TOGETHER = 400  # writings at most that are one transaction
SLICE = 500  # jobs that are read and told at once
# After so many jobs the thread stands aside for a moment: the window's is of the same Python, and goes first.
BREATH, BREATH_S = 20, 0.0005
# No database, a broken one, or one of another version, whose tables are others.
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
AGAIN_S = 2.0  # until a disk that refused is tried again
ANOTHER = "Another window of Everyform keeps the queue. What waits in this one ends with it."
BROKEN = "The list of what was waiting could not be read, so it begins anew; the old one is kept as {name}."
REFUSED = "The queue cannot be kept on the disk ({why}). It goes on, and is kept as soon as there is room."
CLOSED = "The queue cannot be kept on the disk ({why}). It goes on, and what waits in this window ends with it."
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
        except Exception as error:  # whatever it is: a thread that ended here would hold up every job for good
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
        """The file, once it is read: for this process alone as long as it lives, for the system lets go of it, however
        that ends."""
        db, left, paused = None, _Left(), False
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                db, left, paused = _begun(self.path)
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _BROKEN:
                    raise
                self._set_aside()
                db, left, paused = _begun(self.path)
        except (sqlite3.Error, OSError) as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            self.trouble.emit(ANOTHER if busy else CLOSED.format(why=error))
        for at in range(0, len(left.jobs), SLICE):
            self.left.emit(left.jobs[at : at + SLICE])
            time.sleep(BREATH_S)
        if left.lost:
            self.trouble.emit(LOST.format(count=left.lost))
        self.known.emit(paused)
        return db

    def _set_aside(self) -> None:
        name = f"broken-{datetime.datetime.now():%Y%m%d-%H%M%S}.{self.path.name}"
        self.path.replace(self.path.with_name(name))
        self.path.with_name(f"{self.path.name}-wal").unlink(missing_ok=True)
        self.trouble.emit(BROKEN.format(name=name))


@dataclass
class _Left:
    """The jobs of the last window, and how many rows are none."""

    jobs: list[Job] = field(default_factory=list)
    lost: int = 0


def _begun(path: Path) -> tuple[sqlite3.Connection, _Left, bool]:
    """The file, what it holds, and whether the queue was paused. WAL and FULL: what was written survives a power cut.
    Raises sqlite3.Error."""
    db = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.executescript(f"BEGIN IMMEDIATE; {rows.SCHEMA} {rows.PURGE}; COMMIT;")
        left = _Left()
        for row in _breathing(db.execute(rows.READ).fetchall()):
            try:
                left.jobs.append(rows.job(row))
            except (ValueError, TypeError, OverflowError, RecursionError):
                left.lost += 1
        _look_halfway(path, left.jobs)
        return db, left, bool(db.execute(rows.PAUSED).fetchone()[0])
    except BaseException:
        db.close()
        raise


def _look_halfway(path: Path, jobs: list[Job]) -> None:
    """Which of them go on in the middle of an item. Steps of jobs that are no more are removed."""
    unmade = {job.key: job for job in jobs if job.state in ("waiting", "failed")}
    for key, step in halfway.sweep(path.parent, set(unmade)).items():
        unmade[key].halfway = step


def _breathing(values: Iterable[T]) -> Iterator[T]:
    for k, value in enumerate(values, 1):
        yield value
        if k % BREATH == 0:
            time.sleep(BREATH_S)
