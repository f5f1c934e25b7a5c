"""How the chosen picture was made, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop import measures
from desktop.controls import word
from desktop.gallery.deeds import OPEN, START, Deeds, show_in_folder
from desktop.gallery.shelf import made_at

if TYPE_CHECKING:
    from models.outputs.library import Item

WIDTH = 288
_NONE = "Choose something to see how it was made."


class Details(QWidget):
    """The side of the gallery. Its width is fixed, so that choosing moves nothing."""

    def __init__(self, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.deeds = deeds
        self.items: list[Item] = []
        self.setFixedWidth(WIDTH)
        self.prompt = QLabel(_NONE)
        self.prompt.setWordWrap(True)
        self.prompt.setTextFormat(Qt.TextFormat.PlainText)
        self.prompt.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.prompt.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        prompt = QScrollArea()
        prompt.setWidget(self.prompt)
        prompt.setWidgetResizable(True)
        prompt.setFixedHeight(112)
        prompt.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._facts: dict[str, QLabel] = {}
        facts = QFormLayout()
        facts.setVerticalSpacing(measures.INSIDE)
        facts.setHorizontalSpacing(measures.GROUP)
        for name in ("Model", "Size", "Seed", "Made", "Took", "Known"):
            label, value = QLabel(name), QLabel()
            label.setProperty("role", "small")
            value.setProperty("role", "small-second")
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._facts[name] = value
            facts.addRow(label, value)
        self.open = self._button("Open on the canvas", deeds.opened.emit)
        self.use = self._button("Use its settings", deeds.restore)
        self.again = self._button("Make again", deeds.again)
        self.start = self._button("Use as start picture", deeds.start_from)
        self.favourite = word("Keep as a favourite", "Favourites can be found by themselves", True)
        self.favourite.clicked.connect(lambda kept: deeds.shelf.set_favourite(self.items, kept))
        self.folder = word("Show in folder", "The file in the system's file manager")
        self.folder.clicked.connect(self._with_one(lambda item: show_in_folder(item.path)))
        self.bin = word("Move to the bin", "It can be put back (Delete; Ctrl+Z puts back)")
        self.bin.clicked.connect(lambda: deeds.shelf.move_to_bin(self.items))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(measures.GROUP, measures.GROUP, measures.GROUP, measures.GROUP)
        rows.setSpacing(measures.INSIDE)
        rows.addWidget(prompt)
        # Away while nothing is chosen, but with its room kept.
        self.below = QWidget()
        policy = self.below.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.below.setSizePolicy(policy)
        rows.addWidget(self.below)
        rows.addStretch()
        rows = QVBoxLayout(self.below)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(measures.INSIDE)
        rows.addLayout(facts)
        rows.addSpacing(measures.INSIDE)
        for button in (self.open, self.use, self.again, self.start):
            rows.addWidget(button)
        rows.addSpacing(measures.INSIDE)
        for button in (self.favourite, self.folder, self.bin):
            rows.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self.show_items([])

    def show_items(self, items: Sequence[Item]) -> None:
        """One picture's facts, or how many are chosen."""
        self.items = list(items)
        self.below.setVisible(bool(self.items))
        one = self.items[0] if len(self.items) == 1 else None
        several = f"{len(self.items)} are chosen." if self.items else _NONE
        self.prompt.setText((one.prompt or "Made without a prompt.") if one else several)
        self.prompt.setProperty("role", "" if one and one.prompt else "third")
        self.prompt.style().polish(self.prompt)
        facts = dict.fromkeys(self._facts, "")
        if one:
            facts = {
                "Model": str(one.settings.get("model_name") or one.model),
                "Size": f"{one.width} × {one.height}" if one.width else "",
                "Seed": "" if one.seed is None else f"{one.seed}",
                "Made": f"{made_at(one):%d %b %Y, %H:%M}",
                "Took": f"{one.seconds:.1f} s" if one.seconds else "",
                "Known": "\n".join(f"{name}: {told}" for name, told in one.settings.get("facts", {}).items()),
            }
        for name, text in facts.items():
            self._facts[name].setText(text)
        for button in (self.open, self.use, self.again, self.start, self.folder):
            button.setEnabled(one is not None)
        for button, words in ((self.open, OPEN), (self.start, START)):
            button.setText(words[one.medium if one else "picture"])
        self.favourite.setEnabled(bool(self.items))
        self.bin.setEnabled(bool(self.items))
        kept = bool(self.items) and all(item.favourite for item in self.items)
        self.favourite.setChecked(kept)
        self.favourite.setText("A favourite" if kept else "Keep as a favourite")

    def _button(self, text: str, work: Callable[[Item], None]) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(self._with_one(work))
        return button

    def _with_one(self, work: Callable[[Item], None]) -> Callable[[], None]:
        def run() -> None:
            if len(self.items) == 1:
                work(self.items[0])

        return run
