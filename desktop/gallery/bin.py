"""Files to the system's bin and back from it, with their rows in the library. All of it may run on any thread."""

from __future__ import annotations

import contextlib
import datetime
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFile, QStandardPaths

from models.protocol import BadInput

if TYPE_CHECKING:
    from models.outputs.library import Item, Library


@dataclass(frozen=True)
class Binned:
    """A file that lies in the bin: where it was, and where it is now ("" where the system does not say). `gone` where
    there was none any more."""

    path: str
    where: str
    gone: bool = False


Pair = tuple["Item", Binned]


def move(library: Library, ids: Sequence[int]) -> tuple[list[Pair], list[str]]:
    """The files of these ids to the bin, and their rows off the list: what went, and a sentence for each trouble."""
    moved: list[Pair] = []
    problems: list[str] = []
    for item in library.many(ids):
        try:
            moved.append((item, to_bin(item.path)))
        except Exception as error:
            problems.append(str(error))
    try:
        library.remove(*(item.id for item, _ in moved))
    except Exception as error:  # the files can be put back all the same
        problems.append(f"What is in the bin now could not be taken off the list ({error}).")
    return moved, problems


def restore(library: Library, pairs: Sequence[Pair]) -> tuple[int, list[Pair], list[str]]:
    """Files and rows as they were before `move`: how many, what is still in the bin, a sentence for each trouble."""
    count = 0
    left: list[Pair] = []
    problems: list[str] = []
    for item, binned in pairs:
        try:
            put_back(binned)
        except Exception as error:
            problems.append(str(error))
            left += [(item, binned)] if Path(binned.where).is_file() else []
            continue
        count += 1
        try:
            made = datetime.datetime.fromisoformat(item.created)
            again = library.add(item.path, item.medium, item.settings, item.seconds, made)
            library.keep([again.id], lambda _, said=item.kept: said)  # type: ignore[misc]
        except Exception as error:
            name = Path(item.path).name
            problems.append(f"{name} is back, but not on the list ({error}): look through the folders again.")
    return count, left, problems


def to_bin(path: str) -> Binned:
    """Move a file to the bin. Raises BadInput, and then the file is where it was."""
    if not Path(path).exists():
        return Binned(path, "", gone=True)  # there is nothing to keep
    home = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    if sys.platform == "linux" and home:
        # Qt makes the bin itself, but not the folder that it lies in, which a bare system lacks.
        with contextlib.suppress(OSError):
            Path(home).mkdir(mode=0o700, parents=True, exist_ok=True)
    file = QFile(path)
    if not file.moveToTrash():
        raise BadInput(f"{Path(path).name} could not be moved to the bin here; delete it in its folder instead.")
    return Binned(path, file.fileName())  # it knows its new place


def put_back(binned: Binned) -> None:
    """Take a file out of the bin again. Raises BadInput, and then it stays in the bin."""
    name, target, source = Path(binned.path).name, Path(binned.path), Path(binned.where)
    if not binned.where or not source.exists():
        raise BadInput(f"{name} is no longer in the bin, so it cannot be put back.")
    if target.exists():
        raise BadInput(f"Another {name} lies in its folder now; the one in the bin stays there.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
    except OSError as problem:
        raise BadInput(
            f"{name} could not be put back ({problem.strerror or problem}); it is still in the bin."
        ) from None
    # freedesktop.org's bin keeps a note beside each file; without its file it would show as a broken entry.
    note = source.parent.parent / "info" / f"{source.name}.trashinfo"
    if source.parent.name == "files":
        with contextlib.suppress(OSError):
            note.unlink(missing_ok=True)
