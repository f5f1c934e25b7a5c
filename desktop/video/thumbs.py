"""The small pictures of a timeline: evenly over the film, decoded aside from first to last, shown as they come."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, QSize, QThreadPool, Signal
from PySide6.QtGui import QImage

from desktop.video.clip import open_clip


class Thumbs(QObject):
    """`came` whenever there is one more. `images` are in order, None for those still to come."""

    came = Signal()
    _one = Signal(object, int, QImage)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._stop = threading.Event()  # of the newest work; it is set once nobody wants that any more
        self._asked: tuple[str, int, int, QSize] | None = None
        self.images: list[QImage | None] = []
        self._one.connect(self._arrived)

    def read(self, path: str, count: int, places: int, size: QSize) -> None:
        """`places` pictures of that size out of the film's `count` frames."""
        asked = (path, count, places, size)
        if asked == self._asked:
            return
        self._asked = asked
        self._stop.set()
        self._stop = stop = threading.Event()
        self.images = [None] * places
        self._pool.start(lambda: self._decode(path, frames(count, places), size, stop))

    def near(self, frame: int, count: int) -> QImage | None:
        """The picture nearest to a frame, if it has come."""
        places = len(self.images)
        return self.images[min(frame * places // max(count, 1), places - 1)] if places else None

    def show(self, images: list[QImage]) -> None:
        """Pictures that are there already: of what is forming."""
        self.clear()
        self.images = list(images)
        self.came.emit()

    def clear(self) -> None:
        self._stop.set()
        self._asked, self.images = None, []

    def finish(self) -> None:
        self._stop.set()
        self._pool.waitForDone()

    def _decode(self, path: str, wanted: list[int], size: QSize, stop: threading.Event) -> None:
        try:
            clip = open_clip(path)
        except Exception:  # the player says why it cannot be shown
            return
        try:
            for slot, frame in enumerate(wanted):
                shown = None
                for _, found in clip.read(frame):
                    shown = found
                    if stop.is_set():
                        return
                if shown is not None:
                    self._one.emit(stop, slot, shown(size))
        except Exception:
            return
        finally:
            clip.close()

    def _arrived(self, stop: threading.Event, slot: int, image: QImage) -> None:
        if not stop.is_set():
            self.images[slot] = image
            self.came.emit()


def frames(count: int, places: int) -> list[int]:
    """The frame in the middle of each of so many equal parts of a film."""
    return [min(int((k + 0.5) * count / places), count - 1) for k in range(places)]
