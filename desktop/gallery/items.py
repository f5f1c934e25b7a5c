"""The list of what was made: every id at once, and the items themselves as they are looked at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from desktop.controls import plain_tip
from desktop.gallery.shelf import Shelf, made_at, name_of

if TYPE_CHECKING:
    from models.outputs.library import Item

ITEM = int(Qt.ItemDataRole.UserRole) + 1
PAGE = 120
_HELD = 4000  # items: a few hundred are in sight, the others are asked for again
_WANTS = 4  # pages: older wishes were scrolled past
_ONE_BY_ONE = 40  # rows taken out singly; of more, the list is told to be another one

Index = QModelIndex | QPersistentModelIndex


class Items(QAbstractListModel):
    """Newest first. `settled` follows each answer of the shelf, with how many there are in all. An item that is not
    here yet is None, and is asked for."""

    settled = Signal(int)

    def __init__(self, shelf: Shelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shelf = shelf
        self.search = ""
        self.ids: list[int] = []
        self._held: OrderedDict[int, Item] = OrderedDict()
        self._stale: set[int] = set()
        self._wanted: OrderedDict[int, None] = OrderedDict()  # pages
        self._asked: set[int] = set()  # ids that are on their way
        self._ticket = 0
        self._settled_search: str | None = None  # what the ids are the answer to
        shelf.came.connect(self._came)
        shelf.went.connect(self._went)
        shelf.altered.connect(self._altered)
        shelf.changed.connect(self.ask_again)

    @property
    def total(self) -> int:
        return len(self.ids)

    def find(self, search: str = "") -> None:
        """Only what a search (`models.outputs.query`) finds."""
        self.search = search
        self.ask_again()

    def ask_again(self) -> None:
        """All anew; what is shown stays until it is here."""
        self._ticket += 1
        ticket, search = self._ticket, self.search
        self.shelf.find(search, PAGE, lambda ids, first: self._take(ticket, search, ids, first))

    def item(self, index: Index) -> Item | None:
        return self.at(index.row()) if index.isValid() else None

    def at(self, row: int) -> Item | None:
        """The item of a row, None where it is still to come."""
        if not 0 <= row < len(self.ids):
            return None
        id = self.ids[row]
        found = self._held.get(id)
        if found is None or id in self._stale:
            self._want(row // PAGE)
        return found

    def row_of(self, path: str) -> int:
        """The row of a file, -1 where it is not among those that were looked at."""
        id = next((item.id for item in self._held.values() if item.path == path), None)
        return self.ids.index(id) if id is not None and id in self.ids else -1

    # ── what the view asks ────────────────────────────────────────────────────

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.ids)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role not in (ITEM, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return None
        item = self.item(index)
        if item is None or role == ITEM:
            return item
        if role == Qt.ItemDataRole.AccessibleTextRole:
            kept = ", a favourite" if item.favourite else ""
            stars = f", {item.rating} stars" if item.rating else ""
            return f"{name_of(item)}, {item.model}, {made_at(item):%d %B %Y %H:%M}{kept}{stars}"
        return plain_tip(name_of(item))

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    # ── what the shelf answers ────────────────────────────────────────────────

    def _take(self, ticket: int, search: str, ids: list[int], first: tuple[Item, ...]) -> None:
        if ticket != self._ticket:
            return
        self._stale = set(self._held)
        self._asked.clear()
        self._wanted.clear()
        same, self._settled_search = search == self._settled_search, search
        self._hold(first)
        if ids == self.ids:
            self._tell_all()
        elif not (same and self._become(ids)):
            self.beginResetModel()
            self.ids = ids
            self.endResetModel()
        self.settled.emit(len(ids))

    def _become(self, ids: list[int]) -> bool:
        """Row by row, so that what is chosen stays so; False where too much is another than it was."""
        was, now = set(self.ids), set(ids)
        gone, came = was - now, now - was
        many = not was or len(gone) + len(came) > _ONE_BY_ONE
        if many or [id for id in self.ids if id in now] != [id for id in ids if id in was]:
            return False
        self._take_out(gone)
        for row, id in enumerate(ids):
            if id in came:
                self.beginInsertRows(QModelIndex(), row, row)
                self.ids.insert(row, id)
                self.endInsertRows()
        self._tell_all()
        return True

    def _want(self, page: int) -> None:
        """Ask for a page, the newest wish first, two at a time: scrolling through thousands asks for what stays."""
        self._wanted[page] = None
        self._wanted.move_to_end(page)
        while len(self._wanted) > _WANTS:
            self._wanted.popitem(last=False)
        self._ask_next()

    def _ask_next(self) -> None:
        while self._wanted and len(self._asked) <= PAGE:
            page, _ = self._wanted.popitem(last=True)
            part = self.ids[page * PAGE : (page + 1) * PAGE]
            wanted = [id for id in part if id not in self._asked and (id not in self._held or id in self._stale)]
            if wanted:
                self._asked.update(wanted)
                given_up = partial(self._asked.difference_update, wanted)  # they are asked for again when they are seen
                self.shelf.many(wanted, partial(self._arrived, self._ticket, wanted), given_up)

    def _arrived(self, ticket: int, ids: list[int], items: tuple[Item, ...]) -> None:
        self._asked.difference_update(ids)
        if ticket != self._ticket:
            return
        self._hold(items)
        self._tell_all()
        if gone := (set(ids) - {item.id for item in items}) & set(self.ids):
            self._went(gone)  # by another process
        self._ask_next()

    def _hold(self, items: Iterable[Item]) -> None:
        for item in items:
            self._held[item.id] = item
            self._held.move_to_end(item.id)
            self._stale.discard(item.id)
        while len(self._held) > _HELD:
            self._held.popitem(last=False)

    def _tell_all(self) -> None:
        if self.ids:
            self.dataChanged.emit(self.index(0), self.index(len(self.ids) - 1))

    def _came(self, item: Item) -> None:
        if self.search:
            self.ask_again()  # whether it belongs here is the library's to say
            return
        self._hold([item])
        if item.id in self.ids:
            self._tell_all()
            return
        self.beginInsertRows(QModelIndex(), 0, 0)
        self.ids.insert(0, item.id)
        self.endInsertRows()
        self.settled.emit(len(self.ids))

    def _went(self, gone: set[int]) -> None:
        rows = [row for row, id in enumerate(self.ids) if id in gone]
        if len(rows) > _ONE_BY_ONE:
            self.beginResetModel()
            self.ids = [id for id in self.ids if id not in gone]
            self.endResetModel()
        else:
            self._take_out(gone)
        for id in gone:  # only now: while rows go, what is still chosen is looked at
            self._held.pop(id, None)
        self.settled.emit(len(self.ids))

    def _take_out(self, gone: set[int]) -> None:
        for row in reversed([row for row, id in enumerate(self.ids) if id in gone]):
            self.beginRemoveRows(QModelIndex(), row, row)
            del self.ids[row]
            self.endRemoveRows()

    def _altered(self, items: tuple[Item, ...]) -> None:
        if self.search:
            self.ask_again()
        self._hold(item for item in items if item.id in self._held)
        self._tell_all()
