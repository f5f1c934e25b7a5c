"""The view of small pictures: a row or a grid of tiles, painted from the thumbnails that are here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDrag,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from desktop import measures, theme
from desktop.gallery.deeds import Deeds
from desktop.gallery.items import ITEM, Items
from desktop.gallery.thumbnails import Thumbnails

if TYPE_CHECKING:
    from models.outputs.library import Item

_ROUND = 6.0
_RING = 2.0


class _Tile(QStyledItemDelegate):
    def __init__(self, view: Tiles) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return self._view.cell

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        item: Item | None = index.data(ITEM)
        if item is None:
            return
        now, ratio = theme.current(), self._view.devicePixelRatioF()
        room = QRectF(option.rect)  # type: ignore[attr-defined]
        box = QRectF(room.topLeft() + QPointF(4, 4), self._view.tile)
        state = option.state  # type: ignore[attr-defined]
        pixmap = self._view.thumbnails.get(item.path, self._view.tile * ratio, ratio)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(box, _ROUND, _ROUND)
        if pixmap is None or pixmap.isNull():
            painter.fillPath(shape, now.color("control"))
            if pixmap is not None:
                painter.setFont(measures.font(measures.SMALL))
                painter.setPen(now.color("text_3"))
                painter.drawText(
                    box, Qt.AlignmentFlag.AlignCenter, "not found" if item.medium == "picture" else item.medium
                )
        else:
            painter.setClipPath(shape)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(box, pixmap, QRectF(pixmap.rect()))
            painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(now.color("accent"), _RING))
            painter.drawRoundedRect(box.adjusted(-1.5, -1.5, 1.5, 1.5), _ROUND + 1, _ROUND + 1)
        elif state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus):
            painter.setPen(QPen(now.color("text_3"), 1))
            painter.drawRoundedRect(box.adjusted(-1, -1, 1, 1), _ROUND + 1, _ROUND + 1)
        if item.favourite:
            _heart(painter, box.topRight() + QPointF(-16, 14))
        painter.restore()


class Tiles(QListView):
    """One row that runs sideways, or a grid that runs down. `tile` is the size of one picture in logical pixels."""

    def __init__(
        self,
        items: Items,
        thumbnails: Thumbnails,
        deeds: Deeds,
        tile: QSize,
        gap: int,
        row: bool,
    ) -> None:
        super().__init__()
        self.thumbnails, self.deeds = thumbnails, deeds
        self.tile = tile
        self.cell = QSize(tile.width() + gap, tile.height() + gap)
        self._row = row
        self.setModel(items)
        self.setItemDelegate(_Tile(self))
        # The list mode lays out by arithmetic where the icon mode keeps a tree of every item.
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(not row)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setHorizontalScrollBarPolicy(off)
        if row:
            self.setVerticalScrollBarPolicy(off)
        single, many = (
            QAbstractItemView.SelectionMode.SingleSelection,
            QAbstractItemView.SelectionMode.ExtendedSelection,
        )
        self.setSelectionMode(single if row else many)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        thumbnails.ready.connect(self.viewport().update)
        theme.current().changed.connect(self.viewport().update)

    def items(self) -> Items:
        model = self.model()
        assert isinstance(model, Items)
        return model

    def chosen(self) -> list[Item]:
        """What is selected, in the order of the list."""
        indexes = sorted(self.selectedIndexes(), key=QModelIndex.row)
        return [item for index in indexes if (item := self.items().item(index))]

    def startDrag(self, supported: Qt.DropAction) -> None:
        if self.chosen():
            self.drag().exec(Qt.DropAction.CopyAction)

    def drag(self) -> QDrag:
        """The drag of the chosen files, with the first one's picture under the pointer."""
        drag = QDrag(self)
        drag.setMimeData(self.items().mimeData(self.selectedIndexes()))
        ratio = self.devicePixelRatioF()
        first = self.chosen()[0]
        picture = self.thumbnails.get(first.path, self.tile * ratio, ratio)
        if picture is not None and not picture.isNull():
            small = QPixmap(picture)
            small.setDevicePixelRatio(ratio * 1.4)
            drag.setPixmap(small)
        return drag

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._row:  # a wheel turns one way only: here that way is sideways
            by = event.angleDelta().y() or event.angleDelta().x()
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - round(by / 120 * self.cell.width()))
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.chosen():
            self.deeds.shelf.move_to_bin(self.chosen())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and self.chosen():
            self.deeds.opened.emit(self.chosen()[0])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Z
            and event.modifiers() == Qt.KeyboardModifier.ControlModifier
            and self.deeds.shelf.can_undo
        ):
            event.accept()  # here, undo puts back what went to the bin
            return True
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Z
            and event.modifiers() == Qt.KeyboardModifier.ControlModifier
        ):
            self.deeds.shelf.undo_bin()
            return True
        return super().event(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if chosen := self.chosen():
            menu = self.deeds.menu(chosen, self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos())


def _heart(painter: QPainter, at: QPointF) -> None:
    """A favourite's mark, white with a dark hem, to be seen on any picture."""
    path = QPainterPath(at + QPointF(0, 5))
    path.cubicTo(at + QPointF(-9, -1), at + QPointF(-5, -7), at + QPointF(0, -2))
    path.cubicTo(at + QPointF(5, -7), at + QPointF(9, -1), at + QPointF(0, 5))
    painter.setPen(QPen(QColor(0, 0, 0, 120), 2))
    painter.drawPath(path)
    painter.fillPath(path, QColor(255, 255, 255))
