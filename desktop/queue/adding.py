"""Many jobs added a few at a time, so that the window goes on between them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator

from PySide6.QtCore import QObject, QTimer

from desktop.jobs import JobQueue
from models.protocol import ModelInfo, Request

Asked = tuple[Request, ModelInfo | None, Request | None]  # as `JobQueue.add` takes them
TURN_S = 0.004  # of work for each turn of the event loop


class Adding(QObject):
    """`add` takes any number; they come in order, after those of earlier calls."""

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._left: deque[Iterator[Asked]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._turn)

    @property
    def at_work(self) -> bool:
        return bool(self._left)

    def add(self, asked: Iterable[Asked]) -> None:
        """Begin now, and go on while there are any."""
        self._left.append(iter(asked))
        self._timer.start()
        self._turn()

    def _turn(self) -> None:
        until = time.thread_time() + TURN_S
        while self._left and time.thread_time() < until:
            if (one := next(self._left[0], None)) is None:
                self._left.popleft()
            else:
                self._queue.add(*one)
        if not self._left:
            self._timer.stop()
