"""What is kept from one start to the next: written a moment after it changed, aside, and at the end here and now."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from desktop.aside import Aside

Write = Callable[[], str]  # on any thread; a sentence where the disk will not take it, else an empty one


class Saving(QObject):
    """`gather` is called on the window's thread and gives the writing of what there is now. `say` gets its sentence.
    While it is not `ready`, it waits on."""

    def __init__(
        self,
        gather: Callable[[], Write],
        after_ms: int,
        aside: Aside,
        say: Callable[[str], object],
        ready: Callable[[], bool] = lambda: True,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._gather, self._aside, self._say, self._ready = gather, aside, say, ready
        self._lock = threading.Lock()
        self._newest: Write | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(after_ms)
        self._timer.timeout.connect(self._save_aside)

    def soon(self) -> None:
        """Something changed; it is written a moment later."""
        self._timer.start()

    def stop(self) -> None:
        """Nothing has changed after all."""
        self._timer.stop()

    def now(self) -> None:
        """Write it here and now; the window is about to close."""
        self._timer.stop()
        self.newest(self._gather())()

    def newest(self, write: Write) -> Write:
        """That writing, which does nothing once a newer one is there: what was gathered last stays, whoever comes
        first."""
        self._newest = write

        def unless_late() -> str:
            with self._lock:
                return write() if write is self._newest else ""

        return unless_late

    def _save_aside(self) -> None:
        if not self._ready():
            self._timer.start()
            return
        self._aside.run(self.newest(self._gather()), self._told)

    def _told(self, said: object) -> None:
        if isinstance(said, str) and said:
            self._say(said)
