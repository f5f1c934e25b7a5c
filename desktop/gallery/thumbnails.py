"""Small pictures of large files: read aside, newest wish first, and kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSize, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from desktop import theme
from desktop.aside import Aside
from desktop.colours import DARK, LIGHT
from desktop.gallery.drawn import read_small
from models.outputs.formats import medium_of

_THREADS = 2
_KEPT_BYTES = 96 * 2**20
_WISHES = 160  # more than any window shows at once: older wishes were scrolled past

# A file, device pixels wide and high, how many of them are a logical one, and whether it is drawn in dark colours.
Key = tuple[str, int, int, float, bool]


class Thumbnails(QObject):
    """`get` answers at once, with None while a picture is still being read; `ready` asks for a repaint."""

    ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._aside = Aside(self, _THREADS)
        self._kept: OrderedDict[Key, QPixmap] = OrderedDict()
        self._bytes = 0
        self._wishes: OrderedDict[Key, None] = OrderedDict()
        self._reading: set[Key] = set()
        self._tell = QTimer(self)
        self._tell.setSingleShot(True)
        self._tell.setInterval(16)  # one repaint a frame, however many come
        self._tell.timeout.connect(self.ready)

    def get(self, path: str, size: QSize, ratio: float = 1.0) -> QPixmap | None:
        """The middle of the picture, or what stands for a sound, a video or a text, in `size` device pixels. An empty
        pixmap: the file cannot be shown."""
        # Waves and words have the colours of their theme; pictures and videos their own.
        drawn = medium_of(Path(path).suffix) in ("sound", "text")
        key = (path, size.width(), size.height(), ratio, drawn and theme.current().tokens.dark)
        if (found := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return found
        if key not in self._reading:
            self._wishes[key] = None
            self._wishes.move_to_end(key)
            while len(self._wishes) > _WISHES:
                self._wishes.popitem(last=False)
            self._read_next()
        return None

    @property
    def idle(self) -> bool:
        """True where nothing is wanted or being read."""
        return not self._wishes and not self._reading

    def forget(self, path: str) -> None:
        """The file is another one now."""
        self._drop([key for key in self._kept if key[0] == path])

    def forget_missing(self) -> None:
        """What could not be shown may be there now."""
        self._drop([key for key, pixmap in self._kept.items() if pixmap.isNull()])

    def forget_all(self) -> None:
        """Any file may be another one now."""
        self._drop(list(self._kept))

    def _drop(self, keys: list[Key]) -> None:
        for key in keys:
            self._bytes -= _bytes(self._kept.pop(key))

    def finish(self) -> None:
        self._wishes.clear()
        self._aside.finish()

    def _read_next(self) -> None:
        while self._wishes and len(self._reading) < _THREADS:
            key, _ = self._wishes.popitem(last=True)
            self._reading.add(key)
            self._aside.run(partial(_read, key), partial(self._arrived, key))

    def _arrived(self, key: Key, found: object) -> None:
        self._reading.discard(key)
        pixmap = QPixmap.fromImage(found) if isinstance(found, QImage) else QPixmap()
        self._kept[key] = pixmap
        self._bytes += _bytes(pixmap)
        while self._bytes > _KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= _bytes(self._kept.popitem(last=False)[1])
        if not self._tell.isActive():
            self._tell.start()
        self._read_next()


def _read(key: Key) -> QImage:
    path, width, height, ratio, dark = key
    return read_small(path, QSize(width, height), ratio, DARK if dark else LIGHT)


def _bytes(pixmap: QPixmap) -> int:
    return max(pixmap.width() * pixmap.height() * 4, 64)
