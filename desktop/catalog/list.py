"""The models on the left, grouped by family in its colour, found by typing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPen,
    QShortcut,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop import measures, theme
from desktop.catalog import families
from desktop.controls import set_role
from models.protocol import ModelInfo

_MODEL = int(Qt.ItemDataRole.UserRole) + 1
_FAMILY = int(Qt.ItemDataRole.UserRole) + 2
_PACE = int(Qt.ItemDataRole.UserRole) + 3
HEAD, ROW = 32, 44  # px
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class _Painter(QStyledItemDelegate):
    """Two kinds of row: a family's name with its colour, and a model with what it is and how fast."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, ROW if index.data(_MODEL) else HEAD)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        now = theme.current()
        colour = QColor(now.tokens.family(str(index.data(_FAMILY))))
        box: QRect = option.rect.adjusted(8, 0, -8, 0)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        model: ModelInfo | None = index.data(_MODEL)
        if model is None:
            middle = box.center().y() + 3
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(box.left() + 8, middle - 3.5, 8, 8), 2.5, 2.5)
            painter.setFont(measures.font(measures.SMALL))
            painter.setPen(now.color("text_3"))
            painter.drawText(box.adjusted(23, 6, 0, 0), _LEFT, str(index.data()))
        else:
            self._model(painter, option, index, model, colour, box.adjusted(0, 1, 0, -1))
        painter.restore()

    def _model(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
        model: ModelInfo,
        colour: QColor,
        box: QRect,
    ) -> None:
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
        pace = str(index.data(_PACE) or "")
        painter.setFont(measures.font(measures.SMALL))
        small = now.color("text_2" if chosen else "text_3")
        painter.setPen(small)
        painter.drawText(upper, _RIGHT, pace)
        taken = painter.fontMetrics().horizontalAdvance(pace) + 8 if pace else 0
        painter.setPen(now.color("warn") if model.missing else small)
        painter.drawText(lower, _LEFT, self._cut(painter, what_it_is(model), lower.width()))
        painter.setFont(measures.font(measures.BODY, QFont.Weight.Medium))
        painter.setPen(now.color("text_2" if model.missing else "text"))
        painter.drawText(upper, _LEFT, self._cut(painter, model.name, upper.width() - taken))

    @staticmethod
    def _cut(painter: QPainter, words: str, width: int) -> str:
        return painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, width)


def what_it_is(model: ModelInfo) -> str:
    """The small line under a model's name."""
    if model.missing:
        return model.missing
    kind = model.card.name
    return kind if model.starter else f"{kind} · {families.size(model.size_bytes)}"


class ModelList(QWidget):
    """The column of models. `chosen` carries the ModelInfo the person took, `add_wanted` the wish for another."""

    chosen = Signal(object)
    add_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._models: Sequence[ModelInfo] = ()
        self._pace: dict[str, str] = {}
        self._chosen = ""
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find a model")
        self.search.setAccessibleName("Find a model")
        self.search.setClearButtonEnabled(False)
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.list = QListView()
        self.list.setAccessibleName("Models")
        self.list.setItemDelegate(_Painter(self.list))
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self._rows = QStandardItemModel(self)
        self.list.setModel(self._rows)
        self.list.selectionModel().currentChanged.connect(self._took)
        self.add = QPushButton("+ Add your own model…")
        set_role(self.add, "link")
        self.add.setCursor(Qt.CursorShape.PointingHandCursor)
        self.add.clicked.connect(self.add_wanted)
        top = QVBoxLayout()
        top.setContentsMargins(8, 10, 8, 4)
        top.addWidget(self.search)
        foot = QVBoxLayout()
        foot.setContentsMargins(8, 4, 8, 8)
        foot.addWidget(self.add)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        column.addLayout(foot)
        QShortcut(
            QKeySequence(Qt.Key.Key_Escape), self.search, self.search.clear, context=Qt.ShortcutContext.WidgetShortcut
        )
        theme.current().changed.connect(self.list.viewport().update)

    def set_models(self, models: Sequence[ModelInfo]) -> None:
        """Show these, grouped by family."""
        if tuple(models) != tuple(self._models):
            self._models = tuple(models)
            self._fill()

    def set_pace(self, pace: dict[str, str]) -> None:
        """What stands at the right of a model: how long one takes here, by model id."""
        if pace != self._pace:
            self._pace = dict(pace)
            for at in range(self._rows.rowCount()):
                item = self._rows.item(at)
                if (model := item.data(_MODEL)) is not None:
                    item.setData(self._pace.get(model.id, ""), _PACE)

    def choose(self, model_id: str) -> None:
        """Show this one as chosen, without saying so."""
        self._chosen = model_id
        self._mark()

    def _fill(self, _: str = "") -> None:
        words = self.search.text().casefold().split()
        found = [m for m in self._models if all(w in _searched(m) for w in words)]
        found.sort(key=lambda m: (families.order(m.card.family), not m.starter, m.name.casefold()))
        self.list.selectionModel().blockSignals(True)
        self._rows.clear()
        family = None
        for model in found:
            if model.card.family != family:
                family = model.card.family
                head = QStandardItem(families.name(family))
                head.setFlags(Qt.ItemFlag.NoItemFlags)
                head.setData(family, _FAMILY)
                self._rows.appendRow(head)
            item = QStandardItem(model.name)
            item.setData(model, _MODEL)
            item.setData(family, _FAMILY)
            item.setData(self._pace.get(model.id, ""), _PACE)
            item.setAccessibleText(f"{model.name}, {what_it_is(model)}, {families.name(family)}")
            item.setToolTip(model.card.process or model.card.name)
            self._rows.appendRow(item)
        self.list.selectionModel().blockSignals(False)
        self._mark()

    def _mark(self) -> None:
        selection = self.list.selectionModel()
        selection.blockSignals(True)
        for at in range(self._rows.rowCount()):
            model = self._rows.item(at).data(_MODEL)
            if model is not None and model.id == self._chosen:
                self.list.setCurrentIndex(self._rows.index(at, 0))
                break
        selection.blockSignals(False)
        self.list.viewport().update()

    def _took(self, index: QModelIndex) -> None:
        model = index.data(_MODEL)
        if model is not None and model.id != self._chosen:
            self._chosen = model.id
            self.chosen.emit(model)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Down:
                self.list.setFocus()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take_first()
                return True
        return super().eventFilter(watched, event)

    def _take_first(self) -> None:
        for at in range(self._rows.rowCount()):
            if self._rows.item(at).data(_MODEL) is not None:
                self.list.setCurrentIndex(self._rows.index(at, 0))
                return


def _searched(model: ModelInfo) -> str:
    return f"{model.name} {model.id} {model.card.name} {families.name(model.card.family)}".casefold()
