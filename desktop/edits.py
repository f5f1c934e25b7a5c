"""Undo over the settings: each change is one step, and so is a dragged slider, a chosen model, a restored picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

from PySide6.QtGui import QUndoCommand

from desktop.draft import Draft

TOGETHER_S = 1.0  # changes of one setting within this time are one step


@dataclass(frozen=True)
class Moment:
    """What the window is set to: a model, its draft, and the prompts where the step changed them."""

    model_id: str
    draft: Draft
    texts: tuple[str, str] | None = None


class Change(QUndoCommand):
    """From one moment to another. It is shown already when it is pushed."""

    def __init__(self, name: str, before: Moment, after: Moment, show: Callable[[Moment], None]) -> None:
        super().__init__(name)
        self._before, self._after, self._show = before, after, show
        self._first = True
        self._when = time.monotonic()

    def id(self) -> int:
        return crc32(self.text().encode()) & 0x7FFFFFFF

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Change) or self._before.model_id != other._after.model_id:
            return False
        if other._when - self._when > TOGETHER_S:
            return False
        self._after, self._when = other._after, other._when
        return True

    def redo(self) -> None:
        if self._first:
            self._first = False
        else:
            self._show(self._after)

    def undo(self) -> None:
        self._show(self._before)
