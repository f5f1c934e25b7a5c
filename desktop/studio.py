"""The picture room's middle: the work, how it got there, the prompt, and the large button."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.aside import Aside
from desktop.canvas.canvas import PictureCanvas
from desktop.controls import hairline, set_role
from desktop.generate import GenerateBox
from desktop.prompt.box import PromptBox
from desktop.prompt.history import History
from desktop.strip import Strip


class Studio(QWidget):
    """Puts the parts under one another; what happens between them is the session's."""

    def __init__(self, aside: Aside, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = PictureCanvas()
        self.strip = Strip()
        self.prompt = PromptBox(aside, History())
        self.generate = GenerateBox()
        self.below = QWidget()
        set_role(self.below, "panel")
        self.below.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self.below)
        row.setContentsMargins(16, 12, 16, 14)
        row.setSpacing(12)
        row.addWidget(self.prompt, 1)
        row.addWidget(self.generate)
        self.below.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(hairline())
        column.addWidget(self.strip)
        column.addWidget(hairline())
        column.addWidget(self.below)
        self.setTabOrder(self.prompt.prompt, self.prompt.negative)
        self.setTabOrder(self.prompt.negative, self.generate.button)
