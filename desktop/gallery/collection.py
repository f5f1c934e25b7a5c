"""What every place has in which finished work is seen: its items, their small pictures, the tiles, what can be done."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from desktop.gallery.deeds import Deeds
from desktop.gallery.items import Items
from desktop.gallery.shelf import Shelf
from desktop.gallery.thumbnails import Thumbnails
from desktop.gallery.tiles import Tiles


class Collection(QWidget):
    """`deeds` says what is wanted of a picture. Several of them share one `shelf`; without one it has its own."""

    def __init__(self, shelf: Shelf | None, tile: QSize, gap: int, row: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shelf = shelf or Shelf(parent=self)
        self.deeds = Deeds(self.shelf, self)
        self.thumbnails = Thumbnails(self)
        self.items = Items(self.shelf, self)
        # A name may be given again, to another file; and what was not there may be back.
        self.shelf.came.connect(lambda item: self.thumbnails.forget(item.path))
        self.shelf.changed.connect(self.thumbnails.forget_missing)
        self.shelf.looking.connect(self._looked)
        self.tiles = Tiles(self.items, self.thumbnails, self.deeds, tile, gap, row)

    def _looked(self, found: int) -> None:
        if found < 0:
            self.thumbnails.forget_all()

    def finish(self) -> None:
        """Call it before the window goes."""
        self.thumbnails.finish()
        self.shelf.finish()
