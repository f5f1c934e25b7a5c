"""The mask of a picture, as data: strokes, undo, and the PNG in which white means make again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QImageWriter, QPainter, QPen

from models.protocol import BadInput

_UNDO_BYTES = 64 * 2**20


class Mask(QObject):
    """One byte a pixel, 255 where the picture is to be made again. `changed` names the part that did."""

    changed = Signal(QRect)

    def __init__(self, size: QSize, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.image = QImage(size, QImage.Format.Format_Grayscale8)
        self.image.fill(0)
        self._before = QImage()
        self._touched = QRect()
        self._done: list[tuple[QRect, QImage, QImage]] = []
        self._undone: list[tuple[QRect, QImage, QImage]] = []

    @property
    def is_empty(self) -> bool:
        """True where nothing at all is painted."""
        width, stride = self.image.width(), self.image.bytesPerLine()
        data = bytes(self.image.constBits())
        rows = (data[y * stride : y * stride + width] for y in range(self.image.height()))
        return not any(row.count(0) != width for row in rows)

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def begin(self) -> None:
        """A stroke starts: what follows until `end` is undone in one step."""
        self._before, self._touched = QImage(self.image), QRect()

    def stroke(self, start: QPointF, end: QPointF, diameter: float, erase: bool) -> None:
        """Paint a round line from `start` to `end`, in picture pixels."""
        painter = QPainter(self.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(0, 0, 0) if erase else QColor(255, 255, 255)
        painter.setPen(QPen(colour, diameter, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        if start == end:
            painter.drawPoint(start)
        else:
            painter.drawLine(start, end)
        painter.end()
        reach = diameter / 2 + 1
        line = QRectF(start, end).normalized().adjusted(-reach, -reach, reach, reach)
        touched = line.toAlignedRect() & self.image.rect()
        self._touched |= touched
        self.changed.emit(touched)

    def end(self) -> None:
        """The stroke is over. One that fell outside the picture leaves nothing to undo."""
        if not self._before.isNull() and not self._touched.isEmpty():
            self._remember(self._touched, self._before)
        self._before = QImage()
        self.changed.emit(self._touched)

    def invert(self) -> None:
        """Painted and unpainted change places."""
        before = QImage(self.image)
        self.image.invertPixels()
        self._remember(self.image.rect(), before)
        self.changed.emit(self.image.rect())

    def clear(self) -> None:
        before = QImage(self.image)
        self.image.fill(0)
        self._remember(self.image.rect(), before)
        self.changed.emit(self.image.rect())

    def undo(self) -> None:
        if self._done:
            self._undone.append(self._done.pop())
            rect, before, _ = self._undone[-1]
            self._put(rect, before)

    def redo(self) -> None:
        if self._undone:
            self._done.append(self._undone.pop())
            rect, _, after = self._done[-1]
            self._put(rect, after)

    def save(self, path: Path) -> None:
        """Write the mask as a PNG of the picture's size, white = make again. Raises BadInput."""
        write_mask(QImage(self.image), path)

    def _remember(self, rect: QRect, before: QImage) -> None:
        self._done.append((rect, before.copy(rect), self.image.copy(rect)))
        self._undone.clear()
        while len(self._done) > 1 and sum(2 * entry[1].sizeInBytes() for entry in self._done) > _UNDO_BYTES:
            self._done.pop(0)

    def _put(self, rect: QRect, part: QImage) -> None:
        painter = QPainter(self.image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(rect.topLeft(), part)
        painter.end()
        self.changed.emit(rect)


def write_mask(image: QImage, path: Path) -> None:
    """A mask to disk, whole or not at all; may run on any thread. Raises BadInput where the folder refuses."""
    from models.outputs import atomic

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(path, bytes(buffer.data().data()))
    except OSError as problem:
        raise BadInput(
            f"The mask could not be written to {path.parent} ({problem.strerror or problem}); "
            "make room there or choose another folder."
        ) from problem
