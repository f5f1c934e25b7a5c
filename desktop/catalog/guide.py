"""How a model works, in its card's words, and the facts about this copy of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QTextBrowser, QVBoxLayout, QWidget

from desktop import theme
from desktop.catalog import families
from desktop.controls import set_role
from models.protocol import ModelInfo


class Guide(QWidget):
    """The page behind "How it works"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: ModelInfo | None = None
        self.process = QLabel()
        self.process.setWordWrap(True)
        set_role(self.process, "heading")
        self.text = QTextBrowser()
        self.text.setAccessibleName("How it works")
        self.text.setOpenLinks(False)  # nothing here reaches for a network
        self.text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.text.document().setDocumentMargin(0)
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(12)
        self.facts.setVerticalSpacing(6)
        line = QFrame()
        line.setFixedHeight(1)
        set_role(line, "line")
        inside = QVBoxLayout(self)
        inside.setContentsMargins(16, 14, 12, 16)
        inside.setSpacing(12)
        inside.addWidget(self.process)
        inside.addWidget(self.text, 1)
        inside.addWidget(line)
        inside.addLayout(self.facts)
        theme.current().changed.connect(lambda: self.show_model(self._model))

    def show_model(self, model: ModelInfo | None) -> None:
        """Tell about this model."""
        self._model = model
        if model is None:
            return
        t = theme.current().tokens
        self.process.setText(model.card.process or model.card.name)
        self.text.document().setDefaultStyleSheet(f"* {{ color: {t.text_2}; }} h1, h2, h3 {{ color: {t.text}; }}")
        self.text.setMarkdown(model.card.guide)
        self._tell(facts(model))

    def _tell(self, rows: list[tuple[str, str]]) -> None:
        while (item := self.facts.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for at, (name, value) in enumerate(rows):
            label, said = QLabel(name), QLabel(value)
            set_role(label, "small")
            set_role(said, "small-second")
            said.setWordWrap(True)
            said.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            self.facts.addWidget(label, at, 0, Qt.AlignmentFlag.AlignTop)
            self.facts.addWidget(said, at, 1)
        self.facts.setColumnStretch(1, 1)


def facts(model: ModelInfo) -> list[tuple[str, str]]:
    """What is known of this copy of the model, name and value."""
    rows = [
        ("Family", families.name(model.card.family)),
        ("Architecture", model.card.name),
        ("Makes", ", ".join(task.replace("-", " ") for task in model.card.tasks)),
        ("Size", families.size(model.size_bytes)),
        ("Licence", model.licence or "not stated"),
        ("Lies in", model.path.replace("/", "/\u200b")),
    ]
    return [*rows, ("Missing", model.missing)] if model.missing else rows
