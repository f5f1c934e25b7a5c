"""A line that opens what lies under it, and says in a few words what that holds."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton

from desktop import measures, theme
from desktop.controls import paint_chevron

_CHEVRON, _GAP = 26, 14  # px: the chevron's place at the right, and the least between both words


class Fold(QPushButton):
    """Checked is open. `tell` sets the words at its right, which give way where there is little room."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setProperty("role", "fold")
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._told = ""
        theme.current().changed.connect(self.update)

    def tell(self, words: str) -> None:
        """What is folded away here, in a few words."""
        if words != self._told:
            self._told = words
            self.setAccessibleName(f"{self.text()}: {words}" if words else self.text())
            self.update()

    @property
    def told(self) -> str:
        return self._told

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_chevron(self, from_right=12, opened=self.isChecked())
        left = 16 + self.fontMetrics().horizontalAdvance(self.text()) + _GAP
        box = QRectF(left, 0, self.width() - left - _CHEVRON, self.height())
        if not self._told or box.width() < 40:
            return
        painter = QPainter(self)
        small = measures.font(measures.SMALL)
        painter.setFont(small)
        painter.setPen(theme.current().color("text_3"))
        words = QFontMetrics(small).elidedText(self._told, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
