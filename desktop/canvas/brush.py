"""The brush: paints the mask over the picture, by mouse or by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPen

from desktop import theme
from desktop.canvas.mask import Mask
from desktop.canvas.tool import Tool

if TYPE_CHECKING:
    from desktop.canvas.surface import Surface

MIN_SIZE, MAX_SIZE = 2, 512
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Brush(Tool):
    """`size` is the brush's diameter in picture pixels. Arrows move it, Enter paints a dab, E turns it to an eraser."""

    size_changed = Signal(int)
    erase_changed = Signal(bool)
    mask_changed = Signal()
    cursor = Qt.CursorShape.BlankCursor
    share = 1 / 7  # of the picture's smaller side: how thick it is at first

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self.size = 40
        self.erase = False
        self.mask: Mask | None = None
        self._overlay = QImage()
        self._at: QPointF | None = None  # in picture pixels
        self._down = False
        theme.current().changed.connect(self._tint_all)

    def take(self, size: QSize) -> Mask:
        """The mask for a picture of this size: the one there is, or a new one, and a brush to match."""
        if self.mask is None or self.mask.image.size() != size:
            self.mask = Mask(size, self)
            self.mask.changed.connect(self._tint)
            self._overlay = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
            self._overlay.fill(Qt.GlobalColor.transparent)
            self.set_size(round(min(size.width(), size.height()) * self.share))
            self.mask_changed.emit()
        return self.mask

    def drop(self) -> None:
        """Forget the mask."""
        self.mask, self._overlay = None, QImage()
        self.mask_changed.emit()
        self.surface.update()

    def set_size(self, size: int) -> None:
        size = min(max(size, MIN_SIZE), MAX_SIZE)
        if size != self.size:
            self.size = size
            self.size_changed.emit(size)
            self.surface.update()

    def set_erase(self, erase: bool) -> None:
        if erase != self.erase:
            self.erase = erase
            self.erase_changed.emit(erase)

    def press(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self.mask:
            self._at, self._down = QPointF(*self.surface.viewport.to_picture(at.toTuple())), True
            self.mask.begin()
            self.mask.stroke(self._at, self._at, self.size, self.erase)

    def move(self, at: QPointF, held: bool) -> None:
        before = self._at
        self._refresh_ring()
        self._at = QPointF(*self.surface.viewport.to_picture(at.toTuple()))
        if held and self._down and self.mask and before is not None:
            self.mask.stroke(before, self._at, self.size, self.erase)
        self._refresh_ring()

    def release(self, at: QPointF) -> None:
        if self._down and self.mask:
            self._down = False
            self.mask.end()
            self.mask_changed.emit()

    def leave(self) -> None:
        self.release(QPointF())
        self._refresh_ring()
        self._at = None

    def key(self, event: QKeyEvent) -> bool:
        key, mask = Qt.Key(event.key()), self.mask
        if mask is None:
            return False
        if key in (Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight):
            step = max(1, round(self.size * 0.15))
            self.set_size(self.size + (step if key == Qt.Key.Key_BracketRight else -step))
        elif key == Qt.Key.Key_E and not event.modifiers():
            self.set_erase(not self.erase)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            at = self._at or QPointF(mask.image.rect().center())
            mask.begin()
            mask.stroke(at, at, self.size, self.erase)
            mask.end()
            self.mask_changed.emit()
        elif key in _ARROWS:
            self._step(*_ARROWS[key], fine=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            return False
        return True

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        if self._overlay.isNull():
            return
        painter.drawImage(rect, self._overlay, QRectF(self._overlay.rect()))
        if self._at is None:
            return
        scale = self.surface.viewport.scale
        centre = QPointF(*self.surface.viewport.to_view(self._at.toTuple()))
        radius = max(self.size * scale / 2, 2.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 130), 3.0), (QColor(255, 255, 255, 240), 1.25)):
            style = Qt.PenStyle.DashLine if self.erase and width < 2 else Qt.PenStyle.SolidLine
            painter.setPen(QPen(colour, width, style))
            painter.drawEllipse(centre, radius, radius)

    def edited(self) -> None:
        """Undo, redo, invert or clear happened outside the brush."""
        self.mask_changed.emit()

    def _step(self, dx: int, dy: int, fine: bool) -> None:
        assert self.mask is not None
        at = self._at or QPointF(self.mask.image.rect().center())
        by = 1 if fine else max(4, self.size // 3)
        size = self.mask.image.size()
        self._refresh_ring()
        self._at = QPointF(
            min(max(at.x() + dx * by, 0.0), size.width()), min(max(at.y() + dy * by, 0.0), size.height())
        )
        self._refresh_ring()

    def tint(self) -> QColor:
        """What lies over the picture where it is painted: half of the accent."""
        colour = theme.current().color("accent")
        colour.setAlphaF(0.5)
        return colour

    def _tint_all(self) -> None:
        if self.mask:
            self._tint(self.mask.image.rect())

    def _tint(self, part: QRect) -> None:
        """Redo the overlay where the mask changed, and only there."""
        if self.mask is None or part.isEmpty():
            return
        tint = QImage(part.size(), QImage.Format.Format_ARGB32_Premultiplied)
        tint.fill(self.tint())
        cover = self.mask.image.copy(part)
        cover.reinterpretAsFormat(QImage.Format.Format_Alpha8)  # the same bytes, read as how much covers
        painter = QPainter(tint)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        painter.drawImage(0, 0, cover)
        painter.end()
        painter = QPainter(self._overlay)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(part.topLeft(), tint)
        painter.end()
        view = self.surface.viewport
        left, top = view.to_view((part.left(), part.top()))
        right, bottom = view.to_view((part.right() + 1, part.bottom() + 1))
        self.surface.update(QRectF(QPointF(left, top), QPointF(right, bottom)).toAlignedRect().adjusted(-2, -2, 2, 2))

    def _refresh_ring(self) -> None:
        if self._at is None:
            return
        x, y = self.surface.viewport.to_view(self._at.toTuple())
        reach = self.size * self.surface.viewport.scale / 2 + 4
        self.surface.update(QRectF(x - reach, y - reach, 2 * reach, 2 * reach).toAlignedRect())
