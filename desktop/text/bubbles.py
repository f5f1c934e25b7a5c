"""One thing that was said in a chat, as a bubble: the person's at the right, the model's in a plain column."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop import measures, theme
from desktop.text.page import column

USER, ASSISTANT = "user", "assistant"
NAMES = {USER: "You", ASSISTANT: "The model"}
_SHARE = 0.8  # of the column that the person's bubble may fill


class Bubble(QWidget):
    """`role` said `text`. What the model says can grow."""

    def __init__(self, role: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.role = role
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.label.setFont(measures.font(measures.LARGE))
        self.label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(14, 10, 14, 10)
        inside.addWidget(self.label)
        self.show_text(text)
        theme.current().changed.connect(self.update)

    @property
    def text(self) -> str:
        return self._text

    def show_text(self, text: str) -> None:
        self._text = text
        self.label.setText(text or "…")
        self.setAccessibleName(f"{NAMES[self.role]}: {text}")

    def row(self) -> QHBoxLayout:
        """It in its place of a column."""
        line = QHBoxLayout()
        if self.role == USER:
            lines = self._text.splitlines() or [""]
            wide = max(self.label.fontMetrics().horizontalAdvance(one) for one in lines) + 32
            self.setFixedWidth(min(wide, round(column(self.label) * _SHARE)))
            line.addStretch(1)
            line.addWidget(self)
        else:
            line.addWidget(self, 1)
        return line

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.role != USER:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().color("control"))
        painter.drawRoundedRect(QRectF(self.rect()), measures.RADIUS_LARGE + 3, measures.RADIUS_LARGE + 3)
