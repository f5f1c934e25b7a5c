"""The canvas as the work of the pictures' room: what the window asks of any work, said in the canvas's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QWidget

from desktop.canvas.canvas import PictureCanvas
from desktop.task import part_task, sketch_input
from desktop.work import Sign
from models.protocol import Medium, ModelInfo, Preview, Request

USUAL = 512  # px: the side of a picture whose request names none


class PictureWork(PictureCanvas):
    """See `desktop.work.Work`. Masks and sketches stay the canvas's own."""

    medium: Medium = "picture"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture_shown.connect(self.shown)

    def begin(self, request: Request) -> None:
        """A job starts; its picture's place is kept from now on."""
        self.expect(*(int(request.settings.get(side, USUAL)) for side in ("width", "height")))

    def show_preview(self, sign: Sign) -> None:
        if isinstance(sign, Preview):
            super().show_preview(sign)

    def end(self, done: bool) -> None:
        if not done:
            self.drop_preview()

    def show_file(self, path: str) -> None:
        self.show_picture(path)

    def set_model(self, model: ModelInfo | None) -> None:
        """Offer a part to make again, and a pencil, where this model takes them."""
        can = model is not None and bool(part_task(model.card))
        why = f"{model.name} cannot make a part of a picture again." if model is not None and not can else ""
        self.set_can_make_part(can, why)
        self.set_can_draw(model is not None and bool(sketch_input(model.card)))

    def deeds(self) -> Mapping[str, Callable[[], object]]:
        return {
            "copy-picture": self.copy,
            "fit": self.fit,
            "actual": self.actual_size,
            "zoom-in": self.zoom_in,
            "zoom-out": self.zoom_out,
            "compare": lambda: self.set_compare(not self.captions.shown.compare.isChecked()),
            "part": lambda: self.set_mask_mode(not self.mask_mode),
        }
