"""Work that takes longer than a frame, done beside the event loop; the answer comes back on the window's thread."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal
from shiboken6 import isValid

from models.protocol import BadInput


class _Task(QRunnable):
    def __init__(self, work: Callable[[], Any], answer: Callable[[Any], None]) -> None:
        super().__init__()
        self._work, self._answer = work, answer

    def run(self) -> None:
        try:
            found: Any = self._work()
        except Exception as error:  # handed over whole: the window says what happened
            found = error
        self._answer(found)


class Aside(QObject):
    """Runs functions on a thread pool. What `work` returns, or the exception that it raised, reaches `then`."""

    _came = Signal(int, object)

    def __init__(self, parent: QObject | None = None, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._waiting: dict[int, tuple[Callable[[Any], None], QObject]] = {}
        self._last = 0
        self._came.connect(self._arrive, Qt.ConnectionType.QueuedConnection)

    def run(self, work: Callable[[], Any], then: Callable[[Any], None], owner: QObject | None = None) -> None:
        """Start `work`; `then` gets its answer on this object's thread, unless `finish` comes first, or the end of
        `owner`: what may go before the answer comes names itself."""
        self._last += 1
        key = self._last
        self._waiting[key] = then, owner or self
        self._pool.start(_Task(work, partial(self._answer, key)))

    def _answer(self, key: int, found: Any) -> None:
        # On the pool's thread: the window may have gone meanwhile, and its signal with it. Then nobody waits.
        with contextlib.suppress(RuntimeError):
            self._came.emit(key, found)

    def _arrive(self, key: int, found: Any) -> None:
        if waiting := self._waiting.pop(key, None):
            then, owner = waiting
            if isValid(owner):
                then(found)

    def finish(self) -> None:
        """Want no more answers, and wait for what still runs: call it before the window goes."""
        self._waiting.clear()
        self._pool.waitForDone()


def sentence(error: object, or_else: str = "") -> str:
    """What to tell the person of an exception that came: its own words where it was written for them. `or_else` is
    what there is to do beside trying again."""
    if isinstance(error, BadInput):
        return str(error)
    return f"That did not work ({type(error).__name__}: {error}); try it again{or_else}."
