"""Taking jobs off the queue as a step of undo."""

from __future__ import annotations

from PySide6.QtGui import QUndoCommand

from desktop.jobs import JobQueue
from desktop.queue import deeds, wording
from desktop.queue.gradual import Gradually


class Removal(QUndoCommand):
    """They are gone when this is pushed; undone, they are back in their places. `back` may do that, too: when the
    stack comes to it, there is nothing left to undo."""

    def __init__(self, queue: JobQueue, gradually: Gradually, taken: deeds.Taken) -> None:
        super().__init__(f"Remove {wording.jobs(len(taken))}")
        self._queue, self._gradually, self._taken = queue, gradually, taken
        self._jobs = [job for job, _ in taken]
        self._first = True

    def undo(self) -> None:
        self.back()

    def back(self) -> None:
        taken, self._taken = self._taken, []
        self._gradually.run(deeds.bringing_back(self._queue, taken))

    def redo(self) -> None:
        if self._first:
            self._first = False
        else:
            self._gradually.finish()
            self._taken = deeds.take_off(self._queue, self._jobs)
