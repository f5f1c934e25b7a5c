"""Which stretch of a sound is in sight: zoomed down to single samples, moved, and never beyond its ends."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

STEP = 1.25  # of one notch of the wheel
FEWEST = 24  # samples in sight at the closest


class Timeline(QObject):
    """`changed` whenever another stretch is in sight. All in seconds."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.seconds, self.rate = 1.0, 44_100
        self.begin, self.end = 0.0, 1.0

    @property
    def span(self) -> float:
        return self.end - self.begin

    @property
    def whole(self) -> bool:
        """Whether all of it is in sight."""
        return self.span >= self.seconds * 0.9999

    def set_length(self, seconds: float, rate: int, keep: bool = False) -> None:
        """A sound of this length; with `keep` the stretch in sight stays, unless it was the whole."""
        whole = self.whole
        self.seconds, self.rate = max(seconds, FEWEST / rate), rate
        if keep and not whole:
            self.show(self.begin, self.end)
        else:
            self.fit()

    def show(self, begin: float, end: float) -> None:
        """Bring that stretch into sight, or what of it there is."""
        span = min(max(end - begin, FEWEST / self.rate), self.seconds)
        begin = min(max(begin, 0.0), self.seconds - span)
        if (begin, begin + span) != (self.begin, self.end):
            self.begin, self.end = begin, begin + span
            self.changed.emit()

    def fit(self) -> None:
        """All of it."""
        self.show(0.0, self.seconds)

    def zoom(self, factor: float, around: float) -> None:
        """Closer by `factor`, with the moment `around` staying where it is."""
        span = min(max(self.span / factor, FEWEST / self.rate), self.seconds)
        share = (around - self.begin) / self.span
        self.show(around - share * span, around + (1 - share) * span)

    def pan(self, by: float) -> None:
        """Later by so many seconds."""
        self.show(self.begin + by, self.end + by)

    def follow(self, at: float) -> None:
        """Turn the page where this moment has left it."""
        if not self.begin <= at <= self.end:
            self.show(at - self.span * 0.05, at + self.span * 0.95)
