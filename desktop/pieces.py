"""How far something is that has no picture on its way: a row of pieces that come one by one, and their count."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop import measures, theme

_WIDTH, _GAP, _HEIGHT = 9, 4, 28  # px


class Pieces(QWidget):
    """As many cells as there is room for, filled by the share that is there, and the count under them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step = self._total = 0
        self._unit = ""
        self.setAccessibleName("What is there so far")
        theme.current().changed.connect(self.update)

    @property
    def told(self) -> str:
        """The count in words: `612 of 1 500 tokens`."""
        if not self._total:
            return ""
        return f"{self._step:,} of {self._total:,} {self._unit}".replace(",", "\u202f")

    def show_count(self, step: int, total: int, unit: str) -> None:
        """`step` of `total` are there; 0 and 0 where nothing is being made."""
        if (step, total, unit) != (self._step, self._total, self._unit):
            self._step, self._total, self._unit = step, total, unit
            self.setAccessibleDescription(self.told)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        now, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        cells = max((self.width() + _GAP) // (_WIDTH + _GAP), 1)
        filled = round(cells * self._step / self._total) if self._total else 0
        top = (self.height() - _HEIGHT) / 2 - 8
        accent, empty = now.color("accent"), now.color("control")
        for cell in range(cells):
            colour = QColor(accent)
            # A quiet unevenness, always the same, so that pieces are seen and no bar.
            colour.setAlphaF(0.62 + 0.38 * ((cell * 37 + 11) % 17) / 16)
            painter.setBrush(colour if cell < filled else empty)
            painter.drawRoundedRect(QRectF(cell * (_WIDTH + _GAP), top, _WIDTH, _HEIGHT), 2, 2)
        painter.setFont(measures.font(measures.SMALL))
        painter.setPen(now.color("text_3"))
        below = QRectF(0, top + _HEIGHT + 4, self.width(), 20)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.told)
