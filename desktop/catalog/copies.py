"""The page about weights that lie on this machine more than once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop.catalog import page
from models import sizes

if TYPE_CHECKING:
    from models.store.duplicates import Copies

TITLE = "Files that lie here twice"
LOOKING = "Comparing the weights of all models; only files that look alike are read whole."
NONE = "No file of weights lies here twice."
SOME = (
    "{spare} could be spared. Nothing is deleted here: look where each lies, and move to the bin what you do not need."
)
_MOST = 40  # lists; nobody reads more


class CopiesPage(page.Page):
    """`closed` when the person goes back to the models; `shown` says how it stands."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head(TITLE, "", "")
        self.dot.hide()
        self.sentence = page.words()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName("How much is compared")
        self.back = QPushButton("Back to the models")
        self.back.clicked.connect(self.closed)
        self.lists = QVBoxLayout()
        self.lists.setSpacing(12)
        self.column.addWidget(self.sentence)
        self.column.addWidget(self.bar)
        self.column.addLayout(self.lists)
        self.column.addWidget(self.back)
        self.column.setAlignment(self.back, page.LEFT)
        self.column.addStretch(1)
        self.look(0.0)

    def look(self, share: float) -> None:
        """It is under way, from 0 to 1."""
        self.sentence.setText(LOOKING)
        self.bar.show()
        self.bar.setValue(round(share * 1000))
        self._show([])

    def say(self, found: Sequence[Copies]) -> None:
        """What came out of it, the largest waste first."""
        self.bar.hide()
        spare = sum(one.spare_bytes for one in found)
        self.sentence.setText(SOME.format(spare=sizes.size(spare)) if found else NONE)
        self._show(found[:_MOST])

    def fail(self, sentence: str) -> None:
        """It could not be done, and why."""
        self.bar.hide()
        self.sentence.setText(sentence)
        self._show([])

    def _show(self, found: Sequence[Copies]) -> None:
        while (item := self.lists.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for one in found:
            label: QLabel = page.words("small-second")
            label.setTextInteractionFlags(page.SELECTABLE)
            places = "\n".join(copy.path.replace("/", "/\u200b") for copy in one.files)
            label.setText(f"{len(one.files)} copies of {sizes.size(one.size_bytes)}\n{places}")
            self.lists.addWidget(label)
