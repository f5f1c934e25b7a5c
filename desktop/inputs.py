"""A file to start from, as a row of the form: drop one there or choose it; a picture shows itself."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QImage,
    QImageReader,
    QPainter,
    QPainterPath,
    QPaintEvent,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop import theme
from desktop.aside import Aside
from desktop.controls import set_role
from desktop.fields import Field
from models import folders
from models.outputs import packed
from models.protocol import Input

PATTERNS = {
    "picture": "Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.tif *.tiff)",
    "sound": "Sounds (*.wav *.flac *.ogg *.mp3)",
    "video": "Videos (*.mp4 *.webm *.mov *.gif)",
    "text": "Texts (*.txt *.md)",
}
SIDE = 40  # px of the little picture
NAME = 108  # px of a file's name


def dropped_file(mime: QMimeData) -> str:
    """The one local file in a drop, or an empty string."""
    found = [url.toLocalFile() for url in mime.urls() if url.isLocalFile()] if mime.hasUrls() else []
    return found[0] if found else ""


def new_file(name: str, ending: str) -> Path:
    """Where a file of ours is to lie that a model will start from: under a name that was never given before."""
    return folders.data() / "inputs" / f"{name}-{time.time_ns()}{ending}"


def small_picture(path: str, side: int) -> QImage:
    """The picture at `path` scaled to cover a square of `side` pixels; null where it is not one. Any thread."""
    try:
        with Path(path).open("rb") as file:
            if packed.too_many(file):
                return QImage()
    except OSError:
        return QImage()
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    reader.setAllocationLimit(512)
    size = reader.size()
    if size.isValid():
        reader.setScaledSize(size.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    return reader.read()


class _Thumb(QWidget):
    """A small square of the picture, or nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(SIDE, SIDE)
        self.image = QImage()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), 4, 4)
        painter.fillPath(shape, theme.current().color("line"))
        if not self.image.isNull():
            painter.setClipPath(shape)
            side = min(self.image.width(), self.image.height())
            left, top = (self.image.width() - side) / 2, (self.image.height() - side) / 2
            painter.drawImage(QRectF(self.rect()), self.image, QRectF(left, top, side, side))


class InputField(Field):
    """One of a card's inputs. `value` is a path, or empty; `changed` carries the input's name."""

    shown = Signal()

    def __init__(self, given: Input, aside: Aside) -> None:
        super().__init__(given.name, given.label, given.help)
        self._medium, self._aside, self._path = given.medium, aside, ""
        self.setAcceptDrops(True)
        self.remove = QPushButton("Remove")
        self.remove.setProperty("role", "word")
        self.remove.clicked.connect(lambda: self._take(""))
        self.name_control(self.remove, f"Remove {given.label.lower()}")
        self.head.addWidget(self.remove)
        self.well = QWidget()
        self.well.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        set_role(self.well, "drop")
        self.well.setMinimumHeight(SIDE + 16)
        row = QHBoxLayout(self.well)
        row.setContentsMargins(10, 7, 7, 7)
        row.setSpacing(10)
        self.thumb = _Thumb()
        self.said = QLabel()
        self.said.setProperty("role", "small")
        words = QVBoxLayout()
        words.addWidget(self.said)
        self.choose = QPushButton("Choose…")
        self.choose.setProperty("role", "chip")
        self.choose.clicked.connect(self.ask)
        self.name_control(self.choose, f"Choose {given.label.lower()}")
        row.addWidget(self.thumb)
        row.addLayout(words, 1)
        row.addWidget(self.choose)
        self.rows.addWidget(self.well)
        self.set_value("")

    def value(self) -> str:
        return self._path

    def set_value(self, value: Any) -> None:
        self._path = str(value)
        full = bool(self._path)
        self.remove.setVisible(full)
        self.thumb.setVisible(full and self._medium == "picture")
        self.thumb.image = QImage()
        name = Path(self._path).name
        short = self.said.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, NAME)
        self.said.setText(short if full else f"Drop a {self._medium} here")
        self.said.setToolTip(self._path)
        set_role(self.well, "drop", "full" if full else "")
        if full and self._medium == "picture":
            path = self._path
            # Another model's form may take this one's place before the picture is read.
            self._aside.run(lambda: small_picture(path, SIDE * 2), lambda image: self._picture_came(path, image), self)
        self.thumb.update()

    def _picture_came(self, path: str, image: Any) -> None:
        if path == self._path and isinstance(image, QImage):
            self.thumb.image = image
            self.thumb.update()
            self.shown.emit()

    def ask(self) -> None:
        """Let the person choose a file."""
        start = str(Path(self._path).parent) if self._path else ""
        path, _ = QFileDialog.getOpenFileName(
            self, f"Choose {self.label.text().lower()}", start, PATTERNS[self._medium]
        )
        if path:
            self._take(path)

    def _take(self, path: str) -> None:
        self.set_value(path)
        self.tell()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_file(event.mimeData()):
            set_role(self.well, "drop", "over")
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        set_role(self.well, "drop", "full" if self._path else "")

    def dropEvent(self, event: QDropEvent) -> None:
        if path := dropped_file(event.mimeData()):
            event.acceptProposedAction()
            self._take(path)
