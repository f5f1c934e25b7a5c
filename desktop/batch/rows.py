"""The rows of a batch as a list: what each will be called, what it is made of, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from desktop import theme
from models.batch.rows import Row

_At = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()
_STATE = 2
_HEIGHT, _SAID = 26, 110  # px of a row, and of the column of states


class RowsModel(QAbstractTableModel):
    """Files' names, what they are made of, and their states."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: Sequence[Row] = ()
        self.done: dict[str, str] = {}  # paths by id
        self.failed: dict[str, str] = {}  # reasons by id
        self._states: dict[str, str] = {}
        self._places: dict[str, int] = {}

    def show(self, rows: Sequence[Row], done: Mapping[str, str]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.done = {row.id: done[row.id] for row in rows if row.id in done}
        self.failed, self._states = {}, {}
        self._places = {row.id: at for at, row in enumerate(rows)}
        self.endResetModel()

    def row_of(self, id: str) -> Row | None:
        return self.rows[at] if (at := self._places.get(id)) is not None else None

    def say(self, id: str, state: str) -> None:
        """What it is at."""
        self._states[id] = state
        if (at := self._places.get(id)) is not None:
            self.dataChanged.emit(self.index(at, 0), self.index(at, _STATE))

    def finish(self, id: str, path: str, words: str) -> None:
        self.done[id] = path
        self.failed.pop(id, None)
        self.say(id, words)

    def fail(self, id: str, reason: str) -> None:
        self.failed[id] = reason
        self.say(id, "failed")

    def state(self, id: str) -> str:
        return self._states.get(id) or ("there" if id in self.done else "")

    # ── Qt's ──────────────────────────────────────────────────────────────────

    def rowCount(self, parent: _At = _NONE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _At = _NONE) -> int:
        return 0 if parent.isValid() else _STATE + 1

    def data(self, index: _At, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        failed = self.failed.get(row.id)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return (row.file, failed or _about(row), self.state(row.id))[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return failed or f"{row.file}\n{row.request.prompt[:400]}"
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme.current().color("warn" if failed else ("text", "text_2", "text_3")[index.column()])
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(0, _HEIGHT)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == _STATE:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


class RowsView(QTreeView):
    """`opened` carries the path of a finished row that was taken."""

    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = RowsModel(self)
        self.setModel(self.rows)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setHeaderHidden(True)
        self.setAllColumnsShowFocus(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Rows of the batch")
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(60)
        for column in (0, 1):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_STATE, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(_STATE, _SAID)
        self.activated.connect(self._open)
        theme.current().changed.connect(self._recolour)
        self._recolour()

    def _recolour(self) -> None:
        palette = self.palette()
        palette.setColor(palette.ColorRole.Highlight, QColor(theme.current().tokens.hover))
        self.setPalette(palette)
        self.viewport().update()

    def _open(self, index: QModelIndex) -> None:
        if path := self.rows.done.get(self.rows.rows[index.row()].id):
            self.opened.emit(path)


def _about(row: Row) -> str:
    """Where it lies in the grid, or what it is made of."""
    at = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in row.at)
    return at or row.request.prompt or row.source.preset.name
