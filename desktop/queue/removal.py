"""Taking jobs off the queue as a step of undo."""

from __future__ import annotations

from PySide6.QtGui import QUndoCommand

from desktop.jobs import JobQueue
from desktop.queue import deeds, wording


class Removal(QUndoCommand):
    """They are gone when this is pushed; undone, they are back in their places."""

    def __init__(self, queue: JobQueue, taken: deeds.Taken) -> None:
        super().__init__(f"Remove {wording.jobs(len(taken))}")
        self._queue, self._taken = queue, taken
        self._first = True

    def undo(self) -> None:
        deeds.put_back(self._queue, self._taken)

    def redo(self) -> None:
        if self._first:
            self._first = False
        else:
            self._taken = deeds.take_off(self._queue, [job for job, _ in self._taken])
