"""The models on the left, grouped by family in its colour, found by typing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QLineEdit, QListView, QPushButton, QVBoxLayout, QWidget

from desktop import theme
from desktop.catalog import families
from desktop.catalog.rows import LINE, Line, Painter
from desktop.controls import set_role
from models.protocol import ModelInfo

_MODEL = LINE + 1


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
        self.list.setItemDelegate(Painter(self.list))
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
                    item.setData(self._line(model), LINE)

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
                head.setData(Line(families.name(family), family=family), LINE)
                self._rows.appendRow(head)
            item = QStandardItem(model.name)
            item.setData(model, _MODEL)
            item.setData(self._line(model), LINE)
            item.setAccessibleText(f"{model.name}, {what_it_is(model)}, {families.name(family)}")
            item.setToolTip(model.card.process or model.card.name)
            self._rows.appendRow(item)
        self.list.selectionModel().blockSignals(False)
        self._mark()

    def _line(self, model: ModelInfo) -> Line:
        pace = self._pace.get(model.id, "")
        return Line(model.name, model.id, what_it_is(model), pace, model.card.family, warns=bool(model.missing))

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
