"""The gallery room: everything that was made, found by its words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop import measures
from desktop.controls import hairline, plain_tip, set_role, word
from desktop.empty import Empty
from desktop.gallery.beside import Beside
from desktop.gallery.collection import Collection
from desktop.gallery.details import Details
from desktop.gallery.filters import Filters, drop_down
from desktop.gallery.shelf import Shelf
from models.outputs import query

if TYPE_CHECKING:
    from models.outputs.library import Item

_TILE = QSize(172, 172)
_TYPING_MS = 120
_HOW = (
    "Words are looked for in prompts, models, seeds, dates and names; -word leaves out.\n"
    'model:scenes   medium:video   board:"Best of"   favourite:yes   seed:42\n'
    "rating:>=4   after:2026-11-01   before:2026   date:today   width:>=512\n"
    "Any setting by its name: steps:>20   steps:10-20   scheduler:euler"
)
_NOTHING = "Everything that you make is kept here, with its settings."
_FIRST = "Make the first picture"
_FAVOURITES = "favourite:yes"


class GalleryRoom(Collection):
    """`make_first_requested` comes from the empty room."""

    make_first_requested = Signal()

    def __init__(self, shelf: Shelf | None = None, parent: QWidget | None = None) -> None:
        super().__init__(shelf, _TILE, 12, row=False, parent=parent)
        self.tiles.setAccessibleName("Everything made")
        self.details = Details(self.deeds)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find by words, or as  boat steps:>20 rating:>=4 after:2026-11")
        self.search.setToolTip(_HOW)
        self.search.setAccessibleName("Find what was made")
        self.search.setMaxLength(400)
        self.search.setMaximumWidth(560)
        self.filters = Filters()
        self.beside = Beside()
        self.problem = QLabel()
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        set_role(self.problem, "small-warn")
        # It takes the room that is left, and asks for none: a sentence must not make the window wider.
        self.problem.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.favourites = word("Favourites", "Only what was kept as a favourite", True)
        self.folders = word("Folders…", "Look through the folders again, or add what other programs made")
        self.put_back = word("Put back from the bin", "What was moved to the bin last (Ctrl+Z)")
        self.count = QLabel()
        set_role(self.count, "small")
        self.count.setMinimumWidth(self.count.fontMetrics().horizontalAdvance("25 000 found"))
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.empty = Empty(_NOTHING, _FIRST)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._asked = self._reading = False
        self._lay_out()
        self._connect()
        self._undo_changed(self.shelf.can_undo)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(measures.GROUP, 12, measures.GROUP, measures.INSIDE)
        top.setSpacing(measures.INSIDE)
        top.addWidget(self.search, 1)
        top.addWidget(self.favourites)
        top.addStretch()
        top.addWidget(self.put_back)
        top.addWidget(self.count)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.tiles)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.beside)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addLayout(top)
        below = QHBoxLayout()
        below.setContentsMargins(measures.GROUP, 0, measures.GROUP, 12)
        below.setSpacing(measures.GROUP)
        below.addWidget(self.filters)
        below.addWidget(self.problem, 1)
        below.addWidget(self.folders)
        left.addLayout(below)
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
        self.search.returnPressed.connect(self._go_to_found)
        self.folders.clicked.connect(self._folders)
        self.shelf.looking.connect(self._looking)
        self.favourites.clicked.connect(lambda only: self._ask("favourite", "yes" if only else ""))
        self.filters.asked.connect(self._ask)
        for changed in (self.shelf.altered, self.shelf.came, self.shelf.changed, self.shelf.went):
            changed.connect(self._names_changed)
        self.shelf.altered.connect(self.beside.update_items)
        self.deeds.compare_requested.connect(self.compare)
        self.beside.closed.connect(self._back)
        self.beside.opened.connect(self.deeds.opened)
        self.beside.rated.connect(lambda id, stars: self.shelf.set_rating([id], stars))
        self.put_back.clicked.connect(self.shelf.undo_bin)
        self.shelf.can_undo_changed.connect(self._undo_changed)
        self.items.settled.connect(self._settled)
        self.items.dataChanged.connect(self._show_chosen)
        self.items.modelReset.connect(self._show_chosen)
        self.tiles.selectionModel().selectionChanged.connect(self._show_chosen)
        self.empty.acted.connect(self._empty_acted)

    def look_for(self, words: str) -> None:
        """Search for these words, at once."""
        self.search.setText(words)
        self._find()

    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def compare(self, items: Sequence[Item]) -> None:
        """These side by side, in the grid's place and the details'."""
        self.beside.compare(items)
        self._pages.setCurrentWidget(self.beside)
        self.details.hide()
        self._line.hide()

    def folders_menu(self, linked: Sequence[str]) -> QMenu:
        """What can be done with the folders that are looked through."""
        menu = QMenu(self)
        menu.addAction("Look through the folders again", self.shelf.look_again)
        menu.addAction("Add what another program made…", self._add_folder)
        if linked:
            menu.addSection("Added")
        for folder in linked:
            menu.addAction(f"No longer {folder}".replace("&", "&&"), partial(self.shelf.unlink, folder))
        return menu

    def _open_folders(self, linked: Sequence[str]) -> None:
        drop_down(self.folders_menu(linked), self.folders)

    def _add_folder(self) -> None:
        if folder := QFileDialog.getExistingDirectory(self, "A folder of ComfyUI, A1111, InvokeAI, Fooocus or another"):
            self.shelf.link(folder)

    def _folders(self) -> None:
        if self._reading:
            self.shelf.stop_looking()
        else:
            self.shelf.linked(self._open_folders)

    def _looking(self, found: int) -> None:
        self._reading = found >= 0
        self.folders.setText(f"Stop reading ({found:,})".replace(",", " ") if self._reading else "Folders…")

    def finish(self) -> None:
        self.beside.finish()
        super().finish()

    def showEvent(self, event: QShowEvent) -> None:
        if not self._asked:  # nothing is read for a room that nobody enters
            self._asked = True
            self.items.ask_again()
        else:
            self.shelf.look_anew()
        self._names_changed()
        super().showEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate and self._asked and self.isVisible():
            self.shelf.look_anew()  # another window, or a command in a terminal, may have made something
        return super().event(event)

    def hideEvent(self, event: QHideEvent) -> None:
        if self._pages.currentWidget() is self.beside:
            self._back()
        super().hideEvent(event)

    def _back(self) -> None:
        self._pages.setCurrentWidget(self.tiles if self.items.total else self.empty)
        self.beside.clear()
        self._show_details()
        self.tiles.setFocus()

    def _ask(self, key: str, wanted: str) -> None:
        """Type it for the person: the line says everything that is asked, and can be changed by hand."""
        self.look_for(query.asking(self.search.text(), key, wanted))

    def _names_changed(self) -> None:
        if self.isVisible():
            self.shelf.names(self._names)

    def _names(self, models: tuple[str, ...], boards: tuple[str, ...]) -> None:
        self.filters.show_names(models, boards)
        self.filters.show_search(self.search.text())

    def _find(self) -> None:
        # Here, because it brings SQLite, and the room's file is imported when the window starts.
        from models.outputs import finding

        if self._pages.currentWidget() is self.beside:
            self._back()
        self._typing.stop()
        self._asked = True
        text = self.search.text().strip()
        self.filters.show_search(text)
        self.favourites.setChecked(query.value_of(text, "favourite") == "yes")
        problems = " ".join(finding.conditions(text).problems)
        self.problem.setText(problems)
        self.problem.setToolTip(plain_tip(problems))
        self.items.find(text)

    def _go_to_found(self) -> None:
        """From the words to what they find, for whoever has no mouse at hand."""
        self._find()
        self.tiles.setFocus(Qt.FocusReason.OtherFocusReason)

    def _settled(self, total: int) -> None:
        asked = self.items.search
        self.count.setText(f"{total:,} {'found' if asked else 'made'}".replace(",", " ") if total else "")
        if not total:
            if asked == _FAVOURITES:
                self.empty.say("No favourites yet: choose a picture and keep it.", "Show everything")
            elif asked and all(not term.key for term in query.parse(asked)):
                self.empty.say(f"Nothing has “{asked}” in its prompt, model, seed or date.", "Show everything")
            elif asked:
                self.empty.say("Nothing is like that. Ask for less.", "Show everything")
            else:
                self.empty.say(_NOTHING, _FIRST)
        if self._pages.currentWidget() is not self.beside:
            self._pages.setCurrentWidget(self.tiles if total else self.empty)
        self._show_details()
        self._show_chosen()

    def _show_details(self) -> None:
        """Away while there is nothing at all, and while things are compared."""
        wanted = bool(self.items.total or self.items.search) and self._pages.currentWidget() is not self.beside
        self.details.setVisible(wanted)
        self._line.setVisible(wanted)

    def _show_chosen(self) -> None:
        self.details.show_items(self.tiles.chosen(), self.tiles.chosen_ids())

    def _undo_changed(self, count: int) -> None:
        self.put_back.setVisible(count > 0)
        self.put_back.setText(f"Put back {count} from the bin" if count > 1 else "Put back from the bin")

    def _empty_acted(self) -> None:
        if self.items.search:
            self.look_for("")
        else:
            self.make_first_requested.emit()
