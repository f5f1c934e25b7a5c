"""What the person says of finished work: favourite, stars, boards. It lies beside the files, to outlive the index.

One hidden file in each folder, a line of JSON for each change; of several lines on one file the last one counts. So a
rating costs an append however much lies there, a line that a power cut has torn is one change and no more, and a folder
that is moved, copied or shared takes it along. It is not written into the files themselves: their bytes are a promise
(the same request gives the same ones), and rewriting a film for a star could lose it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models import folders
from models.outputs import atomic

FILE = ".everyform-kept.jsonl"
STARS = 5
MAX_NAME = 60  # characters of a board's name
MAX_BOARDS = 50  # that one item lies on
_MAX_BYTES = 64 * 2**20
_SLACK = 500  # lines that no longer count before the file is written anew


@dataclass(frozen=True)
class Kept:
    """`rating` is 1 to 5, 0 for none; `boards` are names."""

    favourite: bool = False
    rating: int = 0
    boards: tuple[str, ...] = ()


def board_name(given: str) -> str:
    """A board's name as it is kept: one line, no quotes (a search has them), not too long; "" is none."""
    return " ".join(given.replace('"', " ").encode("utf-8", "replace").decode().split())[:MAX_NAME].strip()


def read(folder: Path) -> dict[str, Kept]:
    """What is said of each file of that folder, by its name; what is broken is passed over."""
    return _read(folder)[0]


def of(path: Path) -> Kept:
    """What is said of one file. Mostly nothing is, and that is told without reading all that is said of others."""
    try:
        whole = (path.parent / FILE).read_bytes()
    except OSError:
        return Kept()
    return read(path.parent).get(path.name, Kept()) if json.dumps(path.name).encode() in whole else Kept()


def note(folder: Path, changes: Mapping[str, Kept]) -> None:
    """Write down what is said of these files now. Raises OSError where the folder refuses."""
    path = folder / FILE
    lines = "".join(_line(name, kept) for name, kept in changes.items())
    with atomic.locked(folders.data() / "kept.lock"):
        with path.open("ab+") as file:
            if file.tell() and not _ends_whole(file):
                lines = "\n" + lines  # after a torn line
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())
        held, count = _read(folder)
        if count > 2 * len(held) + _SLACK:
            atomic.write_text(path, "".join(_line(name, kept) for name, kept in held.items()))


def _ends_whole(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")


def _line(name: str, kept: Kept) -> str:
    said: dict[str, Any] = {"file": name}
    said |= {"favourite": True} if kept.favourite else {}
    said |= {"rating": kept.rating} if kept.rating else {}
    said |= {"boards": list(kept.boards)} if kept.boards else {}
    return json.dumps(said) + "\n"


def _read(folder: Path) -> tuple[dict[str, Kept], int]:
    """What counts, and how many lines there are."""
    path = folder / FILE
    try:
        if path.stat().st_size > _MAX_BYTES:
            return {}, 0
        lines = path.read_bytes().splitlines()
    except OSError:
        return {}, 0
    found: dict[str, Kept] = {}
    for line in lines:
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(said, dict) and isinstance(name := said.get("file"), str):
            kept = _kept(said)
            if kept == Kept():
                found.pop(name, None)
            else:
                found[name] = kept
    return found, len(lines)


def _kept(said: Mapping[str, Any]) -> Kept:
    rating, boards = said.get("rating"), said.get("boards")
    names = [board_name(b) for b in boards if isinstance(b, str)] if isinstance(boards, list) else []
    return Kept(
        said.get("favourite") is True,
        rating if type(rating) is int and 0 <= rating <= STARS else 0,
        tuple(sorted({name for name in names if name}))[:MAX_BOARDS],
    )
