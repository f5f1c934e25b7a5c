"""What of a batch is there: `batch.json` beside the files, and a note for each row on its way, so that a kill at any
moment loses no finished row and leaves none half or twice.

A row is made in a folder of its own inside `.batch`. Once it is whole, a note tells its name and sum; then the file
gets its name; then, every so often, `batch.json` is written anew and the notes that it covers go.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import filelock

from models.batch.rows import Row, sha256
from models.outputs import atomic, place
from models.protocol import MEDIA, BadInput, Medium
from models.version import SOFTWARE

FILE = "batch.json"
VERSION = 1
EVERY_S = 2.0  # at most so often `batch.json` is written while rows come,
_SHARE = 20  # and so many times as long as it takes it is left alone: of 100,000 rows it has 60 MB
_WORK = ".batch"
_MAX_BYTES = 512 * 2**20


@dataclass(frozen=True)
class Made:
    """A finished row: its file in the batch's folder, with size (bytes), sum, and how long it took (s)."""

    file: str
    bytes: int
    sha256: str
    seconds: float
    medium: Medium = "picture"


class Ledger:
    """The batch in one folder; `with` keeps other runs out of it. `failed` are the reasons by row."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self.work = folder / _WORK
        self.done: dict[str, Made] = {}
        self.failed: dict[str, str] = {}
        self.recovered: list[Made] = []  # whole when everything stopped, and perhaps on no list yet
        self.rows: dict[str, dict[str, Any]] = {}  # what each row is, those of earlier runs too
        self._clock = clock
        self._written, self._pause = -EVERY_S, EVERY_S
        self._notes: list[Path] = []
        self._lock = filelock.FileLock(str(self.work / "lock"), timeout=0)

    # ── begin and end ─────────────────────────────────────────────────────────

    def __enter__(self) -> Ledger:
        """Raises BadInput where another run works here, or the folder takes no files."""
        place.ready(self.folder)
        atomic.sweep(self.folder)
        try:
            self.work.mkdir(exist_ok=True)
            self._lock.acquire()
        except filelock.Timeout as error:
            other = f"Another batch is being made in {self.folder}"
            raise BadInput(f"{other}: wait for it, or choose another folder.") from error
        except OSError as error:
            raise BadInput(place.sentence(error, self.folder)) from error
        return self

    def __exit__(self, *_: object) -> None:
        # Nothing of ours stays where nothing is on its way; a note that could not be covered does.
        tidy = not any(self.work.glob("*.json"))
        if tidy:  # while nobody else can have begun here
            for left in self.work.glob("*"):
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                elif left != Path(self._lock.lock_file):
                    with contextlib.suppress(OSError):
                        left.unlink()
        self._lock.release()
        if tidy:
            with contextlib.suppress(OSError):  # another run is here already
                Path(self._lock.lock_file).unlink(missing_ok=True)
                self.work.rmdir()

    def read(self) -> None:
        """What earlier runs left: the rows in `batch.json` whose files are still there, and those that have a note.

        Raises BadInput where `batch.json` is not of its form.
        """
        self.look()
        for note in sorted(self.work.glob("*.json")):
            self._recover(note)

    def look(self) -> None:
        """Only what is in `batch.json`, nothing changed: also while another run works here. Raises BadInput where it is
        not of its form."""
        for row in self._earlier():
            self.rows[row["id"]] = {k: v for k, v in row.items() if k not in _OUTCOME}
            made = row.get("made")
            if isinstance(made, dict) and (known := _made(made)) is not None and self._there(known):
                self.done[row["id"]] = known

    def expect(self, rows: Iterable[Row]) -> None:
        """These are the rows now; those of earlier runs stay listed."""
        for row in rows:
            self.rows[row.id] = row.told()

    @property
    def names(self) -> dict[str, str]:
        """The names, without endings, of the rows that are known, by id."""
        return {id: Path(row["file"]).stem for id, row in self.rows.items()}

    # ── one row ───────────────────────────────────────────────────────────────

    def room(self, row: Row) -> Path:
        """An empty folder to make this row in. Raises BadInput where there is no room for it."""
        room = self.work / row.id
        shutil.rmtree(room, ignore_errors=True)
        try:
            room.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(place.sentence(error, self.folder)) from error
        return room

    def finish(self, row: Row, whole: Path, seconds: float, medium: Medium) -> Path:
        """Give the row's finished file its name; where it lies. Raises BadInput where another file has that name, or
        the folder takes it not."""
        try:
            atomic.flush(whole)
            made = Made(row.file, whole.stat().st_size, sha256(whole), round(seconds, 3), medium)
            note = self.work / f"{row.id}.json"
            told = {"id": row.id, "whole": whole.relative_to(self.work).as_posix()} | asdict(made)
            atomic.write_text(note, json.dumps(told))
            target = self.folder / row.file
            if not self._claim(whole, target, made):
                note.unlink(missing_ok=True)
                raise BadInput(f"{target} is another file: take it away, or choose another name.")
            atomic.flush_folder(self.folder)
            shutil.rmtree(whole.parent, ignore_errors=True)
        except OSError as error:
            raise BadInput(place.sentence(error, self.folder)) from error
        self.done[row.id] = made
        self.failed.pop(row.id, None)
        self._notes.append(note)
        self.write(often=True)
        return target

    def fail(self, row: Row, reason: str) -> None:
        """It was not made, and why."""
        self.failed[row.id] = reason
        shutil.rmtree(self.work / row.id, ignore_errors=True)
        self.write(often=True)

    def write(self, *, often: bool = False) -> None:
        """`batch.json` as it stands; `often`: only where the last is older than `EVERY_S`. Raises BadInput."""
        began = self._clock()
        if often and began - self._written < self._pause:
            return
        rows = [told | self._outcome(id) for id, told in self.rows.items()]
        states = [row["state"] for row in rows]
        whole = {"everyform_batch": VERSION, "software": SOFTWARE}
        whole |= {state: states.count(state) for state in ("done", "failed", "missing")} | {"rows": rows}
        try:
            atomic.write_text(self.folder / FILE, json.dumps(whole, indent=1, ensure_ascii=False))
        except OSError as error:
            raise BadInput(place.sentence(error, self.folder)) from error
        for note in self._notes:
            note.unlink(missing_ok=True)
        self._notes, self._written = [], self._clock()
        self._pause = max(EVERY_S, _SHARE * (self._written - began))

    # ── inside ────────────────────────────────────────────────────────────────

    def _outcome(self, id: str) -> dict[str, Any]:
        if id in self.done:
            return {"state": "done", "made": asdict(self.done[id])}
        return {"state": "failed", "reason": self.failed[id]} if id in self.failed else {"state": "missing"}

    def _earlier(self) -> list[dict[str, Any]]:
        path = self.folder / FILE
        try:
            if path.stat().st_size > _MAX_BYTES:
                raise ValueError("it is too large")
            whole = json.loads(path.read_text("utf-8"))
            if not isinstance(whole, dict) or whole.get("everyform_batch") != VERSION:
                raise ValueError("it is of another version")
            rows = whole.get("rows")
            if not isinstance(rows, list) or not all(_is_row(row) for row in rows):
                raise ValueError("its rows are not whole")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise BadInput(f"{path} cannot be read ({(error.strerror or 'unknown').lower()}).") from error
        except (ValueError, RecursionError) as error:
            raise BadInput(f"{path} is no batch that can be resumed ({error}): choose another folder.") from error
        return rows

    def _there(self, made: Made) -> bool:
        path = self.folder / made.file
        try:
            return path.stat().st_size == made.bytes
        except OSError:
            return False

    def _recover(self, note: Path) -> None:
        """A row that was whole when everything stopped: it has its name, or gets it now; else it is made again."""
        try:
            told = json.loads(note.read_text("utf-8"))
            made = _made(told)
            if made is not None and isinstance(id := told.get("id"), str) and id == note.stem:
                whole = (self.work / str(told.get("whole"))).resolve()
                inside = whole.is_relative_to(self.work.resolve())
                there = self._there(made) and sha256(self.folder / made.file) == made.sha256
                if not there and inside and whole.is_file() and sha256(whole) == made.sha256:
                    there = self._claim(whole, self.folder / made.file, made)
                if there:
                    self.done[id] = made
                    self.recovered.append(made)
                    self._notes.append(note)
                    shutil.rmtree(self.work / id, ignore_errors=True)
                    return
        except (OSError, ValueError, RecursionError):
            pass
        note.unlink(missing_ok=True)

    def _claim(self, whole: Path, target: Path, made: Made) -> bool:
        """Whether the file has its name now; also where it had it before the run was killed."""
        if atomic.claim(whole, target):
            return True
        try:
            return target.stat().st_size == made.bytes and sha256(target) == made.sha256
        except OSError:
            return False


_OUTCOME = ("state", "made", "reason")
_KINDS: dict[str, tuple[type, ...]] = {
    "file": (str,), "bytes": (int,), "sha256": (str,), "seconds": (int, float), "medium": (str,)
}  # fmt: skip


def _made(told: object) -> Made | None:
    """What a file of ours says of a finished row; None where it is not of that form."""
    if not isinstance(told, dict) or not all(isinstance(told.get(n), kinds) for n, kinds in _KINDS.items()):
        return None
    if told["medium"] not in MEDIA:
        return None
    return Made(**{f.name: told[f.name] for f in fields(Made)}) if _plain(told["file"]) else None


def _is_row(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), str) and _plain(row.get("file"))


def _plain(name: object) -> bool:
    """Whether it is the name of a file in this folder, and not of one elsewhere."""
    return isinstance(name, str) and bool(name) and Path(name).name == name and not name.startswith(".")
