"""The view of small pictures: a row or a grid of tiles, painted from the thumbnails that are here."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame

from desktop import measures, theme
from desktop.canvas.hand import file_data
from desktop.gallery.deeds import Deeds
from desktop.gallery.grid import Grid
from desktop.gallery.items import Items
from desktop.gallery.marks import draw_heart, draw_stars
from desktop.gallery.thumbnails import Thumbnails

if TYPE_CHECKING:
    from models.outputs.library import Item

_ROUND = 6.0
_RING = 2.0
_LOOKED_AT = 400  # of thousands that are selected: what is said of them needs no more


class Tiles(Grid):
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
        super().__init__(QSize(tile.width() + gap, tile.height() + gap), row)
        self.thumbnails, self.deeds = thumbnails, deeds
        self.tile = tile
        self._row = row
        self.setModel(items)
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
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.doubleClicked.connect(self._open)
        thumbnails.ready.connect(self.viewport().update)
        theme.current().changed.connect(self.viewport().update)

    def items(self) -> Items:
        model = self.model()
        assert isinstance(model, Items)
        return model

    def chosen(self) -> list[Item]:
        """What is selected, in the order of the list, as far as it was looked at; `chosen_ids` are all of them."""
        rows = itertools.islice(self.chosen_rows(), _LOOKED_AT)
        return [item for row in rows if (item := self.items().at(row))]

    def chosen_ids(self) -> list[int]:
        """Everything that is selected."""
        ids = self.items().ids
        return [ids[row] for row in self.chosen_rows() if row < len(ids)]

    def paint_cell(self, painter: QPainter, box: QRect, index: QModelIndex, chosen: bool, lit: bool) -> None:
        now, ratio = theme.current(), self.devicePixelRatioF()
        item = self.items().at(index.row())
        picture = QRectF(QPointF(box.topLeft()) + QPointF(4, 4), self.tile)
        pixmap = self.thumbnails.get(item.path, self.tile * ratio, ratio) if item else None
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(picture, _ROUND, _ROUND)
        if item is None or pixmap is None or pixmap.isNull():
            painter.fillPath(shape, now.color("control"))
            if item is not None and pixmap is not None:
                painter.setFont(measures.font(measures.SMALL))
                painter.setPen(now.color("text_3"))
                words = "not found" if item.medium == "picture" else item.medium
                painter.drawText(picture, Qt.AlignmentFlag.AlignCenter, words)
        else:
            painter.setClipPath(shape)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(picture, pixmap, QRectF(pixmap.rect()))
            painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if chosen:
            painter.setPen(QPen(now.color("accent"), _RING))
            painter.drawRoundedRect(picture.adjusted(-1.5, -1.5, 1.5, 1.5), _ROUND + 1, _ROUND + 1)
        elif lit:
            painter.setPen(QPen(now.color("text_3"), 1))
            painter.drawRoundedRect(picture.adjusted(-1, -1, 1, 1), _ROUND + 1, _ROUND + 1)
        if item is not None and item.favourite:
            draw_heart(painter, picture.topRight() + QPointF(-16, 14))
        if item is not None and item.rating and not self._row:
            draw_stars(painter, picture.bottomLeft() + QPointF(12, -11), item.rating)
        painter.restore()

    def _open(self, index: QModelIndex) -> None:
        if (item := self.items().item(index)) is not None:
            self.deeds.opened.emit(item)

    def startDrag(self, supported: Qt.DropAction) -> None:
        if self.chosen():
            self.drag().exec(Qt.DropAction.CopyAction)

    def drag(self) -> QDrag:
        """The drag of the chosen files, with the first one's picture under the pointer."""
        chosen, ids = self.chosen(), self.chosen_ids()
        if len(chosen) < len(ids):
            chosen = list(self.deeds.shelf.at_once(ids)) or chosen
        drag = QDrag(self)
        drag.setMimeData(file_data([item.path for item in chosen]))
        ratio = self.devicePixelRatioF()
        first = chosen[0]
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
        chosen, key, plain = self.chosen_ids(), event.key(), not event.modifiers()
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and chosen:
            self.deeds.shelf.move_to_bin(chosen)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain and self.chosen():
            self.deeds.opened.emit(self.chosen()[0])
        elif Qt.Key.Key_0 <= key <= Qt.Key.Key_5 and plain and chosen:
            self.deeds.shelf.set_rating(chosen, key - Qt.Key.Key_0)
        elif key == Qt.Key.Key_F and plain and chosen:
            self.deeds.shelf.set_favourite(chosen, not all(item.favourite for item in self.chosen()))
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
            menu = self.deeds.menu(chosen, self.chosen_ids(), self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos())
