"""The wipe: the last picture left of a line, the present one right of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen

from desktop import measures
from desktop.canvas.tool import Tool

if TYPE_CHECKING:
    from desktop.canvas.surface import Surface

_STEPS = {Qt.Key.Key_Left: -0.02, Qt.Key.Key_Right: 0.02}


class Wipe(Tool):
    """`share` is where the line stands, 0 at the left edge of the picture and 1 at the right."""

    moved = Signal(float)
    cursor = Qt.CursorShape.SplitHCursor

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self.share = 0.5

    def set_share(self, share: float) -> None:
        self.share = min(max(share, 0.0), 1.0)
        self.surface.update()
        self.moved.emit(self.share)

    def press(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._follow(at)

    def move(self, at: QPointF, held: bool) -> None:
        if held:
            self._follow(at)

    def key(self, event: QKeyEvent) -> bool:
        if step := _STEPS.get(Qt.Key(event.key())):
            self.set_share(self.share + step)
            return True
        return False

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        last = self.surface.last
        if last is None:
            return
        x = rect.left() + rect.width() * self.share
        painter.save()
        painter.setClipRect(QRectF(rect.left(), rect.top(), x - rect.left(), rect.height()))
        self.surface.paint_picture(painter, last, rect)
        painter.restore()
        self._paint_line(painter, rect, x)

    def _follow(self, at: QPointF) -> None:
        rect = QRectF(*self.surface.viewport.rect)
        self.set_share((at.x() - rect.left()) / max(rect.width(), 1.0))

    def _paint_line(self, painter: QPainter, rect: QRectF, x: float) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # White with a dark hem is seen on any picture, which no theme colour would be.
        for colour, width in ((QColor(0, 0, 0, 90), 3.0), (QColor(255, 255, 255, 235), 1.25)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(QLineF(x, rect.top(), x, rect.bottom()))
        seen = rect & QRectF(self.surface.rect())
        grip = QPointF(x, seen.center().y())
        painter.setPen(QPen(QColor(0, 0, 0, 90), 1))
        painter.setBrush(QColor(255, 255, 255, 235))
        painter.drawEllipse(grip, 7.0, 7.0)
        painter.setFont(measures.font(measures.SMALL))
        self._word(painter, "Last", seen.left() + 10, seen.top() + 10, x - seen.left())
        self._word(painter, "Now", None, seen.top() + 10, seen.right() - x, right=seen.right() - 10)
        painter.restore()

    def _word(
        self, painter: QPainter, word: str, left: float | None, top: float, room: float, right: float = 0.0
    ) -> None:
        width = painter.fontMetrics().horizontalAdvance(word) + 16.0
        if room < width + 20:
            return
        plate = QRectF(left if left is not None else right - width, top, width, 22.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 130))
        painter.drawRoundedRect(plate, measures.RADIUS_SMALL, measures.RADIUS_SMALL)
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, word)
