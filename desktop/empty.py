"""An empty room: one sentence, and one button that works at once."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop import theme

_WIDTH = 380  # a line that is read at one glance


class Empty(QWidget):
    """`acted` when the button is used. Without a word for the button there is only the sentence."""

    acted = Signal()

    def __init__(self, sentence: str, word: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sentence = QLabel(sentence)
        self.sentence.setProperty("role", "second")
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence.setWordWrap(True)
        self.sentence.setMaximumWidth(_WIDTH)
        self.button = QPushButton(word)
        self.button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.button.clicked.connect(self.acted)
        self.button.setVisible(bool(word))
        # The stretch at both sides, and not an alignment, so that the sentence gets the height its lines need.
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.sentence, 100)
        middle.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        rows.setSpacing(theme.GROUP)
        rows.addStretch()
        rows.addLayout(middle)
        rows.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        rows.addStretch()

    def say(self, sentence: str, word: str = "") -> None:
        """Other words for the same place."""
        self.sentence.setText(sentence)
        self.button.setText(word)
        self.button.setVisible(bool(word))
