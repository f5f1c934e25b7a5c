"""Files to the system's bin, and back from it. Both may run on any thread."""

from __future__ import annotations

import contextlib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QFile, QStandardPaths

from models.protocol import BadInput


@dataclass(frozen=True)
class Binned:
    """A file that lies in the bin: where it was, and where it is now ("" where the system does not say)."""

    path: str
    where: str


def to_bin(path: str) -> Binned:
    """Move a file to the bin. Raises BadInput, and then the file is where it was."""
    if not Path(path).exists():
        return Binned(path, "")  # gone already: there is nothing to keep
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
        note.unlink(missing_ok=True)
