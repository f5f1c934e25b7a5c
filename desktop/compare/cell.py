"""One model's answer in a comparison: its name, the picture as it comes, and how long it took."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop import measures, theme
from models.protocol import ModelInfo

WORDS = 46  # px under the picture
SMALLEST = 148


class Cell(QWidget):
    """A square for the picture, reserved before there is one, over two lines of words. `opened` with its file."""

    opened = Signal(str)

    def __init__(self, model: ModelInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.path = ""
        self.image = QImage()
        self._words, self._warn = "waits", False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(model.name)
        theme.current().changed.connect(self.update)

    @property
    def words(self) -> str:
        """What stands under the name."""
        return self._words

    def say(self, words: str, warn: bool = False) -> None:
        """Where it is at: `waits`, `5 of 24`, `0.6 s · 5 of 6 found`, or why there is nothing."""
        if (words, warn) != (self._words, self._warn):
            self._words, self._warn = words, warn
            self.setToolTip(words if warn else "")
            self.setAccessibleDescription(words)
            self.update()

    def show_image(self, image: QImage, path: str = "") -> None:
        """A preview, or with a path the finished picture."""
        self.image, self.path = image, path
        self.setCursor(Qt.CursorShape.PointingHandCursor if path else Qt.CursorShape.ArrowCursor)
        self.update()

    def heightForWidth(self, width: int) -> int:
        return width + WORDS

    def sizeHint(self) -> QSize:
        return QSize(SMALLEST, SMALLEST + WORDS)

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        side = float(self.width())
        box = QRectF(0.5, 0.5, side - 1, side - 1)
        shape = QPainterPath()
        shape.addRoundedRect(box, measures.RADIUS, measures.RADIUS)
        painter.fillPath(shape, now.color("control"))
        if not self.image.isNull():
            painter.save()
            painter.setClipPath(shape)
            size = self.image.size().scaled(box.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRectF(0, 0, size.width(), size.height())
            place.moveCenter(box.center())
            painter.drawImage(place, self.image)
            painter.restore()
        if self.hasFocus():
            painter.setPen(QPen(now.color("accent"), 2))
            painter.drawPath(shape)
        self._write(painter, side)

    def _write(self, painter: QPainter, side: float) -> None:
        now = theme.current()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(now.tokens.family(self.model.card.family)))
        painter.drawRoundedRect(QRectF(2, side + 12, 8, 8), 2.5, 2.5)
        painter.setFont(measures.font(measures.BODY, QFont.Weight.Medium))
        painter.setPen(now.color("text"))
        self._line(painter, self.model.name, QRectF(16, side + 6, side - 16, 20))
        painter.setFont(measures.font(measures.SMALL))
        painter.setPen(now.color("warn" if self._warn else "text_3"))
        self._line(painter, self._words, QRectF(16, side + 25, side - 16, 18))

    @staticmethod
    def _line(painter: QPainter, words: str, box: QRectF) -> None:
        cut = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cut)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.path:
            self.opened.emit(self.path)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.path:
            self.opened.emit(self.path)
        else:
            super().keyPressEvent(event)
