"""Taking a preset away as a step of undo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QUndoCommand

from models.presets.shelf import Kept, Presets
from models.protocol import BadInput


class Deletion(QUndoCommand):
    """The preset is gone when this is pushed; undone, it is back. `then` hears of the one that is there, or None."""

    def __init__(self, shelf: Presets, kept: Kept, gone: Path, then: Callable[[Kept | None, str], None]) -> None:
        super().__init__(f"Delete preset {kept.preset.name}")
        self._shelf, self._kept, self._gone, self._then = shelf, kept, gone, then
        self._first = True

    def undo(self) -> None:
        try:
            self._kept = self._shelf.restore(self._gone)
        except BadInput as error:
            self._then(None, str(error))
        else:
            self._then(self._kept, "")

    def redo(self) -> None:
        if self._first:
            self._first = False
            return
        try:
            self._gone = self._shelf.delete(self._kept)
        except BadInput as error:
            self._then(None, str(error))
        else:
            self._then(None, "")
