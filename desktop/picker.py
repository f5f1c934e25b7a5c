"""A list that pops up, is searched while one types, and gives back what was taken: commands, past prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetrics,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QPainter,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop import measures, theme
from desktop.controls import set_role

_DETAIL = int(Qt.ItemDataRole.UserRole) + 1
_VALUE = int(Qt.ItemDataRole.UserRole) + 2
ROW = 34
SHOWN = 9


@dataclass(frozen=True)
class Row:
    """One line: its words, what stands small at its right, and what taking it gives."""

    text: str
    value: Any
    detail: str = ""


class _Painter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        now = theme.current()
        box: QRect = option.rect.adjusted(0, 1, 0, -1)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.color("hover"))
            painter.drawRoundedRect(box, measures.RADIUS_SMALL, measures.RADIUS_SMALL)
        inside = box.adjusted(10, 0, -10, 0)
        small = measures.font(measures.SMALL)
        detail = str(index.data(_DETAIL) or "")
        width = QFontMetrics(small).horizontalAdvance(detail)
        painter.setFont(small)
        painter.setPen(now.color("text_3"))
        painter.drawText(inside, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), detail)
        painter.setFont(measures.font())
        painter.setPen(now.color("text"))
        room = inside.width() - (width + 16 if width else 0)
        words = painter.fontMetrics().elidedText(" ".join(str(index.data()).split()), Qt.TextElideMode.ElideRight, room)
        painter.drawText(inside, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
        painter.restore()


class Picker(QFrame):
    """The pop-up. `open_at` shows it; `taken` gives the value of the row that was chosen; `shut` when it has gone."""

    taken = Signal(object)
    shut = Signal()

    def __init__(self, parent: QWidget, ask: str, empty: str) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        set_role(self, "float")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._rows: Sequence[Row] = ()
        self._empty = empty
        inside = QVBoxLayout(self)
        inside.setContentsMargins(8, 8, 8, 8)
        inside.setSpacing(6)
        self.search = QLineEdit()
        self.search.setPlaceholderText(ask)
        self.search.setAccessibleName(ask)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.list = QListView()
        self.list.setAccessibleName(ask)
        self.list.setItemDelegate(_Painter(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.entered.connect(self.list.setCurrentIndex)
        self.list.clicked.connect(self._take)
        self._model = QStandardItemModel(self)
        self.list.setModel(self._model)
        self.none = QLabel(empty)
        self.none.setMargin(10)
        set_role(self.none, "third")
        inside.addWidget(self.search)
        inside.addWidget(self.list)
        inside.addWidget(self.none)

    def open_at(self, rows: Sequence[Row], where: QPoint, width: int, upwards: bool = False) -> None:
        """Show these rows with the top left corner (bottom left, `upwards`) at a global point."""
        self._rows = rows
        self.search.clear()
        self._filter("")
        height = 8 * 2 + 6 + 32 + ROW * min(max(len(rows), 2), SHOWN) + 4
        self.resize(width, height)
        corner = where - QPoint(0, height) if upwards else where
        if screen := QGuiApplication.screenAt(where):
            free = screen.availableGeometry()
            corner.setX(min(max(corner.x(), free.left()), free.right() - width))
            corner.setY(min(max(corner.y(), free.top()), free.bottom() - height))
        self.move(corner)
        self.show()
        self.search.setFocus()

    def _filter(self, typed: str) -> None:
        words = typed.casefold().split()
        self._model.clear()
        for row in self._rows:
            if all(w in row.text.casefold() for w in words):
                item = QStandardItem(row.text)
                item.setData(row.detail, _DETAIL)
                item.setData(row, _VALUE)
                item.setAccessibleText(f"{row.text} {row.detail}".strip())
                self._model.appendRow(item)
        found = self._model.rowCount() > 0
        self.list.setVisible(found)
        self.none.setVisible(not found)
        self.none.setText("Nothing found." if self._rows else self._empty)
        if found:
            self.list.setCurrentIndex(self._model.index(0, 0))

    def _take(self, index: QModelIndex) -> None:
        if index.isValid():
            row: Row = index.data(_VALUE)
            self.close()
            self.taken.emit(row.value)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.shut.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            at, last = self.list.currentIndex().row(), self._model.rowCount() - 1
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: SHOWN, Qt.Key.Key_PageUp: -SHOWN}
            if (step := steps.get(Qt.Key(event.key()))) is not None and last >= 0:
                self.list.setCurrentIndex(self._model.index(min(max(at + step, 0), last), 0))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take(self.list.currentIndex())
                return True
        return super().eventFilter(watched, event)
