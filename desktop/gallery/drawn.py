"""Small pictures of what is no picture: a sound's wave, a video's first frame, a text's first words. Any thread."""

from __future__ import annotations

import zipfile
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from desktop import measures
from desktop.canvas.reading import read_thumbnail
from desktop.colours import Tokens
from models.outputs import formats, packed
from models.protocol import BadInput

_WAVE_RATE = 4000  # Hz: enough for an outline, and quickly read
_BAR, _STEP = 2.0, 4.0  # logical px of one bar of a wave, and from bar to bar
_FIRST_WORDS = 240


def read_small(path: str, wanted: QSize, ratio: float, tokens: Tokens) -> QImage:
    """What stands for a file of any medium, in `wanted` device pixels, `ratio` of them to a logical one.
    Raises BadInput."""
    medium = formats.medium_of(Path(path).suffix)
    if medium == "sound":
        return _wave(path, wanted, ratio, tokens)
    if medium == "video":
        return _covering(_first_of_zip(path) if path.lower().endswith(".zip") else _frame(path), wanted)
    if medium == "text":
        return _words(path, wanted, ratio, tokens)
    return read_thumbnail(path, wanted)


def _wave(path: str, wanted: QSize, ratio: float, tokens: Tokens) -> QImage:
    import numpy as np

    from models.outputs import decode

    wave = np.abs(decode.sound(path, _WAVE_RATE, 1).waveform[0])
    image, painter = _sheet(wanted, tokens)
    bars = max(int(wanted.width() / (_STEP * ratio)), 1)
    edges = np.linspace(0, len(wave), bars + 1).astype(int)[:-1]
    peaks = np.maximum.reduceat(wave, np.minimum(edges, len(wave) - 1))
    loudest = max(float(peaks.max()), 0.05)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.accents["sound"]))
    left = (wanted.width() - bars * _STEP * ratio) / 2
    for at, peak in enumerate(peaks):
        high = max(float(peak) / loudest * wanted.height() * 0.74, 1.5 * ratio)
        box = QRectF(left + at * _STEP * ratio, (wanted.height() - high) / 2, _BAR * ratio, high)
        painter.drawRoundedRect(box, ratio, ratio)
    painter.end()
    return image


def _frame(path: str) -> QImage:
    from models.outputs import decode

    pixels = decode.video(path, 1).frames[0]
    height, width = pixels.shape[:2]
    return QImage(pixels.tobytes(), width, height, width * 3, QImage.Format.Format_RGB888).copy()


def _first_of_zip(path: str) -> QImage:
    """The first of the frames that lie in a zip file as pictures."""
    try:
        with zipfile.ZipFile(path) as whole:
            first = min(name for name in whole.namelist() if name.endswith(".png"))
            image = QImage.fromData(packed.frame(whole, first))
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise BadInput(f"{Path(path).name} holds no frames that can be read.") from error
    if image.isNull():
        raise BadInput(f"{Path(path).name} holds no frames that can be read.")
    return image


def _covering(image: QImage, wanted: QSize) -> QImage:
    """Its middle, in that size."""
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    image = image.scaled(wanted, keep, smooth)
    left, top = (image.width() - wanted.width()) // 2, (image.height() - wanted.height()) // 2
    return image.copy(left, top, wanted.width(), wanted.height())


def _words(path: str, wanted: QSize, ratio: float, tokens: Tokens) -> QImage:
    from models.outputs import read

    text = " ".join(read.open_text(path)[:_FIRST_WORDS].split())
    if not text:
        raise BadInput(f"{Path(path).name} holds no words.")
    image, painter = _sheet(wanted, tokens)
    painter.scale(ratio, ratio)
    painter.setFont(measures.font(measures.SMALL))
    painter.setPen(QColor(tokens.text_2))
    room = QRectF(8, 6, wanted.width() / ratio - 16, wanted.height() / ratio - 12)
    painter.drawText(room, int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), text)
    painter.end()
    return image


def _sheet(wanted: QSize, tokens: Tokens) -> tuple[QImage, QPainter]:
    image = QImage(wanted, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(tokens.control))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return image, painter
