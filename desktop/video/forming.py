"""A film while it forms: the pictures of its newest preview, from all over its length."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtGui import QImage

from desktop.canvas.forming import preview_image, smooth
from models.protocol import Preview


def pictures(preview: Preview) -> list[QImage]:
    """The preview's frames in order, grown without blocks; those for which bytes are missing are left out."""
    length = preview.width * preview.height * 3
    parts = (preview.rgb[k * length : (k + 1) * length] for k in range(max(preview.frames, 1)))
    found = [smooth(preview_image(replace(preview, rgb=part, frames=1))) for part in parts]
    return [image for image in found if not image.isNull()]


class Forming:
    """What is there so far of a film that is to have `count` frames. The same moments are asked for by frame number,
    whatever few pictures there are."""

    def __init__(self) -> None:
        self.count = 1
        self.images: list[QImage] = []

    def begin(self, count: int) -> None:
        self.count, self.images = max(count, 1), []

    def take(self, preview: Preview) -> None:
        """A newer preview in the place of the last; a broken one changes nothing."""
        if found := pictures(preview):
            self.images = found

    def image(self, frame: int) -> QImage | None:
        """The picture nearest to a frame of the film."""
        if not self.images:
            return None
        share = frame / max(self.count - 1, 1)
        return self.images[min(round(share * (len(self.images) - 1)), len(self.images) - 1)]
