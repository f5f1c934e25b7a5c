"""Where a download lies until it is whole: what was asked for, what that is, and what has come of it."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.outputs import atomic
from models.protocol import BadInput
from models.store.fetch.hub import HubFile, leads_away
from models.store.fetch.journal import Journal

PARTS = ".parts"  # hidden, so that nobody takes it for a model
_MAX_BYTES = 16 * 2**20


@dataclasses.dataclass(frozen=True)
class Ask:
    """What the person wants of the hub: `include` are patterns of names, `variant` is fp16, say."""

    id: str
    revision: str = ""
    include: tuple[str, ...] = ()
    variant: str = ""

    @property
    def key(self) -> str:
        """A name for its folder: the same for the same wish, and another one for another part of the same model."""
        told = json.dumps(dataclasses.astuple(self)).encode()
        return f"{self.id.replace('/', '--')}.{hashlib.sha256(told).hexdigest()[:8]}"


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is fetched, to the byte: a resume needs the hub's list no more. `locked`: only with the person's token."""

    id: str
    commit: str
    licence: str
    locked: bool
    files: tuple[HubFile, ...]

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


class Busy(BadInput):
    """Somebody else is at this download."""


class Staging:
    """The hidden folder of one download, below the `place` where the models lie."""

    def __init__(self, place: Path, ask: Ask) -> None:
        self.place = place
        self.ask = ask
        self.folder = place / PARTS / ask.key
        self.come = self.folder / "whole" / ask.id.rpartition("/")[2]  # by its name, as a sentence would call it

    def begin(self) -> None:
        """Make the folder and say what for. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "ask.json").exists():
            since = datetime.datetime.now(datetime.UTC).isoformat()
            self._write("ask.json", dataclasses.asdict(self.ask) | {"since": since})

    def plan(self) -> Plan | None:
        """What was found out when it began; None before, or where it cannot be read any more."""
        told = _read(self.folder / "plan.json")
        try:
            files = tuple(HubFile(**file) for file in told.pop("files"))
            plan = Plan(**told, files=files)
        except (KeyError, TypeError, AttributeError):
            return None
        return None if any(leads_away(file.name) for file in plan.files) else plan

    def write_plan(self, plan: Plan) -> None:
        """Keep it. Raises OSError."""
        self._write("plan.json", dataclasses.asdict(plan))

    def journal(self) -> Journal:
        """How far it is. Raises OSError."""
        return Journal(self.folder / "journal", self.come, self.folder / "arriving")

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else may go on with it while the block runs. Raises Busy where somebody does."""
        import filelock

        lock = filelock.FileLock(self.folder / "lock", timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise Busy(f"{self.ask.id} is being fetched already: wait for it, or pause it there.") from None
        try:
            yield
        finally:
            lock.release()

    def discard(self) -> None:
        """Leave nothing of it, not even an empty folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for left in (self.folder.parent, self.place):
            with contextlib.suppress(OSError):
                left.rmdir()  # only if nothing else lies in it

    def _write(self, name: str, told: dict[str, Any]) -> None:
        atomic.write_text(self.folder / name, json.dumps(told, indent=1))


def waiting(place: Path) -> list[Staging]:
    """Every download that was begun and not ended, the oldest first."""
    found: list[tuple[str, Staging]] = []
    for file in (place / PARTS).glob("*/ask.json"):
        told = _read(file)
        try:
            ask = Ask(str(told["id"]), str(told["revision"]), tuple(map(str, told["include"])), str(told["variant"]))
        except (KeyError, TypeError):
            continue
        if ask.key == file.parent.name:
            found.append((str(told.get("since")), Staging(place, ask)))
    return [staging for _, staging in sorted(found, key=lambda one: one[0])]


def _read(path: Path) -> dict[str, Any]:
    """A small JSON object of ours; empty where it is none."""
    try:
        told = json.loads(path.read_text("utf-8")) if path.stat().st_size <= _MAX_BYTES else None
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
