"""Where a film is and how it runs: from its in point to its out point, round and round or once, at a speed."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

SPEEDS = (0.25, 0.5, 1.0, 1.5, 2.0)
_SHORTEST_MS, _LONGEST_MS = 8, 60


class Playing(QObject):
    """`moved` with the frame that is to be seen, `playing_changed`, `part_changed` when in or out point moved,
    `jumped` when it did not get where it is by playing (a sound must follow)."""

    moved = Signal(int)
    playing_changed = Signal(bool)
    part_changed = Signal()
    jumped = Signal()

    def __init__(self, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self.count, self.fps = 0, 24.0
        self.frame = 0
        self.direction = 1
        self.first, self.last = 0, 0
        self.loop = True
        self.speed = 1.0
        self._since, self._from = 0.0, 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    # ── the film ──────────────────────────────────────────────────────────────

    def begin(self, count: int, fps: float, frame: int = 0) -> None:
        """Another film, all of it, at that frame."""
        self.pause()
        self.count, self.fps = count, max(fps, 0.1)
        self.first, self.last = 0, max(count - 1, 0)
        self.frame = min(max(frame, 0), self.last)
        self.part_changed.emit()
        self.moved.emit(self.frame)

    @property
    def seconds(self) -> float:
        """Where it is."""
        return self.frame / self.fps

    @property
    def whole(self) -> bool:
        """Whether the part is all of it."""
        return self.first == 0 and self.last == max(self.count - 1, 0)

    # ── moving ────────────────────────────────────────────────────────────────

    def go(self, frame: int) -> None:
        """Show this frame; where it plays, it goes on from there."""
        frame = min(max(frame, 0), max(self.count - 1, 0))
        if frame != self.frame:
            self.direction = 1 if frame > self.frame else -1
            self.frame = frame
            self.moved.emit(frame)
        self._start_clock()
        self.jumped.emit()

    def step(self, by: int) -> None:
        """So many frames on, or back; it stands still then."""
        self.pause()
        self.go(self.frame + by)

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def play(self) -> None:
        """From where it is, or from the in point where that lies beyond the part."""
        if self.count < 2 or self.playing:
            return
        self.direction = 1
        if not self.first <= self.frame < self.last:
            self.frame = self.first
            self.moved.emit(self.frame)
        self._timer.start(min(max(round(500 / (self.fps * self.speed)), _SHORTEST_MS), _LONGEST_MS))
        self._start_clock()
        self.playing_changed.emit(True)

    def pause(self) -> None:
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def toggle(self) -> None:
        (self.pause if self.playing else self.play)()

    # ── how it runs ───────────────────────────────────────────────────────────

    def set_speed(self, speed: float) -> None:
        running = self.playing
        self.pause()
        self.speed = speed
        if running:
            self.play()

    def set_in(self, frame: int) -> None:
        """The part begins with this frame."""
        self._set_part(frame, max(self.last, frame))

    def set_out(self, frame: int) -> None:
        """The part ends with this frame."""
        self._set_part(min(self.first, frame), frame)

    def clear_part(self) -> None:
        self._set_part(0, self.count - 1)

    def _set_part(self, first: int, last: int) -> None:
        top = max(self.count - 1, 0)
        part = min(max(first, 0), top), min(max(last, 0), top)
        if part != (self.first, self.last):
            self.first, self.last = part
            self.part_changed.emit()

    def _start_clock(self) -> None:
        self._since, self._from = self._clock(), float(self.frame)

    def _tick(self) -> None:
        at = int(self._from + (self._clock() - self._since) * self.fps * self.speed)
        if at > self.last:
            if not self.loop:
                self._show(self.last)
                self.pause()
                return
            # What ran over the end counts, so that a loop keeps its time.
            length = self.last - self.first + 1
            at = self.first + (at - self.first) % length
            self._since, self._from = self._clock(), float(at)
            self._show(at)
            self.jumped.emit()
            return
        self._show(at)

    def _show(self, frame: int) -> None:
        if frame != self.frame:
            self.frame = frame
            self.moved.emit(frame)


def clock(seconds: float, parts: bool = True) -> str:
    """`0:01.75`, or `0:01` without the hundredths."""
    minutes, rest = divmod(max(seconds, 0.0), 60)
    hours, minutes = divmod(int(minutes), 60)
    told = f"{rest:05.2f}" if parts else f"{int(rest):02}"
    return f"{hours}:{minutes:02}:{told}" if hours else f"{minutes}:{told}"
