"""Making a part again: takes up the brush over the finished picture, and gives the mask away as a file."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage

from desktop.aside import Aside
from desktop.canvas.captions import BrushRow
from desktop.canvas.mask import Mask, write_mask
from desktop.canvas.reading import sentence
from desktop.canvas.surface import Surface
from desktop.inputs import new_file


class PartAgain(QObject):
    """Joins the surface's brush and the row of its words. The paint stays while the pictures keep their size."""

    mode_changed = Signal(bool)
    painted = Signal(bool)  # True while something is painted
    ready = Signal(str, str)  # the picture's file, the mask's file
    notice = Signal(str)

    def __init__(self, surface: Surface, row: BrushRow, aside: Aside) -> None:
        super().__init__(surface)
        self._surface, self._row, self._aside = surface, row, aside
        brush = surface.brush
        brush.mask_changed.connect(self._moved)
        brush.size_changed.connect(row.show_size)
        brush.erase_changed.connect(row.show_erase)
        row.size_chosen.connect(brush.set_size)
        row.erase_chosen.connect(brush.set_erase)
        row.done.clicked.connect(lambda: self.set_on(False))
        row.go.clicked.connect(self.request)
        for button, edit in (
            (row.undo, Mask.undo),
            (row.redo, Mask.redo),
            (row.invert, Mask.invert),
            (row.clear, Mask.clear),
        ):
            button.clicked.connect(lambda _=False, edit=edit: self._edit(edit))

    @property
    def on(self) -> bool:
        return self._surface.tool is self._surface.brush

    @property
    def mask(self) -> Mask | None:
        return self._surface.brush.mask

    @property
    def has_paint(self) -> bool:
        return self.mask is not None and not self.mask.is_empty

    def set_on(self, on: bool) -> None:
        """Take up the brush, or put it down."""
        surface = self._surface
        if on and surface.now is not None:
            surface.brush.take(QSize(*surface.now.size))
            self._row.show_size(surface.brush.size)
        if on != self.on:
            surface.take(surface.brush if on else surface.hand)
            self.mode_changed.emit(on)
        self._moved()

    def fit_to(self, size: tuple[int, int]) -> None:
        """A picture of this size comes: a mask of another size cannot be used for it."""
        if self.mask is not None and self.mask.image.size() != QSize(*size):
            self.drop()

    def drop(self) -> None:
        """Put the brush down and forget the paint."""
        self.set_on(False)
        self._surface.brush.drop()

    def request(self) -> None:
        """Write the mask aside; `ready` follows with both files, or `notice`."""
        picture = self._surface.path
        if self.mask is None or not picture or not self.has_paint:
            return
        path = new_file("mask", ".png")
        image = QImage(self.mask.image)  # shares the bytes until the next stroke

        def written(found: object) -> None:
            if isinstance(found, Exception):
                self.notice.emit(sentence(found))
            else:
                self.ready.emit(picture, str(path))

        self._aside.run(lambda: write_mask(image, path), written)

    def _edit(self, edit: Callable[[Mask], None]) -> None:
        if self.mask:
            edit(self.mask)
            self._surface.brush.edited()

    def _moved(self) -> None:
        mask, painted = self.mask, self.has_paint
        self._row.show_state(bool(mask and mask.can_undo), bool(mask and mask.can_redo), painted)
        self.painted.emit(painted)
