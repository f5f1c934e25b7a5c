"""The rows of the queue: painted, chosen, dragged, and moved with the keys."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QDropEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QStyleOptionViewItem, QTableView

from desktop import theme
from desktop.catalog.rows import Painter
from desktop.job import Job
from desktop.queue.items import JOB, Jobs

ROW = 48  # px
_KEYS = {
    Qt.Key.Key_Delete: "remove",
    Qt.Key.Key_Backspace: "remove",
    Qt.Key.Key_Return: "open",
    Qt.Key.Key_Enter: "open",
}


class _Row(Painter):
    """A job as other lists show a model, with how far it is under it while it runs."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        job: Job = index.data(JOB)
        if job.state != "running":
            return
        now = theme.current()
        track = QRectF(option.rect).adjusted(31, ROW - 5, -17, 0)  # type: ignore[attr-defined]
        track.setHeight(2)
        painter.fillRect(track, now.color("line"))
        track.setWidth(track.width() * job.fraction)
        painter.fillRect(track, now.color("accent"))


class JobsView(QTableView):
    """`deed` carries what a key or the menu asks for the chosen rows.

    A table of one column: a list lays all its rows out anew with each that comes, and asks a model in Python for every
    one of them, a tenth of a second for ten thousand.
    """

    deed = Signal(str)
    menu_wanted = Signal(object)  # QPoint, of the screen

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self.setModel(jobs)
        self._jobs = jobs
        self.setItemDelegate(_Row(self))
        self.horizontalHeader().hide()
        self.horizontalHeader().setStretchLastSection(True)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setDragDropOverwriteMode(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDropIndicatorShown(True)
        self.setMouseTracking(True)
        self.setAccessibleName("Jobs of the queue")
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.doubleClicked.connect(lambda _: self.deed.emit("open"))
        theme.current().changed.connect(self.viewport().update)

    def chosen(self) -> list[Job]:
        """What is selected, in the order of the list."""
        selection = self.selectionModel().selection()
        parts = sorted((part.top(), part.bottom()) for part in map(selection.at, range(selection.count())))
        return [self._jobs.job(row) for top, bottom in parts for row in range(top, bottom + 1)]

    def step(self, by: int) -> None:
        """Move the chosen ones by one row, up (-1) or down (1)."""
        chosen = [job for job in self.chosen() if job.state == "waiting"]
        if not chosen:
            return
        rows = [self._jobs.row(job) for job in chosen]
        if self._jobs.move(chosen, rows[0] - 1 if by < 0 else rows[-1] + 2):
            self.scrollTo(self.currentIndex())

    def drop_at(self, y: int) -> None:
        """Put the chosen ones between the rows nearest to that height, which may be below the last."""
        row = self.rowAt(y)
        before = self._jobs.rowCount() if row < 0 else row + (y > self.rowViewportPosition(row) + ROW // 2)
        self._jobs.move(self.chosen(), before)

    def dropEvent(self, event: QDropEvent) -> None:
        if event.source() is self:
            self.drop_at(round(event.position().y()))
            event.accept()  # the view has nothing left to do but to end the drag
        super().dropEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain, alt = not event.modifiers(), event.modifiers() == Qt.KeyboardModifier.AltModifier
        if plain and (deed := _KEYS.get(Qt.Key(event.key()))) and self.chosen():
            self.deed.emit(deed)
        elif alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.step(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif alt and event.key() == Qt.Key.Key_Home:
            self.deed.emit("next")
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.chosen():
            self.menu_wanted.emit(event.globalPos())
