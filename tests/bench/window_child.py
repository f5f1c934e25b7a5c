"""The window as it starts, and how smoothly its event loop runs while a model is read and a picture is made."""

from __future__ import annotations

import sys
import time
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from tests.bench import child

GIVE_UP_S = 240


class FirstPaint(QObject):
    """Notes when the window has been painted for the first time."""

    def __init__(self, window: QObject) -> None:
        super().__init__()
        self.at: float | None = None
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        if event.type() == QEvent.Type.Paint and self.at is None:
            self.at = 0.0
            QTimer.singleShot(0, self._painted)  # once this paint, and all that belong to it, are done
        return False

    def _painted(self) -> None:
        self.at = time.monotonic()
        self._window.removeEventFilter(self)


class Gaps(QTimer):
    """Fires every millisecond and keeps how long it took each time, in ms: more than one is a wait."""

    def __init__(self) -> None:
        super().__init__()
        self.setTimerType(Qt.TimerType.PreciseTimer)
        self.setInterval(1)
        self.taken: list[float] = []
        self._last = 0.0
        self.timeout.connect(self._tick)

    def begin(self) -> None:
        self.taken = []
        self._last = time.perf_counter()
        self.start()

    def end(self) -> list[float]:
        self.stop()
        return self.taken

    def _tick(self) -> None:
        now = time.perf_counter()
        self.taken.append((now - self._last) * 1000)
        self._last = now


def main() -> None:
    given = child.given()
    app = QApplication(sys.argv[:1])
    from desktop.app import Everyform

    program = Everyform()
    paint = FirstPaint(program.window)
    program.show()
    found: dict[str, Any] = {}

    def wait_until(true: Any, what: str) -> None:
        until = time.monotonic() + GIVE_UP_S
        while not true():
            app.processEvents()
            if time.monotonic() > until:
                raise TimeoutError(f"Waited {GIVE_UP_S} s for {what}.")
            time.sleep(0.0005)

    wait_until(lambda: paint.at, "the first paint")
    found["shown"] = (paint.at or 0.0) - given["began"]
    if given.get("folder"):
        found |= _make(app, program)
    found["torch"] = "torch" in sys.modules
    program.window.close()
    program.close()
    child.say(**found)


def _make(app: QApplication, program: Any) -> dict[str, Any]:
    """Gaps in ms of an idle window, and of one whose engine reads a model and makes pictures from it."""
    gaps = Gaps()
    found: dict[str, Any] = {"previews": 0}

    def busy() -> None:
        found["idle"] = gaps.end()
        program.queue.preview.connect(lambda *_: found.__setitem__("previews", found["previews"] + 1))
        program.queue.job_changed.connect(changed)
        gaps.begin()
        program.queue.add(child.request(), None)

    def changed(job: Any) -> None:
        if job.ended:
            found["busy"] = gaps.end()
            found["state"], found["reason"] = job.state, job.reason
            app.quit()

    def settled(*_: Any) -> None:  # once: the engine is up, and what follows a hello is over
        program.worker.hello.disconnect(settled)
        QTimer.singleShot(1000, gaps.begin)
        QTimer.singleShot(3000, busy)

    program.worker.hello.connect(settled)
    QTimer.singleShot(GIVE_UP_S * 1000, app.quit)
    app.exec()
    if found.get("state") != "done":
        raise RuntimeError(found.get("reason") or "The job has not ended.")
    return found


if __name__ == "__main__":
    main()
