"""What the window remembers from one start to the next: one small JSON file, written atomically."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from models import folders
from models.protocol import MEDIA

MAX_BYTES = 4 * 2**20
_LEFT = ("model", "prompt", "negative_prompt", "shown")


@dataclass
class State:
    """The last state of the window. Every field has a value that a first start works with."""

    theme: str = "system"
    room: str = "picture"
    medium: str = "picture"  # of the room that was worked in last
    geometry: str = ""  # QWidget.saveGeometry, base64
    # medium -> what its room was left with: "model", "prompt", "negative_prompt", and "shown", the file in the middle
    rooms: dict[str, dict[str, str]] = field(default_factory=dict)
    works: dict[str, dict[str, Any]] = field(default_factory=dict)  # medium -> the small choices of its work
    avoid_shown: bool = False
    drafts: dict[str, dict[str, Any]] = field(default_factory=dict)  # model id -> Draft as a dict
    advanced_open: bool = False
    device: str = ""  # what the engine said that it runs on
    machine: dict[str, Any] = field(default_factory=dict)  # the same as `models.planning.machine.Machine` has it
    wishes: dict[str, dict[str, str]] = field(default_factory=dict)  # model id -> how it is to run
    machine_open: bool = False
    by_hand_open: bool = False
    batch: dict[str, Any] = field(default_factory=dict)  # what was asked in the window of batches
    batch_left: bool = False  # whether one was being made
    keep_ready: int = -1  # bytes of models that wait for their next turn; -1: as many as fit
    # model id -> [seconds of one item, and what it cost in steps x pixels], measured the last time
    pace: dict[str, list[float]] = field(default_factory=dict)

    def left(self, medium: str) -> dict[str, str]:
        """What that medium's room was left with, to be read and changed."""
        return self.rooms.setdefault(medium, {})


def path() -> Path:
    """Where the state lies."""
    return folders.data() / "window.json"


def load(where: Path | None = None) -> State:
    """The remembered state; a field that is missing, or of another kind, starts afresh. Never raises."""
    where = where or path()
    fresh = State()
    try:
        if where.stat().st_size > MAX_BYTES:
            return fresh
        held = json.loads(where.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return fresh
    if not isinstance(held, dict):
        return fresh
    for one in fields(State):
        value = held.get(one.name)
        if type(value) is type(getattr(fresh, one.name)):
            setattr(fresh, one.name, value)
    if not fresh.rooms and any(held.get(k) for k in _LEFT):  # of a version that had one room
        fresh.rooms["picture"] = {k: held[k] for k in _LEFT if isinstance(held.get(k), str)}
    fresh.rooms = {m: {k: v for k, v in left.items() if isinstance(v, str)} for m, left in _dicts(fresh.rooms)}
    fresh.works = dict(_dicts(fresh.works))
    fresh.medium = fresh.medium if fresh.medium in MEDIA else "picture"
    fresh.drafts = dict(_dicts(fresh.drafts))
    fresh.wishes = dict(_dicts(fresh.wishes))
    fresh.pace = {
        k: [float(x) for x in v]
        for k, v in fresh.pace.items()
        if isinstance(v, list) and len(v) == 2 and all(isinstance(x, int | float) for x in v)
    }
    return fresh


def _dicts(held: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(key, value) for key, value in held.items() if isinstance(value, dict)]


def dumps(state: State) -> bytes:
    """The state as the file has it."""
    return json.dumps(asdict(state), indent=1).encode("utf-8", "surrogatepass")


def write(data: bytes, where: Path) -> str:
    """Put it on disk, from any thread; gives a sentence where the disk will not take it, else an empty one."""
    from models.outputs import atomic

    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(where, data)
    except OSError as error:
        return f"The window's state could not be kept in {where.parent}: {error.strerror or error}."
    return ""
