"""Rows of every list of models: a family's name in its colour, and a model with what it is, painted alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop import measures, theme

LINE = int(Qt.ItemDataRole.UserRole) + 1
HEAD, ROW = 32, 44  # px
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_DOT = 15  # px that a row's own colour takes


@dataclass(frozen=True)
class Line:
    """One row; without a `key` it is a heading. `dotted`: it shows its family's colour itself, where no heading does.

    `warns`: the small line tells of something that is wrong. `said` is what a screen reader says.
    """

    title: str
    key: str = ""
    under: str = ""
    right: str = ""
    family: str = ""
    warns: bool = False
    dotted: bool = False
    said: str = ""
    tip: str = ""


class Rows(QAbstractListModel):
    """Any number of lines, shown at once."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[Line, ...] = ()

    def show_lines(self, lines: Iterable[Line]) -> None:
        """Show these in place of what was there."""
        self.beginResetModel()
        self.lines = tuple(lines)
        self.endResetModel()

    def place(self, key: str) -> QModelIndex:
        """Where the line of that key is; an index of nothing where it is not."""
        at = next((n for n, line in enumerate(self.lines) if key and line.key == key), -1)
        return self.index(at, 0) if at >= 0 else QModelIndex()

    def first(self) -> QModelIndex:
        """The first line that is no heading."""
        at = next((n for n, line in enumerate(self.lines) if line.key), -1)
        return self.index(at, 0) if at >= 0 else QModelIndex()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line = self.lines[index.row()]
        if role == LINE:
            return line
        if role == Qt.ItemDataRole.DisplayRole:
            return line.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return line.said or ", ".join(part for part in (line.title, line.under, line.right) if part)
        return (line.tip or None) if role == Qt.ItemDataRole.ToolTipRole else None

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        if not index.isValid() or not self.lines[index.row()].key:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren


class Painter(QStyledItemDelegate):
    """Paints a `Line` from the theme's colours."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, ROW if index.data(LINE).key else HEAD)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        now = theme.current()
        line: Line = index.data(LINE)
        colour = QColor(now.tokens.family(line.family))
        box: QRect = option.rect.adjusted(8, 0, -8, 0)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if line.key:
            self._model(painter, option, line, colour, box.adjusted(0, 1, 0, -1))
        else:
            words = box.adjusted(8, 6, 0, 0)
            if line.family:
                _dot(painter, colour, box.left() + 8, box.center().y() + 3)
                words.setLeft(words.left() + _DOT)
            painter.setFont(measures.font(measures.SMALL))
            painter.setPen(now.color("text_3"))
            painter.drawText(words, _LEFT, line.title)
        painter.restore()

    def _model(self, painter: QPainter, option: QStyleOptionViewItem, line: Line, colour: QColor, box: QRect) -> None:
        now = theme.current()
        t = now.tokens
        state = option.state  # type: ignore[attr-defined]
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(t.mixed(colour.name(), 0.13, t.panel) if chosen else t.control))
            edge = QColor(t.mixed(colour.name(), 0.5 if state & QStyle.StateFlag.State_HasFocus else 0.32, t.panel))
            painter.setPen(QPen(edge, 1) if chosen else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), measures.RADIUS, measures.RADIUS)
        inside = box.adjusted(8, 4, -9, -4)
        upper, lower = QRect(inside), QRect(inside)
        upper.setHeight(inside.height() // 2)
        lower.setTop(upper.bottom() + 1)
        if line.dotted:
            _dot(painter, colour, inside.left(), upper.center().y() + 1)
            upper.setLeft(upper.left() + _DOT)
            lower.setLeft(lower.left() + _DOT)
        painter.setFont(measures.font(measures.SMALL))
        small = now.color("text_2" if chosen else "text_3")
        painter.setPen(small)
        painter.drawText(upper, _RIGHT, line.right)
        taken = painter.fontMetrics().horizontalAdvance(line.right) + 8 if line.right else 0
        painter.setPen(now.color("warn") if line.warns else small)
        painter.drawText(lower, _LEFT, _cut(painter, line.under, lower.width()))
        painter.setFont(measures.font(measures.BODY, QFont.Weight.Medium))
        painter.setPen(now.color("text_2" if line.warns else "text"))
        painter.drawText(upper, _LEFT, _cut(painter, line.title, upper.width() - taken))


def _dot(painter: QPainter, colour: QColor, left: int, middle: int) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(QRectF(left, middle - 3.5, 8, 8), 2.5, 2.5)


def _cut(painter: QPainter, words: str, width: int) -> str:
    return painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, width)
