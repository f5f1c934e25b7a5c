"""Reading a picture for the screen, away from the window's thread: allowed formats, size limits, smaller copies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QImage, QImageIOHandler, QImageReader

from desktop import aside
from models.outputs import formats, packed
from models.protocol import BadInput, listed

# What we write is what we show: Qt knows many more formats, and each is a door.
ALLOWED = tuple(f.name for f in formats.for_medium("picture"))
_SMALLEST = 96

# Qt's own ceiling for one decoded picture, in MB: four bytes for each pixel that we allow.
QImageReader.setAllocationLimit(formats.MAX_PIXELS * 4 // 2**20 + 1)


@dataclass(frozen=True)
class Pyramid:
    """A picture and its halves, largest first, so that a small view never has to sample a large picture."""

    path: str
    levels: tuple[QImage, ...]

    @property
    def image(self) -> QImage:
        return self.levels[0]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture itself, in pixels."""
        return self.image.width(), self.image.height()

    def level_for(self, zoom: float) -> QImage:
        """The smallest copy that still has a pixel for every device pixel at this zoom."""
        for image in reversed(self.levels):
            if image.width() >= self.image.width() * min(zoom, 1.0) - 0.5:
                return image
        return self.image


def open_reader(path: str) -> tuple[QImageReader, QSize]:
    """A reader that has seen the header only, and the picture's size. Raises BadInput in a sentence."""
    name = Path(path).name
    if (medium := formats.medium_of(Path(path).suffix)) not in (None, "picture"):
        raise BadInput(f"{name} is {medium}, and no picture; open it in the room for {medium}.")
    try:
        size_bytes = Path(path).stat().st_size
        with Path(path).open("rb") as file:
            bomb = packed.too_many(file)
    except OSError:
        raise BadInput(f"{name} is no longer where it was; it may have been moved or deleted.") from None
    if size_bytes > formats.MAX_FILE_BYTES:
        raise BadInput(f"{name} is larger than {formats.MAX_FILE_BYTES // 2**20} MB; choose a smaller file.")
    if bomb:
        raise BadInput(f"{name} has more text packed into it than a picture needs; save it again without its comments.")
    reader = QImageReader(path)
    reader.setDecideFormatFromContent(True)  # a name can lie
    reader.setAutoTransform(True)
    kind = {"jpg": "jpeg"}.get(found := bytes(reader.format().data()).decode(), found)
    if kind not in ALLOWED:
        raise BadInput(f"{name} is not a picture that can be shown here; use {listed([a.upper() for a in ALLOWED])}.")
    size = reader.size()
    if not size.isValid() or size.isEmpty():
        raise BadInput(f"{name} cannot be read; the file is damaged or not finished.")
    if size.width() * size.height() > formats.MAX_PIXELS:
        raise BadInput(f"{name} has more than {formats.MAX_PIXELS // 1_000_000} megapixels; make it smaller first.")
    return reader, size


def read(path: str) -> Pyramid:
    """The picture with its smaller copies, in the layout that Qt paints fastest. Raises BadInput."""
    reader, _ = open_reader(path)
    image = reader.read()
    if image.isNull():
        raise BadInput(f"{Path(path).name} cannot be read; the file is damaged or not finished.")
    return pyramid(image, path)


def pyramid(image: QImage, path: str = "") -> Pyramid:
    """The smaller copies of a picture in memory."""
    alpha = image.hasAlphaChannel()
    image = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied if alpha else QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(1.0)
    levels = [image]
    while min(levels[-1].width(), levels[-1].height()) >= 2 * _SMALLEST:
        half = levels[-1].size() / 2
        levels.append(_scaled(levels[-1], half))
    return Pyramid(path, tuple(levels))


def read_thumbnail(path: str, wanted: QSize) -> QImage:
    """The picture's middle, in the shape of `wanted` and at most that many pixels. Raises BadInput.

    The decoder is asked for a small size, which makes JPEG and WebP many times faster.
    """
    reader, size = open_reader(path)
    if reader.transformation() & QImageIOHandler.Transformation.TransformationRotate90:
        wanted_there = wanted.transposed()  # the decoder works before the turn
    else:
        wanted_there = wanted
    cover = size.scaled(wanted_there, Qt.AspectRatioMode.KeepAspectRatioByExpanding)
    if cover.width() < size.width():
        # Twice what is needed is read and then scaled well: decoders' own scaling is coarse.
        reader.setScaledSize((cover * 2).boundedTo(size))
    image = reader.read()
    if image.isNull():
        raise BadInput(f"{Path(path).name} cannot be read; the file is damaged or not finished.")
    part = wanted.scaled(image.size(), Qt.AspectRatioMode.KeepAspectRatio)
    corner = QPoint((image.width() - part.width()) // 2, (image.height() - part.height()) // 2)
    image = image.copy(QRect(corner, part))
    if part.width() > wanted.width():
        image = _scaled(image, wanted)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def sentence(error: object) -> str:
    """What to tell the person of an exception that a picture's file led to."""
    return aside.sentence(error, ", or with another picture")


def _scaled(image: QImage, size: QSize) -> QImage:
    return image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
