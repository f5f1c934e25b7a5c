"""The place of one step in the strip: empty at first, then a small picture that can be chosen."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from desktop import measures, theme
from desktop.canvas.forming import preview_image, smooth
from models.protocol import Preview

LABEL = 18  # px for the number under the picture


class Step(QAbstractButton):
    """The place of one step: empty at first, then the preview that came nearest to it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.preview: Preview | None = None
        self.marked = False
        self._image = QImage()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.empty()

    def hold(self, preview: Preview) -> None:
        self.preview, self._image = preview, smooth(preview_image(preview))
        self.setEnabled(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"Step {preview.step}")
        self.setToolTip(f"Show step {preview.step} on the canvas")
        self.update()

    def empty(self) -> None:
        self.preview, self._image, self.marked = None, QImage(), False
        self.setEnabled(False)
        self.setAccessibleName("A step still to come")
        self.setToolTip("")
        self.update()

    def mark(self, marked: bool) -> None:
        if marked != self.marked:
            self.marked = marked
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(62, 62 + LABEL)

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        side = self.width() - 4.0
        box = QRectF(2, 2, side, side)
        shape = QPainterPath()
        shape.addRoundedRect(box, 4, 4)
        if self._image.isNull():
            tokens = now.tokens
            painter.fillPath(shape, QColor(tokens.mixed(tokens.line, 0.45, tokens.ground)))
            return
        painter.save()
        painter.setClipPath(shape)
        short = min(self._image.width(), self._image.height())
        source = QRectF((self._image.width() - short) / 2, (self._image.height() - short) / 2, short, short)
        painter.drawImage(box, self._image, source)
        painter.restore()
        if self.marked or self.hasFocus() or self.underMouse():
            live = self.marked or self.hasFocus()
            painter.setPen(QPen(now.color("accent" if live else "text_3"), 2 if live else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(-1, -1, 1, 1), 5, 5)
        painter.setFont(measures.font(measures.SMALL))
        painter.setPen(now.color("accent" if self.marked else "text_3"))
        under = QRectF(0, side + 4, self.width(), self.height() - side - 4)
        painter.drawText(under, Qt.AlignmentFlag.AlignCenter, str(self.preview.step) if self.preview else "")
