"""An empty room: one sentence, one button that works at once, and perhaps a few words to begin with."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop import controls, measures

_WIDTH = 380  # a line that is read at one glance


class Empty(QWidget):
    """`acted` when the button is used, `suggested` with one of the suggestions under it. Without a word for the
    button there is only the sentence."""

    acted = Signal()
    suggested = Signal(str)

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
        self.suggestions: list[QPushButton] = []
        self._words = QVBoxLayout()
        self._words.setSpacing(0)
        # The stretch at both sides, and not an alignment, so that the sentence gets the height its lines need.
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.sentence, 100)
        middle.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(measures.GROUP, measures.GROUP, measures.GROUP, measures.GROUP)
        rows.setSpacing(measures.GROUP)
        rows.addStretch()
        rows.addLayout(middle)
        rows.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        rows.addLayout(self._words)
        rows.addStretch()

    def say(self, sentence: str, word: str = "", suggestions: Sequence[str] = ()) -> None:
        """Other words for the same place."""
        self.sentence.setText(sentence)
        self.button.setText(word)
        self.button.setVisible(bool(word))
        if [button.text() for button in self.suggestions] != list(suggestions):
            self._suggest(suggestions)

    def _suggest(self, suggestions: Sequence[str]) -> None:
        for button in self.suggestions:
            self._words.removeWidget(button)
            button.deleteLater()
        self.suggestions = [controls.word(text, "Makes something of these words.") for text in suggestions]
        for button, text in zip(self.suggestions, suggestions, strict=True):
            button.clicked.connect(lambda _=False, text=text: self.suggested.emit(text))
            self._words.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
