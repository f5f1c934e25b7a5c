"""An SQLite file that many processes use, and that may break without taking the program with it."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from models.outputs import atomic

BUSY_S = 15.0
_TAKES_NOTHING = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL)


class BrokenDatabase(sqlite3.DatabaseError):
    """The file is no database, or no longer a sound one, or lacks the tables."""


class Database:
    """The tables of `schema` at `path`, made when they are first wanted.

    Each transaction opens the file anew: that costs about a millisecond, and none ever
    holds a file that another process has set aside. Writing to a disk that takes nothing raises OSError or
    sqlite3.Error; what it holds is read all the same.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self._schema = schema

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction. WAL and FULL: readers never wait, and what was written survives a power cut.

        Raises BrokenDatabase. SQL may use `fold(text)`, lower case in every script.
        """
        if not self.path.exists():
            self._create()
        try:
            with closing(self._begun(write)) as db:
                db.create_function("fold", 1, str.casefold, deterministic=True)
                try:
                    yield db
                except BaseException:
                    if db.in_transaction:
                        db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            if _is_broken(error):
                raise BrokenDatabase(str(error)) from error
            raise

    def _begun(self, write: bool) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
        try:
            db.execute("PRAGMA synchronous = FULL")
            # A writer takes its turn at once, because a reader cannot become one while another is at it.
            db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            if not write:
                db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # now, and not with the first question
            return db
        except sqlite3.OperationalError as error:
            db.close()
            if write or getattr(error, "sqlite_errorcode", 0) & 0xFF not in _TAKES_NOTHING:
                raise
        except BaseException:
            db.close()
            raise
        # A reader makes a file that it shares with others, for which a full or read-only disk has no room. Where others
        # are at work it is there already; where none are, it can be done without.
        db = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
        db.execute("BEGIN")
        return db

    def set_aside(self) -> Path | None:
        """Move a broken file out of the way, under a name that tells; None where it has turned out sound.

        Of several processes that find it broken, the first does it for all.
        """
        with self._locked():
            if not self.path.exists() or self._sound():
                return None
            stamp = f"broken-{datetime.datetime.now():%Y%m%d-%H%M%S-%f}"
            for companion in ("-wal", "-shm", ""):
                part = self.path.with_name(self.path.name + companion)
                if part.exists():
                    part.replace(part.with_name(f"{stamp}.{part.name}"))
            return self.path.with_name(f"{stamp}.{self.path.name}")

    def _create(self) -> None:
        """Made under another name first, so that none is ever seen without its tables."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if self.path.exists():
                return
            new = self.path.with_name(f".{self.path.name}.new")
            new.unlink(missing_ok=True)
            with closing(sqlite3.connect(new, isolation_level=None)) as db:
                db.execute("PRAGMA journal_mode = WAL")
                db.executescript(self._schema)
            new.replace(self.path)

    def _sound(self) -> bool:
        try:
            with self.transaction() as db:
                if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                    return False
                with closing(sqlite3.connect(":memory:")) as wanted:
                    wanted.executescript(self._schema)
                    return _columns(wanted) <= _columns(db)
        except BrokenDatabase:
            return False

    def _locked(self) -> AbstractContextManager[None]:
        return atomic.locked(self.path.with_suffix(".lock"))


def _columns(db: sqlite3.Connection) -> set[tuple[str, str]]:
    """Every column, with its table."""
    return set(
        db.execute("SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE type = 'table'")
    )


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    """Whether it is the file's fault. Wrong or missing tables are plain errors to SQLite: a closer look decides."""
    broken = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in broken
