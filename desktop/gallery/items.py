"""The list of what was made, in pages: ten thousand pictures cost no more than those that were looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from desktop.canvas.hand import file_data
from desktop.gallery.shelf import Shelf, made_at, name_of

if TYPE_CHECKING:
    from models.outputs.library import Item

ITEM = int(Qt.ItemDataRole.UserRole) + 1
PAGE = 120

Index = QModelIndex | QPersistentModelIndex


class Items(QAbstractListModel):
    """Newest first. `settled` follows each answer of the shelf, with how many there are in all."""

    settled = Signal(int)

    def __init__(self, shelf: Shelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shelf = shelf
        self.search, self.favourites = "", False
        self.total = 0
        self._items: list[Item] = []
        self._asking = False
        self._ticket = 0
        shelf.came.connect(self._came)
        shelf.went.connect(self._went)
        shelf.altered.connect(self._altered)
        shelf.changed.connect(self.ask_again)

    def find(self, search: str = "", favourites: bool = False) -> None:
        """Only what has all these words in prompt, model, seed, date or name."""
        self.search, self.favourites = search, favourites
        self.ask_again()

    def ask_again(self) -> None:
        """The first page anew; what is shown stays until it is here."""
        self._ticket += 1
        self._ask(0)

    def item(self, index: Index) -> Item | None:
        return self._items[index.row()] if index.isValid() and index.row() < len(self._items) else None

    def row_of(self, path: str) -> int:
        """The row of a file, -1 where it is not among those loaded."""
        return next((row for row, item in enumerate(self._items) if item.path == path), -1)

    # ── what the view asks ────────────────────────────────────────────────────

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        item = self.item(index)
        if item is None:
            return None
        if role == ITEM:
            return item
        if role == Qt.ItemDataRole.AccessibleTextRole:
            kept = ", a favourite" if item.favourite else ""
            return f"{name_of(item)}, {item.model}, {made_at(item):%d %B %Y %H:%M}{kept}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return name_of(item)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and not self._asking and 0 < len(self._items) < self.total

    def fetchMore(self, parent: Index) -> None:
        self._ask(len(self._items))

    def mimeTypes(self) -> list[str]:
        return ["text/uri-list"]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        return file_data([item.path for index in indexes if (item := self.item(index))])

    # ── what the shelf answers ────────────────────────────────────────────────

    def _ask(self, offset: int) -> None:
        self._asking = True
        ticket = self._ticket
        self.shelf.page(
            self.search, self.favourites, PAGE, offset, lambda items, total: self._take(ticket, offset, items, total)
        )

    def _take(self, ticket: int, offset: int, items: tuple[Item, ...], total: int) -> None:
        if ticket != self._ticket:
            return
        self._asking = False
        self.total = total
        if offset == 0:
            if [i.id for i in items] != [i.id for i in self._items[: len(items)]] or len(self._items) > total:
                self.beginResetModel()
                self._items = list(items)
                self.endResetModel()
            elif items:
                self._items[: len(items)] = items
                self.dataChanged.emit(self.index(0), self.index(len(items) - 1))
        else:
            # Something made meanwhile moves the pages on: what is here already comes again then.
            known = {item.id for item in self._items}
            if new := [item for item in items if item.id not in known]:
                self.beginInsertRows(QModelIndex(), len(self._items), len(self._items) + len(new) - 1)
                self._items.extend(new)
                self.endInsertRows()
        self.settled.emit(total)

    def _came(self, item: Item) -> None:
        if self.search or self.favourites:
            self.ask_again()  # whether it belongs here is the library's to say
            return
        if (row := self.row_of(item.path)) >= 0:
            self._items[row] = item
            self.dataChanged.emit(self.index(row), self.index(row))
            return
        self.beginInsertRows(QModelIndex(), 0, 0)
        self._items.insert(0, item)
        self.endInsertRows()
        self.total += 1
        self.settled.emit(self.total)

    def _went(self, ids: set[int]) -> None:
        for row in reversed(range(len(self._items))):
            if self._items[row].id in ids:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._items[row]
                self.endRemoveRows()
                self.total -= 1
        self.settled.emit(max(self.total, len(self._items)))

    def _altered(self, item: Item) -> None:
        if self.favourites:
            self.ask_again()
        for row, held in enumerate(self._items):
            if held.id == item.id:
                self._items[row] = item
                self.dataChanged.emit(self.index(row), self.index(row))
