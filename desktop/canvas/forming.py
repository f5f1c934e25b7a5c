"""The picture while it forms: small previews made smooth, each fading into the next."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QImage, QPainter

from desktop.canvas.fade import Fade
from models.protocol import Preview

_SMOOTH_SIDE = 256  # a preview is grown to this side before the screen's own scaling


def preview_image(preview: Preview) -> QImage:
    """A preview as a picture of its own; an empty one where there are fewer bytes than the size needs."""
    width, height = preview.width, preview.height
    if width < 1 or height < 1 or len(preview.rgb) < width * height * 3:
        return QImage()
    # The copy lets go of the message's bytes; without it the picture would point into freed memory.
    image = QImage(preview.rgb, width, height, width * 3, QImage.Format.Format_RGB888).copy()
    return image.convertToFormat(QImage.Format.Format_RGB32)


def smooth(image: QImage) -> QImage:
    """A small picture grown without blocks.

    Doubling with weights 1/4 and 3/4, again and again, is Chaikin's corner cutting: it tends to a
    quadratic B-spline, where one large bilinear step would show diamonds.
    """
    while not image.isNull() and max(image.width(), image.height()) < _SMOOTH_SIDE:
        image = image.scaled(
            image.size() * 2, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
    return image


class Forming(Fade):
    """What shows of a running job: `image` is the blend for this moment.

    Blending is done at the previews' own size, so that a frame of the fade costs one scaled drawing
    whatever the size of the window.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._from = QImage()
        self._to = QImage()

    @property
    def image(self) -> QImage:
        """The preview as it stands, an empty picture where there is none."""
        if self.share >= 1.0 or self._from.isNull():
            return self._to
        blended = QImage(self._from)
        painter = QPainter(blended)
        painter.setOpacity(self.share)
        painter.drawImage(0, 0, self._to)
        painter.end()
        return blended

    def show(self, image: QImage) -> None:
        """Fade from what is seen now to this small picture."""
        grown = smooth(image)
        if grown.isNull():
            return
        before = self.image
        self._from, self._to = before, grown
        if before.isNull() or before.size() != grown.size():
            self.finish()
            self.changed.emit()
        else:
            self.start()

    def clear(self) -> None:
        """No preview any more."""
        self.finish()
        self._from, self._to = QImage(), QImage()
