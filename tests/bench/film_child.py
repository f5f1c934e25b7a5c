"""The Video room's middle with a long film: how smoothly its event loop runs while it is opened, scrubbed, played."""

from __future__ import annotations

import sys
import time
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.bench import child

GIVE_UP_S = 120
SWEEPS = 4
SWEEP_STEPS = 60


class Gaps(QTimer):
    """Fires every millisecond; keeps how long each turn took, and how long of it this thread computed, in ms."""

    def __init__(self) -> None:
        super().__init__()
        self.setTimerType(Qt.TimerType.PreciseTimer)
        self.setInterval(1)
        self.timeout.connect(self._tick)

    def begin(self) -> None:
        self.taken: list[tuple[float, float]] = []
        self._last = time.perf_counter(), time.thread_time()
        self.start()

    def end(self) -> list[tuple[float, float]]:
        self.stop()
        return self.taken

    def _tick(self) -> None:
        now = time.perf_counter(), time.thread_time()
        self.taken.append(((now[0] - self._last[0]) * 1000, (now[1] - self._last[1]) * 1000))
        self._last = now


def main() -> None:
    given = child.given()
    app = QApplication(sys.argv[:1])
    from desktop.video.work import VideoWork

    work = VideoWork()
    work.resize(888, 640)
    work.show()
    line, playing, frames = work.player.timeline, work.player.playing, work.player.frames
    gaps = Gaps()
    found: dict[str, Any] = {}

    def wait(true: Any, seconds: float = GIVE_UP_S) -> float:
        began = time.monotonic()
        while not true() and time.monotonic() - began < seconds:
            app.processEvents()
            time.sleep(0.0002)
        return time.monotonic() - began

    gaps.begin()
    wait(lambda: False, 3)
    found["idle"] = gaps.end()
    gaps.begin()
    work.show_file(given["film"])
    found["open_s"] = wait(lambda: frames.image(0) is not None)
    found["thumbs_s"] = wait(lambda: work.player.thumbs.images and None not in work.player.thumbs.images)
    found["open"] = gaps.end()

    gaps.begin()
    QTest.mousePress(line, Qt.MouseButton.LeftButton, pos=QPoint(2, 25))
    for sweep in range(SWEEPS):
        for step in range(SWEEP_STEPS):
            share = step / (SWEEP_STEPS - 1)
            x = round((share if sweep % 2 == 0 else 1 - share) * (line.width() - 1))
            QTest.mouseMove(line, QPoint(x, 25))
            wait(lambda: False, 0.008)
    QTest.mouseRelease(line, Qt.MouseButton.LeftButton)
    found["scrub"] = gaps.end()

    waits = []
    for frame in (1700, 350, 1999, 1234, 0, 900):
        playing.go(frame)
        waits.append(wait(lambda frame=frame: frames.image(frame) is not None))
    found["seek_s"] = waits

    gaps.begin()
    playing.go(100)
    playing.play()
    wait(lambda: playing.frame > 190, 10)
    found["play"] = gaps.end()
    found["frames"] = work.player.facts.count if work.player.facts else 0
    work.finish()
    child.say(**found)


if __name__ == "__main__":
    main()
