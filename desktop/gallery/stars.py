"""Five stars to be set by a click or by the keys 0 to 5."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop import theme
from desktop.gallery.marks import star
from models.outputs.kept import STARS

_STEP = 22


class Stars(QWidget):
    """`chosen` carries how many; a click on the last one that shines takes them all away."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.count, self._over = 0, 0
        self.setFixedSize(self.sizeHint())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Stars")
        self.setToolTip("Stars (keys 1 to 5; 0 takes them away)")
        theme.current().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(STARS * _STEP + 8, 28)

    def show_stars(self, count: int) -> None:
        """How many shine."""
        self.count = count
        self.setAccessibleDescription(f"{count} of {STARS}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lit = self._over or self.count
        for k in range(STARS):
            path = star(QPointF(8 + _STEP * k + 5, self.height() / 2), 8.0)
            if k < lit:
                painter.fillPath(path, now.color("accent"))
            else:
                painter.setPen(QPen(now.color("text_3"), 1))
                painter.drawPath(path)
        if self.hasFocus():
            painter.setPen(QPen(now.color("text_3"), 1))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 5, 5)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._over = self._at(event)
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._over = 0
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            stars = self._at(event)
            self._over = 0
            self.chosen.emit(0 if stars == self.count else stars)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if Qt.Key.Key_0 <= event.key() <= Qt.Key.Key_5:
            self.chosen.emit(event.key() - Qt.Key.Key_0)
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            by = 1 if event.key() == Qt.Key.Key_Right else -1
            self.chosen.emit(min(max(self.count + by, 0), STARS))
        else:
            super().keyPressEvent(event)

    def _at(self, event: QMouseEvent) -> int:
        return min(max(int((event.position().x() - 2) // _STEP) + 1, 1), STARS)
