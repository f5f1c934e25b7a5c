"""An item that is not finished yet: its steps so far in a file, from which another engine goes on. What the file says
of itself is read here without torch; `models.runtime.halfway` has what a loop over steps needs of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from models import folders
from models.planning.plan import Plan
from models.protocol import Request
from models.store.stamp import stamp
from models.version import SOFTWARE

ENDING = ".safetensors"
EVERY_S = 10.0  # of work that a kill may cost
FORM = "1"
_MOST_HEAD = 4 * 2**20  # bytes; what is larger is none of ours
# What computes: another version of it may give other bytes.
_COMPUTES = ("torch", "diffusers")
# Of a request, what makes no other picture.
_BESIDE = ("out", "format", "score", "keep", "count", "given", "template", "negative_template")


@dataclass
class Halfway:
    """Where the steps of the item in hand are kept. `mark` says what is made, and of what: a file with another one is
    not gone on from. `seconds` were spent on the steps that were gone on from."""

    path: Path
    mark: str
    seconds: float = 0.0
    began: float = field(default_factory=time.monotonic)

    @property
    def spent(self) -> float:
        """Seconds of work on this item, those of an engine that was killed among them."""
        return self.seconds + time.monotonic() - self.began


_NOW: ContextVar[Halfway | None] = ContextVar("halfway", default=None)


def current() -> Halfway | None:
    """For a loop: where its steps are kept; None where nobody wants them."""
    return _NOW.get()


@contextlib.contextmanager
def keeping(one: Halfway) -> Iterator[Halfway]:
    """While the block runs, whoever takes steps may keep them there."""
    before = _NOW.set(one)
    try:
        yield one
    finally:
        _NOW.reset(before)


def mark(request: Request, model: Any, plan: Plan, around: tuple[str, ...] = ()) -> str:
    """What tells one piece of work from every other: all that its bytes depend on. `model` is the model's own key
    (place, files, wish); `around` are files and folders beside it, of which only what is there counts: a look at all
    that lies in them would take longer than an item may."""
    asked = {name: value for name, value in asdict(request).items() if name not in _BESIDE}
    read = {name: [path, stamp(path)] for name, path in request.inputs.items()}
    runs = {name: value for name, value in asdict(plan).items() if name not in ("reasons", "peak")}
    beside = [[path, _changed(path)] for path in around]
    whole = [FORM, SOFTWARE, _versions(), asked, read, model, runs, beside]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()


def _changed(path: str) -> int:
    """When it was written last, or something in it was added or taken away; 0 where it is not there."""
    with contextlib.suppress(OSError):
        return Path(path).stat().st_mtime_ns
    return 0


def _versions() -> list[str]:
    from importlib import metadata  # milliseconds of the window's start, which needs none of it

    found = []
    for name in _COMPUTES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found.append(f"{name} {metadata.version(name)}")
    return found


def forget(path: str | Path) -> None:
    """The item is made, or nobody wants it any more."""
    if path:
        with contextlib.suppress(OSError):
            Path(path).unlink(missing_ok=True)


# ── for the window ────────────────────────────────────────────────────────────


def folder(beside: Path | None = None) -> Path:
    """Where the window's jobs keep their steps: beside its journal."""
    return (beside or folders.data()) / "steps"


def place(beside: Path, key: int) -> Path:
    """The file of the job of that key."""
    return folder(beside) / f"{key}{ENDING}"


def reached(path: str | Path) -> tuple[int, int] | None:
    """At which step of how many it stands, from the file's head alone; None where there is no such file."""
    found = head(Path(path))
    with contextlib.suppress(KeyError, ValueError):
        return int(found["step"]), int(found["total"])
    return None


def head(path: Path) -> Mapping[str, str]:
    """What the file says of itself; empty where it is none of ours. The form is that of safetensors: eight bytes of
    length, and so much JSON."""
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, RecursionError), path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length <= _MOST_HEAD:
            found = json.loads(file.read(length)).get("__metadata__")
            if isinstance(found, dict) and found.get("everyform_steps") == FORM:
                return found
    return {}


def sweep(beside: Path, wanted: set[int]) -> dict[int, tuple[int, int]]:
    """Remove the files of jobs that are none of these; how far the others are, by key."""
    there: dict[int, tuple[int, int]] = {}
    with contextlib.suppress(OSError):
        for path in folder(beside).glob(f"*{ENDING}"):
            key = int(path.stem) if path.stem.isdecimal() else -1
            step = reached(path) if key in wanted else None
            if step is None:
                path.unlink(missing_ok=True)
            else:
                there[key] = step
    return there
