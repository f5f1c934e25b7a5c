"""The page at the right of the room of models: a column of words that scrolls as one, no wider than lines are read."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop import measures, theme
from desktop.controls import set_role

LEFT = Qt.AlignmentFlag.AlignLeft
SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse
TEXT = 720  # px: the most that lines of text run to


class Page(QScrollArea):
    """A name in its family's colour, a small line under it, and what is put into `column`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._family = ""
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.dot = QLabel()
        self.dot.setFixedSize(10, 10)
        self.name = QLabel()
        self.name.setWordWrap(True)
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.name.setFont(measures.font(measures.LARGE, QFont.Weight.DemiBold))
        self.small = QLabel()
        self.small.setWordWrap(True)
        self.small.setTextFormat(Qt.TextFormat.PlainText)
        self.small.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        set_role(self.small, "small")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.dot)
        head.addWidget(self.name, 1)
        around = QWidget(self.viewport())
        inside = QWidget(around)
        inside.setMaximumWidth(TEXT)
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(24, 22, 24, 20)
        self.column.setSpacing(12)
        self.column.addLayout(head)
        self.column.addWidget(self.small)
        row = QHBoxLayout(around)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(inside, 20)
        row.addStretch(1)
        self.setWidget(around)
        theme.current().changed.connect(self._colour)

    def head(self, name: str, small: str, family: str) -> None:
        """What it is about; another one begins at its top."""
        if name != self.name.text():
            self.verticalScrollBar().setValue(0)
        self.name.setText(name)
        self.small.setText(small)
        self.small.setVisible(bool(small))
        self._family = family
        self._colour()

    def _colour(self) -> None:
        sheet = f"background: {theme.current().tokens.family(self._family)}; border-radius: 3px;"
        if sheet != self.dot.styleSheet():
            self.dot.setStyleSheet(sheet)


def words(role: str = "second") -> QLabel:
    """A label that wraps and takes what it is given as it stands."""
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    set_role(label, role)
    return label


def say_fit(label: QLabel, sentence: str, warns: bool) -> None:
    """A sentence on memory in its box; none, and the box is not there."""
    label.setText(sentence)
    label.setVisible(bool(sentence))
    set_role(label, "fits", "warn" if warns else "")
