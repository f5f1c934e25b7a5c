"""A view that lays out equal cells by arithmetic: twenty-five thousand cost what a screenful costs.

Qt's own list view asks its model for each row when it lays out, which for a model in Python takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

Index = QModelIndex | QPersistentModelIndex


class Grid(QAbstractItemView):
    """Rows of a list model in cells of one size: one line that runs sideways where `one_line`, else lines that run
    down. `paint_cell` is the subclass's."""

    def __init__(self, cell: QSize, one_line: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cell, self._one_line = cell, one_line
        self._under = -1  # the row that the pointer is over
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)

    def paint_cell(self, painter: QPainter, box: QRect, index: QModelIndex, chosen: bool, lit: bool) -> None:
        """One cell; `lit` where it is under the pointer or has the focus."""
        raise NotImplementedError

    # ── where things are ──────────────────────────────────────────────────────

    @property
    def columns(self) -> int:
        """Cells in a line."""
        if self._one_line:
            return max(self._count(), 1)
        return max(self.viewport().width() // self.cell.width(), 1)

    def _count(self) -> int:
        model: QAbstractItemModel | None = self.model()
        return model.rowCount(self.rootIndex()) if model is not None else 0

    def _box(self, row: int) -> QRect:
        down, across = divmod(row, self.columns)
        x, y = across * self.cell.width(), down * self.cell.height()
        return QRect(QPoint(x - self.horizontalOffset(), y - self.verticalOffset()), self.cell)

    def _row_at(self, point: QPoint) -> int:
        """The row whose cell lies there, -1 where there is none."""
        across = (point.x() + self.horizontalOffset()) // self.cell.width()
        down = (point.y() + self.verticalOffset()) // self.cell.height()
        row = down * self.columns + across
        inside = 0 <= across < self.columns and down >= 0 and row < self._count()
        return row if inside else -1

    def rows_in_sight(self) -> range:
        """The rows of which something can be seen."""
        if self._one_line:
            first = self.horizontalOffset() // self.cell.width()
            last = (self.horizontalOffset() + self.viewport().width()) // self.cell.width()
        else:
            first = self.verticalOffset() // self.cell.height() * self.columns
            last = ((self.verticalOffset() + self.viewport().height()) // self.cell.height() + 1) * self.columns - 1
        return range(max(first, 0), min(last + 1, self._count()))

    def visualRect(self, index: Index) -> QRect:
        return self._box(index.row()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:
        row = self._row_at(point)
        return self.model().index(row, 0, self.rootIndex()) if row >= 0 else QModelIndex()

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        if not index.isValid():
            return
        box, sight = self.visualRect(index), self.viewport().rect()
        for bar, low, high, end in (
            (self.horizontalScrollBar(), box.left(), box.right(), sight.right()),
            (self.verticalScrollBar(), box.top(), box.bottom(), sight.bottom()),
        ):
            if low < 0 or hint == QAbstractItemView.ScrollHint.PositionAtTop:
                bar.setValue(bar.value() + low)
            elif high > end:
                bar.setValue(bar.value() + high - end)

    def horizontalOffset(self) -> int:
        return int(self.horizontalScrollBar().value())

    def verticalOffset(self) -> int:
        return int(self.verticalScrollBar().value())

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def updateGeometries(self) -> None:
        lines = -(-self._count() // self.columns)
        width = self._count() * self.cell.width() if self._one_line else 0
        height = 0 if self._one_line else lines * self.cell.height()
        for bar, whole, seen, step in (
            (self.horizontalScrollBar(), width, self.viewport().width(), self.cell.width()),
            (self.verticalScrollBar(), height, self.viewport().height(), self.cell.height()),
        ):
            bar.setRange(0, max(whole - seen, 0))
            bar.setPageStep(seen)
            bar.setSingleStep(max(step // 4, 1))
        super().updateGeometries()

    # ── choosing ──────────────────────────────────────────────────────────────

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        count, at = self._count(), self.currentIndex().row()
        if not count:
            return QModelIndex()
        to, ways = QAbstractItemView.CursorAction, self.columns
        page = max(self.viewport().height() // self.cell.height(), 1) * ways
        by = {
            to.MoveLeft: -1, to.MovePrevious: -1, to.MoveRight: 1, to.MoveNext: 1,
            to.MoveUp: -ways, to.MoveDown: ways, to.MovePageUp: -page, to.MovePageDown: page,
        }  # fmt: skip
        if self._one_line:
            step = max(self.viewport().width() // self.cell.width(), 1)
            by |= {to.MoveUp: 0, to.MoveDown: 0, to.MovePageUp: -step, to.MovePageDown: step}
        if action in (to.MoveHome, to.MoveEnd) or at < 0:
            row = count - 1 if action == to.MoveEnd else 0
        else:
            row = at + by.get(action, 0)
            if not 0 <= row < count:  # a page stops at the edge, a single step stays
                row = min(max(row, 0), count - 1) if action in (to.MovePageUp, to.MovePageDown) else at
        return self.model().index(row, 0, self.rootIndex())

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Everything from the first to the last cell that the two corners lie in, as text is selected."""
        rows = sorted(self._nearest(corner) for corner in (rect.topLeft(), rect.bottomRight()))
        if not self._count():
            return
        model = self.model()
        ends = (model.index(row, 0, self.rootIndex()) for row in rows)
        self.selectionModel().select(QItemSelection(*ends), command)

    def _nearest(self, point: QPoint) -> int:
        across = min(max((point.x() + self.horizontalOffset()) // self.cell.width(), 0), self.columns - 1)
        down = max((point.y() + self.verticalOffset()) // self.cell.height(), 0)
        return min(down * self.columns + across, max(self._count() - 1, 0))

    def keyboardSearch(self, search: str) -> None:
        """Nothing: it would ask each row for its name, and the search box does it better."""

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())

    def chosen_rows(self) -> Iterator[int]:
        """The rows that are selected, from the top."""
        parts = self.selectionModel().selection()
        for part in sorted(parts, key=lambda part: part.top()):  # type: ignore[call-overload]
            yield from range(part.top(), part.bottom() + 1)

    # ── what happens ──────────────────────────────────────────────────────────

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        model, choice, current = self.model(), self.selectionModel(), self.currentIndex().row()
        for row in self.rows_in_sight():
            box = self._box(row)
            if box.intersects(event.rect()):
                index = model.index(row, 0, self.rootIndex())
                lit = row == self._under or (row == current and self.hasFocus())
                self.paint_cell(painter, box, index, choice.isSelected(index), lit)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """What is there moves along, and only what comes into sight is painted."""
        self.scrollDirtyRegion(dx, dy)
        self.viewport().scroll(dx, dy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # What was on top stays on top where the lines become other ones.
        old = max(event.oldSize().width() // self.cell.width(), 1)
        first = self.verticalOffset() // self.cell.height() * old
        super().resizeEvent(event)
        self.updateGeometries()
        if not self._one_line and event.oldSize().isValid() and old != self.columns:
            self.verticalScrollBar().setValue(first // self.columns * self.cell.height())

    def reset(self) -> None:
        super().reset()
        self.updateGeometries()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        self._later()

    def rowsAboutToBeRemoved(self, parent: Index, start: int, end: int) -> None:
        super().rowsAboutToBeRemoved(parent, start, end)
        self._under = -1

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        if model is not None:
            model.rowsRemoved.connect(self._later)

    def _later(self, *_: Any) -> None:
        self.updateGeometries()
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._row_at(event.position().toPoint()))
        super().mouseMoveEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def _hover(self, row: int) -> None:
        if row != self._under:
            for one in (row, self._under):
                self.viewport().update(self._box(one) if one >= 0 else QRect())
            self._under = row
