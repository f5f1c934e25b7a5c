"""The column at the left of the room of models: searched by typing, filtered and sorted, on both of its sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListView, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from desktop import theme
from desktop.catalog import families, wording
from desktop.catalog.pick import Pick
from desktop.catalog.rows import Line, Painter, Rows
from desktop.controls import set_role
from desktop.empty import Empty

WIDTH = 336  # px
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True)
class Asked:
    """What the person wants to see; empty fields ask for nothing."""

    words: str = ""
    medium: str = ""
    family: str = ""
    fits: bool = False
    order: str = ""


class Column(QWidget):
    """`asked` when what is wanted changes; `chosen` carries the key of a line, `used` the key of one that was entered.

    Whoever owns it answers `asked` with `show_lines`.
    """

    asked = Signal()
    chosen = Signal(str)
    used = Signal(str)

    def __init__(
        self, find: str, name: str, orders: Sequence[tuple[str, str]], nothing: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        set_role(self, "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self._chosen = ""
        self._quiet = False
        self.search = QLineEdit()
        self.search.setPlaceholderText(find)
        self.search.setAccessibleName(find)
        self.search.textChanged.connect(lambda _: self.asked.emit())
        self.search.installEventFilter(self)
        media = [(words, medium) for medium, words in wording.MEDIUM_NAMES.items()]
        names = [(words, family) for family, words in families.NAMES.items()]
        self.medium = Pick("What it makes", [("Anything", ""), *media], self)
        self.family = Pick("Family", [("Any family", ""), *names], self)
        self.order = Pick("Order", orders, self)
        for pick in (self.medium, self.family, self.order):
            pick.picked.connect(lambda _: self.asked.emit())
        self.fits = QPushButton("Fits here")
        set_role(self.fits, "segment")
        self.fits.setCheckable(True)
        self.fits.setToolTip("Only what this machine's memory has room for")
        self.fits.setAccessibleDescription(self.fits.toolTip())
        self.fits.toggled.connect(lambda _: None if self._quiet else self.asked.emit())
        self.rows = Rows(self)
        self.pages = QStackedWidget(self)
        self.list = QListView(self.pages)
        self.list.setAccessibleName(name)
        self.list.setItemDelegate(Painter(self.list))
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.setModel(self.rows)
        self.list.selectionModel().currentChanged.connect(self._took)
        self.list.doubleClicked.connect(self._use)
        self.list.installEventFilter(self)
        self.empty = Empty(nothing, "Show all", self.pages)
        self.empty.acted.connect(self.show_all)
        self._place()
        theme.current().changed.connect(self.list.viewport().update)

    def _place(self) -> None:
        self.pages.addWidget(self.list)
        self.pages.addWidget(self.empty)
        top = QVBoxLayout()
        top.setContentsMargins(8, 10, 8, 6)
        top.setSpacing(6)
        top.addWidget(self.search)
        for pair in ((self.medium, self.family), (self.fits, self.order)):
            row = QHBoxLayout()
            row.setSpacing(6)
            for control in pair:
                row.addWidget(control, 1)
            top.addLayout(row)
        self.foot = QVBoxLayout()
        self.foot.setContentsMargins(8, 4, 8, 8)
        self.foot.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.pages, 1)
        column.addLayout(self.foot)
        for first, second in (
            (self.search, self.medium), (self.medium, self.family), (self.family, self.fits),
            (self.fits, self.order), (self.order, self.list),
        ):  # fmt: skip
            QWidget.setTabOrder(first, second)

    def wanted(self) -> Asked:
        """What is asked for now."""
        return Asked(
            self.search.text().strip(),
            self.medium.value(),
            self.family.value(),
            self.fits.isChecked(),
            self.order.value(),
        )

    def show_all(self) -> None:
        """Ask for nothing in particular."""
        self._quiet = True
        self.medium.set_value("")
        self.family.set_value("")
        self.fits.setChecked(False)
        self._quiet = False
        if self.search.text():
            self.search.clear()
        else:
            self.asked.emit()

    def show_lines(self, lines: Iterable[Line]) -> None:
        """These lines; what was chosen stays so, and in its place on the screen."""
        found = tuple(lines)
        if found != self.rows.lines:
            bar = self.list.verticalScrollBar()
            at, before = bar.value(), [line.key for line in self.rows.lines]
            selection = self.list.selectionModel()
            selection.blockSignals(True)
            self.rows.show_lines(found)
            selection.blockSignals(False)
            self._mark()
            if before == [line.key for line in found]:
                bar.setValue(at)
        self.pages.setCurrentWidget(self.list if any(line.key for line in found) else self.empty)

    def choose(self, key: str) -> None:
        """Show that one as chosen, and bring it into sight, without saying so."""
        self._chosen = key
        self._mark()
        if (index := self.rows.place(key)).isValid():
            self.list.scrollTo(index)

    @property
    def key(self) -> str:
        """The key of the chosen line, whether or not it is among those that are shown."""
        return self._chosen

    def _mark(self) -> None:
        selection = self.list.selectionModel()
        selection.blockSignals(True)
        self.list.setCurrentIndex(self.rows.place(self._chosen))
        selection.blockSignals(False)
        self.list.viewport().update()

    def _took(self, index: QModelIndex) -> None:
        key = self.rows.lines[index.row()].key if index.isValid() else ""
        if key and key != self._chosen:
            self._chosen = key
            self.chosen.emit(key)

    def _use(self, index: QModelIndex) -> None:
        if index.isValid() and (key := self.rows.lines[index.row()].key):
            self.used.emit(key)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        key = event.key()
        if watched is self.search and key == Qt.Key.Key_Down:
            self.list.setFocus()
            if not self.list.currentIndex().isValid():
                self.list.setCurrentIndex(self.rows.first())
            return True
        if watched is self.search and key in _ENTER:
            self.list.setCurrentIndex(self.rows.first())
            return True
        if watched is self.list and key in _ENTER:
            self._use(self.list.currentIndex())
            return True
        if key == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
            self.search.setFocus()
            return True
        return super().eventFilter(watched, event)


def grouped(lines: Iterable[Line]) -> list[Line]:
    """Under a heading for each family, in the program's order of families; the order within stays."""
    found: list[Line] = []
    for line in sorted(lines, key=lambda line: families.order(line.family)):
        if not found or found[-1].family != line.family:
            found.append(Line(families.name(line.family), family=line.family))
        found.append(line)
    return found
