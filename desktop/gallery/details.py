"""How the chosen picture was made, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop import measures
from desktop.controls import plain_tip, word
from desktop.gallery.deeds import COMPARED, OPEN, START, Deeds, show_in_folder
from desktop.gallery.shelf import made_at
from desktop.gallery.stars import Stars
from models.outputs import sheets

if TYPE_CHECKING:
    from models.outputs.library import Item

WIDTH = 288
_ALWAYS = ("Model", "Size", "Seed", "Made", "Took")  # the others are there where there is something to say
_UNREAD = 8  # lines of what another program set and has no name here
_LINE = 60  # characters of each; the rest is in the tip
_NONE = "Choose something to see how it was made."


class Details(QWidget):
    """The side of the gallery. Its width is fixed, so that choosing moves nothing."""

    def __init__(self, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.deeds = deeds
        self.items: list[Item] = []
        self.ids: list[int] = []  # of all that is chosen, also what is still to come
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
        facts = self._rows = QFormLayout()
        facts.setVerticalSpacing(measures.INSIDE)
        facts.setHorizontalSpacing(measures.GROUP)
        for name in ("Model", "Size", "Seed", "Made", "Took", "Boards", "From", "Known", "Not known"):
            label, value = QLabel(name), QLabel()
            label.setProperty("role", "small")
            value.setProperty("role", "small-second")
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setWordWrap(True)
            value.setMinimumWidth(1)  # a long name without a space must not push the others out of sight
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._facts[name] = value
            facts.addRow(label, value)
        self.open = self._button("Open on the canvas", deeds.opened.emit)
        self.use = self._button("Use its settings", deeds.restore)
        self.again = self._button("Make again", deeds.again)
        self.more = self._button("Make more like this", deeds.more)
        self.start = self._button("Use as start picture", deeds.start_from)
        self.compare = QPushButton("Compare side by side")
        self.compare.clicked.connect(lambda: deeds.compare_requested.emit(list(self.items)))
        self.stars = Stars()
        self.stars.chosen.connect(lambda stars: deeds.shelf.set_rating(self.ids, stars))
        self.favourite = word("Keep as a favourite", "Favourites can be found by themselves", True)
        self.favourite.clicked.connect(lambda kept: deeds.shelf.set_favourite(self.ids, kept))
        self.folder = word("Show in folder", "The file in the system's file manager")
        self.folder.clicked.connect(self._with_one(lambda item: show_in_folder(item.path)))
        self.bin = word("Move to the bin", "It can be put back (Delete; Ctrl+Z puts back)")
        self.bin.clicked.connect(lambda: deeds.shelf.move_to_bin(self.ids))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(measures.GROUP, measures.GROUP, measures.GROUP, measures.GROUP)
        rows.setSpacing(measures.INSIDE)
        rows.addWidget(prompt)
        self.below = QWidget()  # away while nothing is chosen
        below = QScrollArea()  # another program's settings can be more than a low window has room for
        below.setWidget(self.below)
        below.setWidgetResizable(True)
        below.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows.addWidget(below, 1)
        rows = QVBoxLayout(self.below)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(measures.INSIDE)
        rows.addLayout(facts)
        rows.addSpacing(measures.INSIDE)
        for button in (self.open, self.use, self.again, self.more, self.start, self.compare):
            rows.addWidget(button)
        rows.addSpacing(measures.INSIDE)
        rows.addWidget(self.stars)
        for button in (self.favourite, self.folder, self.bin):
            rows.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addStretch()
        self.show_items([], [])

    def show_items(self, items: Sequence[Item], ids: Sequence[int]) -> None:
        """One picture's facts, or how many are chosen."""
        self.items, self.ids = list(items), list(ids)
        self.below.setVisible(bool(self.ids))
        one = self.items[0] if len(self.ids) == 1 and self.items else None
        several = f"{len(self.ids):,} are chosen.".replace(",", " ") if self.ids else _NONE
        self.prompt.setText((one.prompt or "Made without a prompt.") if one else several)
        self.prompt.setProperty("role", "" if one and one.prompt else "third")
        self.prompt.style().polish(self.prompt)
        facts = dict.fromkeys(self._facts, "")
        unread: list[str] = one.settings.get("unread", []) if one else []
        self._facts["Model"].setToolTip(plain_tip(str(one.settings.get("model_name") or one.model)) if one else "")
        self._facts["Not known"].setToolTip("".join(plain_tip(line) for line in unread))
        if one:
            facts = {
                "Model": str(one.settings.get("model_name") or one.model),
                "Size": f"{one.width} × {one.height}" if one.width else "",
                "Seed": "" if one.seed is None else f"{one.seed}",
                "Made": f"{made_at(one):%d %b %Y, %H:%M}",
                "Took": f"{one.seconds:.1f} s" if one.seconds else "",
                "Boards": ", ".join(one.boards),
                "From": _label(one),
                "Known": "\n".join(f"{name}: {told}" for name, told in one.settings.get("facts", {}).items()),
                "Not known": "\n".join(_short(line) for line in unread[:_UNREAD]),
            }
            facts["Known"] = "\n".join([*sheets.lines(one.settings), facts["Known"]]).strip()
        for name, text in facts.items():
            self._facts[name].setText(text)
            self._rows.setRowVisible(self._facts[name], bool(text) or name in _ALWAYS)
        for button in (self.open, self.use, self.again, self.more, self.start, self.folder):
            button.setEnabled(one is not None)
        self.compare.setVisible(COMPARED[0] <= len(self.ids) <= COMPARED[1] and len(self.items) == len(self.ids))
        for button in (self.open, self.use, self.again, self.more, self.start):
            button.setVisible(not self.compare.isVisibleTo(self.below))
        for button in (self.use, self.again, self.more):
            button.setVisible(button.isVisibleTo(self.below) and not (one and sheets.is_sheet(one.settings)))
        ratings = {item.rating for item in self.items}
        self.stars.show_stars(ratings.pop() if len(ratings) == 1 else 0)
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


def _short(line: str) -> str:
    return line if len(line) <= _LINE else f"{line[: _LINE - 1].rstrip()}…"


def _label(item: Item) -> str:
    """The program that made it, where it was another one."""
    from models.outputs.foreign import table

    return table.label(str(item.settings.get("source", "")))
