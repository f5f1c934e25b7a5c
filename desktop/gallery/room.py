"""The gallery room: everything that was made, found by its words."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from desktop import measures
from desktop.controls import hairline, word
from desktop.empty import Empty
from desktop.gallery.collection import Collection
from desktop.gallery.details import Details
from desktop.gallery.shelf import Shelf

_TILE = QSize(172, 172)
_TYPING_MS = 120
_NOTHING = "Everything that you make is kept here, with its settings."
_FIRST = "Make the first picture"


class GalleryRoom(Collection):
    """`make_first_requested` comes from the empty room."""

    make_first_requested = Signal()

    def __init__(self, shelf: Shelf | None = None, parent: QWidget | None = None) -> None:
        super().__init__(shelf, _TILE, 12, row=False, parent=parent)
        self.tiles.setAccessibleName("Everything made")
        self.details = Details(self.deeds)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find by prompt, model, seed or date")
        self.search.setAccessibleName("Find what was made")
        self.search.setMaxLength(400)
        self.search.setFixedWidth(320)
        self.favourites = word("Favourites", "Only what was kept as a favourite", True)
        self.put_back = word("Put back from the bin", "What was moved to the bin last (Ctrl+Z)")
        self.count = QLabel()
        self.count.setProperty("role", "small")
        self.empty = Empty(_NOTHING, _FIRST)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._asked = False
        self._lay_out()
        self._connect()
        self._undo_changed(self.shelf.can_undo)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(measures.GROUP, 12, measures.GROUP, 12)
        top.setSpacing(measures.INSIDE)
        top.addWidget(self.search)
        top.addWidget(self.favourites)
        top.addStretch()
        top.addWidget(self.put_back)
        top.addWidget(self.count)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.tiles)
        self._pages.addWidget(self.empty)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addLayout(top)
        left.addWidget(hairline())
        grid = QHBoxLayout()
        grid.setContentsMargins(12, 12, 0, 0)
        grid.addWidget(self._pages)
        left.addLayout(grid, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        self._line = hairline(upright=True)
        row.addWidget(self._line)
        row.addWidget(self.details)
        self.setProperty("role", "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.details.setProperty("role", "panel")
        self.details.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        keep = self.put_back.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.put_back.setSizePolicy(keep)

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _: self._typing.start())
        self._typing.timeout.connect(self._find)
        self.favourites.toggled.connect(self._find)
        self.put_back.clicked.connect(self.shelf.undo_bin)
        self.shelf.can_undo_changed.connect(self._undo_changed)
        self.items.settled.connect(self._settled)
        self.items.dataChanged.connect(self._show_chosen)
        self.items.modelReset.connect(self._show_chosen)
        self.tiles.selectionModel().selectionChanged.connect(self._show_chosen)
        self.tiles.doubleClicked.connect(lambda index: self.deeds.opened.emit(self.items.item(index)))
        self.empty.acted.connect(self._empty_acted)

    def look_for(self, words: str) -> None:
        """Search for these words, at once."""
        self.search.setText(words)
        self._find()

    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def showEvent(self, event: QShowEvent) -> None:
        if not self._asked:  # nothing is read for a room that nobody enters
            self._asked = True
            self.items.ask_again()
        super().showEvent(event)

    def _find(self) -> None:
        self._typing.stop()
        self._asked = True
        self.items.find(self.search.text().strip(), self.favourites.isChecked())

    def _settled(self, total: int) -> None:
        words = self.items.search
        self.count.setText(f"{total:,} made".replace(",", " ") if total else "")
        if not total:
            if words:
                self.empty.say(f"Nothing has “{words}” in its prompt, model, seed or date.", "Show everything")
            elif self.items.favourites:
                self.empty.say("No favourites yet: choose a picture and keep it.", "Show everything")
            else:
                self.empty.say(_NOTHING, _FIRST)
        self._pages.setCurrentWidget(self.tiles if total else self.empty)
        nothing = not total and not words and not self.items.favourites
        self.details.setVisible(not nothing)
        self._line.setVisible(not nothing)
        self._show_chosen()

    def _show_chosen(self) -> None:
        self.details.show_items(self.tiles.chosen())

    def _undo_changed(self, count: int) -> None:
        self.put_back.setVisible(count > 0)
        self.put_back.setText(f"Put back {count} from the bin" if count > 1 else "Put back from the bin")

    def _empty_acted(self) -> None:
        if self.items.search or self.items.favourites:
            self.favourites.setChecked(False)
            self.look_for("")
        else:
            self.make_first_requested.emit()
