"""The filmstrip along the bottom: what was made last, and what can be done with the one that is chosen."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from desktop import measures
from desktop.controls import word
from desktop.first_paint import FirstPaint
from desktop.gallery.collection import Collection
from desktop.gallery.shelf import Shelf, made_at
from models.outputs import sheets
from models.protocol import Output

if TYPE_CHECKING:
    from models.outputs.library import Item

HEIGHT = 108
_TILE = QSize(112, 84)
_SIDE = 208


class Filmstrip(Collection):
    """`chosen` when a picture is clicked or walked to. Call `note` with every output."""

    chosen = Signal(object)  # Item
    all_requested = Signal()
    search_requested = Signal()

    def __init__(self, shelf: Shelf | None = None, parent: QWidget | None = None) -> None:
        super().__init__(shelf, _TILE, measures.INSIDE, row=True, parent=parent)
        self.tiles.setAccessibleName("Made last")
        self._today = 0
        self._quiet = False
        self.empty = QLabel("What you make is kept here.")
        self.empty.setProperty("role", "third")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.empty.setContentsMargins(measures.INSIDE, 0, 0, 0)
        self.today = QLabel()
        self.today.setProperty("role", "small-second")
        self.all = word("All", "Everything that was made")
        self.search = word("Search", "Find something by its prompt, model or date")
        self.use = word("Use its settings", "Model, prompt, settings and seed of the chosen picture")
        self.again = word("Make again", "Make the chosen picture again, as it was made")
        self._lay_out()
        self._connect()
        self._refresh()
        # Its answers come on a thread of the same Python: the window's first paint comes before.
        FirstPaint(self, self._ask)

    def _ask(self) -> None:
        self.items.ask_again()
        self.shelf.made_today(self._count)
        self.shelf.names(lambda *_: None)  # for the menu's boards

    def _lay_out(self) -> None:
        self.setFixedHeight(HEIGHT)
        self._side = QWidget()
        self._side.setFixedWidth(_SIDE)
        keep = self._side.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self._side.setSizePolicy(keep)
        lines = QVBoxLayout(self._side)
        lines.setContentsMargins(0, 12, 0, 12)
        lines.setSpacing(0)
        self.today.setContentsMargins(6, 0, 0, 0)
        lines.addStretch()
        lines.addWidget(self.today)
        lines.addLayout(_words(self.all, self.search))
        lines.addLayout(_words(self.use, self.again))
        lines.addStretch()
        middle = QWidget()
        self._stack = QStackedLayout(middle)
        self._stack.addWidget(self.tiles)
        self._stack.addWidget(self.empty)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, (HEIGHT - _TILE.height() - 8) // 2, measures.GROUP, 0)
        row.setSpacing(measures.GROUP)
        row.addWidget(middle, 1)
        row.addWidget(self._side)
        self.tiles.setFixedHeight(_TILE.height() + 10)

    def _connect(self) -> None:
        self.tiles.selectionModel().currentChanged.connect(self._current_changed)
        self.tiles.clicked.connect(lambda index: self._tell(self.items.item(index)))
        self.items.settled.connect(self._refresh)
        self.shelf.went.connect(lambda _: self.shelf.made_today(self._count))
        self.shelf.changed.connect(lambda: self.shelf.made_today(self._count))
        self.shelf.came.connect(self._came)  # after the list has it, which was connected first
        self.all.clicked.connect(self.all_requested)
        self.search.clicked.connect(self.search_requested)
        self.use.clicked.connect(lambda: self._do(self.deeds.restore))
        self.again.clicked.connect(lambda: self._do(self.deeds.again))

    def note(self, output: Output) -> None:
        """Something new was made: it comes in front, and is the one that is chosen."""
        self.shelf.note(output)

    def choose(self, path: str) -> None:
        """Mark the tile of a file that is shown, without saying so; none where it is not here."""
        self._quiet = True
        row = self.items.row_of(path)
        if row >= 0:
            self.tiles.setCurrentIndex(self.items.index(row))
        else:
            self.tiles.clearSelection()
        self._quiet = False
        self._refresh()

    def _came(self, item: Item) -> None:
        self.tiles.scrollToTop()
        self.choose(item.path)
        if made_at(item).date() == datetime.date.today():
            self._count(self._today + 1)

    def _current_changed(self) -> None:
        item = self.items.item(self.tiles.currentIndex())
        if not self._quiet and self.tiles.hasFocus():
            self._tell(item)
        self._refresh()

    def _tell(self, item: Item | None) -> None:
        if item is not None:
            self.chosen.emit(item)
        self._refresh()

    def _do(self, deed: Callable[[Item], None]) -> None:
        if chosen := self.tiles.chosen():
            deed(chosen[0])

    def _count(self, today: int) -> None:
        self._today = today
        self._refresh()

    def _refresh(self) -> None:
        self._stack.setCurrentWidget(self.tiles if self.items.rowCount() else self.empty)
        self.today.setText(f"{self._today:,} made today".replace(",", " ") if self._today else "")
        one = bool(chosen := self.tiles.chosen()) and not sheets.is_sheet(chosen[0].settings)
        self.use.setEnabled(one)
        self.again.setEnabled(one)
        self._side.setVisible(self.items.rowCount() > 0)


def _words(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(0)
    for k, button in enumerate(buttons):
        if k:
            dot = QLabel("·")
            dot.setProperty("role", "small")
            row.addWidget(dot)
        row.addWidget(button)
    row.addStretch()
    return row
