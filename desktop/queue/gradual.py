"""What is done with many jobs, a few at a time, so that the window goes on between them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator

from PySide6.QtCore import QObject, QTimer, Signal

TURN_S = 0.004  # of work for each turn of the event loop


class Gradually(QObject):
    """`run` takes any number of steps; they are taken in order, after those of earlier calls. `done` comes after the
    last."""

    done = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._left: deque[Iterator[object]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._turn)

    @property
    def at_work(self) -> bool:
        return bool(self._left)

    def run(self, steps: Iterable[object]) -> None:
        """Begin now, and go on while there are any."""
        self._left.append(iter(steps))
        self._timer.start()
        self._turn()

    def finish(self) -> None:
        """Take all that are left, at once: before what must come after them."""
        while self._left:
            self._step()
        self._end()

    def _turn(self) -> None:
        until = time.thread_time() + TURN_S
        while self._left:
            self._step()
            if time.thread_time() >= until:
                break
        if not self._left:
            self._end()

    def _end(self) -> None:
        if self._timer.isActive():
            self._timer.stop()
            self.done.emit()

    def _step(self) -> None:
        steps = self._left[0]
        if next(steps, self) is self and self._left and self._left[0] is steps:
            self._left.popleft()
