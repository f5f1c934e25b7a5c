"""The room of models: all that are on this machine, what each is, and adding or forgetting one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop import measures
from desktop.catalog.guide import Guide
from desktop.catalog.list import ModelList
from desktop.controls import set_role
from models.protocol import ModelInfo

LIST, TEXT = 320, 720  # px: the list's width, and the most that lines of text run to


class ModelsRoom(QWidget):
    """`use`, `forget` and `show_folder` carry a ModelInfo; `add_wanted` none."""

    use = Signal(object)
    forget = Signal(object)
    show_folder = Signal(object)
    add_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: ModelInfo | None = None
        self.list = ModelList()
        self.list.setFixedWidth(LIST)
        self.list.chosen.connect(self.show_model)
        self.list.add_wanted.connect(self.add_wanted)
        self.name = QLabel()
        self.name.setFont(measures.font(measures.LARGE, QFont.Weight.DemiBold))
        self.guide = Guide()
        self.buttons = {
            "use": QPushButton("Use this model"),
            "folder": QPushButton("Show its folder"),
            "forget": QPushButton("Take it off the list"),
        }
        self.buttons["forget"].setToolTip("Its files stay where they are.")
        self.buttons["use"].clicked.connect(lambda: self.use.emit(self.model))
        self.buttons["folder"].clicked.connect(lambda: self.show_folder.emit(self.model))
        self.buttons["forget"].clicked.connect(lambda: self.forget.emit(self.model))
        head = QHBoxLayout()
        head.setContentsMargins(16, 0, 12, 0)
        head.setSpacing(8)
        head.addWidget(self.name)
        head.addStretch(1)
        for button in self.buttons.values():
            head.addWidget(button)
        self.page = QWidget()
        self.page.setMaximumWidth(TEXT)
        column = QVBoxLayout(self.page)
        column.setContentsMargins(8, 16, 8, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.guide, 1)
        self.page.hide()
        line = QFrame()
        line.setFixedWidth(1)
        set_role(line, "line")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.list)
        row.addWidget(line)
        row.addStretch(1)
        row.addWidget(self.page, 20)
        row.addStretch(1)
        set_role(self, "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def set_models(self, models: Sequence[ModelInfo]) -> None:
        """List these; the one that is shown stays where it is still there."""
        self.list.set_models(models)
        kept = next((m for m in models if self.model and m.id == self.model.id), models[0] if models else None)
        self.show_model(kept)
        if kept:
            self.list.choose(kept.id)

    def show_model(self, model: ModelInfo | None) -> None:
        """Tell about this one."""
        self.model = model
        self.page.setVisible(model is not None)
        if model is not None:
            self.name.setText(model.name)
            self.guide.show_model(model)
            self.buttons["use"].setEnabled(not model.missing)
            self.buttons["forget"].setVisible(not model.starter)
