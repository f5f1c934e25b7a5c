"""Drawing a sketch on the canvas: paper, a pencil, and each stroke given away as a picture file."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage

from desktop.aside import Aside
from desktop.canvas import reading
from desktop.canvas.captions import BrushRow
from desktop.canvas.mask import Mask, write_mask
from desktop.canvas.surface import Surface
from desktop.inputs import new_file

PAPER = 512  # px: finer than any sketch model looks, so that a line is smooth while it is drawn


class Drawing(QObject):
    """Joins the pencil and the row of its words. What is made of the sketch lies under the lines.

    `drawn` follows each stroke with the sketch as a file, dark lines on white; `keep` is the wish to keep what they
    became. The lines stay until they are cleared, also while the pencil is put down.
    """

    mode_changed = Signal(bool)
    drawn = Signal(str)
    keep = Signal()
    notice = Signal(str)

    def __init__(self, surface: Surface, row: BrushRow, aside: Aside) -> None:
        super().__init__(surface)
        self._surface, self._row, self._aside = surface, row, aside
        pencil = surface.pencil
        pencil.mask_changed.connect(self._stroked)
        pencil.size_changed.connect(row.show_size)
        pencil.erase_changed.connect(row.show_erase)
        row.size_chosen.connect(pencil.set_size)
        row.erase_chosen.connect(pencil.set_erase)
        row.done.clicked.connect(lambda: self.set_on(False))
        row.go.clicked.connect(self.keep)
        for button, edit in ((row.undo, Mask.undo), (row.redo, Mask.redo), (row.clear, Mask.clear)):
            button.clicked.connect(lambda _=False, edit=edit: self._edit(edit))
        row.invert.hide()  # a sketch of white lines means nothing

    @property
    def on(self) -> bool:
        return self._surface.tool is self._surface.pencil

    @property
    def lines(self) -> Mask | None:
        return self._surface.pencil.mask

    def set_on(self, on: bool) -> None:
        """Take up the pencil over white paper, or put it down."""
        if on == self.on:
            return
        surface = self._surface
        if on:
            new = surface.pencil.mask is None
            surface.pencil.take(QSize(PAPER, PAPER))
            if new or surface.now is None:
                self._paper()
            else:
                self.show_made(surface.now)
            self._row.show_size(surface.pencil.size)
        surface.take(surface.pencil if on else surface.hand)
        self.mode_changed.emit(on)
        self._show_state()

    def show_made(self, picture: reading.Pyramid) -> None:
        """What became of the sketch, under its lines."""
        image = picture.image.scaled(
            PAPER, PAPER, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        self._surface.arrive(reading.pyramid(image, picture.path))

    def _paper(self) -> None:
        paper = QImage(PAPER, PAPER, QImage.Format.Format_RGB32)
        paper.fill(Qt.GlobalColor.white)
        self._surface.arrive(reading.pyramid(paper))

    def _edit(self, edit: Callable[[Mask], None]) -> None:
        if self.lines:
            edit(self.lines)
            self._surface.pencil.edited()

    def _stroked(self) -> None:
        self._show_state()
        lines = self.lines
        if lines is None or not self.on:
            return
        if lines.is_empty:
            self._paper()
            return
        path = new_file("sketch", ".png")
        image = QImage(lines.image)
        image.invertPixels()  # from lines as light to lines as ink

        def written(found: object) -> None:
            if isinstance(found, Exception):
                self.notice.emit(reading.sentence(found))
            else:
                self.drawn.emit(str(path))

        self._aside.run(lambda: write_mask(image, path), written)

    def _show_state(self) -> None:
        lines = self.lines
        painted = lines is not None and not lines.is_empty
        self._row.show_state(bool(lines and lines.can_undo), bool(lines and lines.can_redo), painted)
