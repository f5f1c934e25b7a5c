"""One piece of finished work in a comparison, each medium in its own way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from desktop import measures, theme
from desktop.aside import Aside, sentence
from desktop.colours import DARK, LIGHT

if TYPE_CHECKING:
    from desktop.canvas.reading import Pyramid
    from models.outputs.library import Item

_MOST = 32.0  # how far a picture can be enlarged
_DRAW_MS = 80
_LETTERS = 200_000  # of a text, laid out while the window waits
View = tuple[float, float, float]  # zoom (1 fits the place), and the picture's middle as shares of its sides


class Shown(QWidget):
    """What all of them have: `moved` carries the View that the others are to `follow`."""

    moved = Signal(object)

    def __init__(self, item: Item, aside: Aside) -> None:
        super().__init__()
        self.item, self._aside = item, aside
        self.setMinimumSize(160, 160)
        self.problem = ""
        self._over = False
        theme.current().changed.connect(self.update)

    def follow(self, view: object) -> None:
        """Show the same part."""

    def zoom(self, by: float) -> None:
        """Larger by that factor; 0 fits it again."""

    def walk(self, across: float, down: float) -> None:
        """Move it by shares of its place."""

    def ask(self, work: Callable[[], object], then: Callable[[object], None]) -> None:
        """Read something aside; what comes once this has gone is nobody's."""
        self._aside.run(work, lambda found: None if self._over else then(found))

    def finish(self) -> None:
        """It goes."""
        self._over = True

    def _paint_ground(self, painter: QPainter) -> QRectF:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(box, measures.RADIUS, measures.RADIUS)
        painter.setClipPath(shape)
        painter.fillRect(box, theme.current().color("control"))
        if self.problem:
            painter.setPen(theme.current().color("text_3"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(box.adjusted(16, 16, -16, -16), int(flags), self.problem)
        return box


class _Picture(Shown):
    """The wheel enlarges around the pointer, a drag moves, a double click fits again; the others follow."""

    def __init__(self, item: Item, aside: Aside) -> None:
        super().__init__(item, aside)
        self.view: View = (1.0, 0.5, 0.5)
        self.image = QImage()
        self._levels: Pyramid | None = None  # it and its halves, for a large one in a small place
        self._from: QPointF | None = None
        self.setToolTip("The wheel or + and − enlarge all of them, a drag or the arrows move them, 0 fits them again")
        self.ask(self._read, self._came)

    def _read(self) -> Pyramid:
        from desktop.canvas import reading

        return reading.read(self.item.path)

    def _came(self, found: object) -> None:
        if isinstance(found, Exception):
            self.problem = sentence(found)
        else:
            self._levels = found  # type: ignore[assignment]
            self.image = found.image  # type: ignore[attr-defined]
        self.update()

    def follow(self, view: object) -> None:
        if isinstance(view, tuple) and view != self.view:
            self.view = view
            self.update()

    def place(self) -> QRectF:
        """Where the picture lies."""
        zoom, across, down = self.view
        size = self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        width, height = size.width() * zoom, size.height() * zoom
        return QRectF(self.width() / 2 - across * width, self.height() / 2 - down * height, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint_ground(painter)
        if self._levels is not None:
            place = self.place()
            painter.drawImage(
                place, self._levels.level_for(place.width() * self.devicePixelRatioF() / self.image.width())
            )

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._zoom(1.2 ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def zoom(self, by: float) -> None:
        if by:
            self._zoom(by, QPointF(self.width() / 2, self.height() / 2))
        else:
            self.moved.emit((1.0, 0.5, 0.5))

    def walk(self, across: float, down: float) -> None:
        if not self.image.isNull():
            self._go(self.view[0], self.place().translated(across * self.width(), down * self.height()))

    def _zoom(self, by: float, at: QPointF) -> None:
        if self.image.isNull():
            return
        zoom = min(max(self.view[0] * by, 1.0), _MOST)
        place, by = self.place(), zoom / self.view[0]
        corner = at - (at - place.topLeft()) * by
        self._go(zoom, QRectF(corner.x(), corner.y(), place.width() * by, place.height() * by))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is not None and not self.image.isNull():
            by, self._from = event.position() - self._from, event.position()
            self._go(self.view[0], self.place().translated(by))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.moved.emit((1.0, 0.5, 0.5))

    def _go(self, zoom: float, place: QRectF) -> None:
        """To where the picture would lie there, without losing it from sight; all of them, this one too."""
        middle = QPointF(self.width() / 2, self.height() / 2)
        across, down = ((middle - place.topLeft()).x() / place.width(), (middle - place.topLeft()).y() / place.height())
        held = (0.5, 0.5) if zoom == 1.0 else (min(max(across, 0.0), 1.0), min(max(down, 0.0), 1.0))
        self.moved.emit((zoom, *held))


class _Film(Shown):
    """A player of its own."""

    def __init__(self, item: Item, aside: Aside) -> None:
        super().__init__(item, aside)
        from desktop.video.player import Player

        self.player = Player(self)
        transport = self.player.transport  # what cuts and exports has its place in the video room
        for part in (transport.begin, transport.end, transport.whole, transport.further, transport.out):
            part.hide()
        self.player.captions.hide()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.player)
        self.player.opened.connect(lambda _: self.update())
        self.player.open(item.path)

    def finish(self) -> None:
        super().finish()
        self.player.finish()


class _Sound(Shown):
    """Its wave, and a button that plays it."""

    def __init__(self, item: Item, aside: Aside) -> None:
        super().__init__(item, aside)
        from desktop.sound.player import Player

        self.wave = QImage()
        self.player = Player(parent=self)
        self.play = QPushButton("Play")
        self.play.setEnabled(False)
        self.play.setAccessibleName(f"Play {item.prompt or 'the sound'}")
        self.play.clicked.connect(self.player.toggle)
        self.player.playing_changed.connect(lambda playing: self.play.setText("Stop" if playing else "Play"))
        self.player.refused.connect(self.play.setToolTip)
        self.player.moved.connect(lambda _: self.update())
        rows = QVBoxLayout(self)
        rows.addStretch()
        rows.addWidget(self.play, 0, Qt.AlignmentFlag.AlignHCenter)
        self._later = QTimer(self)  # while the window is pulled larger, once and not at every pixel
        self._later.setSingleShot(True)
        self._later.setInterval(_DRAW_MS)
        self._later.timeout.connect(self._draw)
        theme.current().changed.connect(self._draw)
        self.ask(self._read, self._came)

    def _read(self) -> object:
        from desktop.sound import take

        return take.read(self.item.path)

    def _came(self, found: object) -> None:
        if isinstance(found, Exception):
            self.problem = sentence(found)
        else:
            self.player.set_take(found)  # type: ignore[arg-type]
            self.play.setEnabled(True)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._later.start()

    def _draw(self) -> None:
        from desktop.gallery.drawn import read_small

        ratio = self.devicePixelRatioF()
        size = QSize(self.width(), max(self.height() - 64, 40)) * ratio
        tokens = DARK if theme.current().tokens.dark else LIGHT
        self.ask(lambda: read_small(self.item.path, size, ratio, tokens), self._drawn)

    def _drawn(self, found: object) -> None:
        if isinstance(found, QImage):
            self.wave = found
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = self._paint_ground(painter)
        if not self.wave.isNull():
            painter.drawImage(QRectF(0, 0, box.width(), box.height() - 64), self.wave)
        if (take := self.player.take) is not None and take.seconds:
            x = self.player.at / take.seconds * box.width()
            painter.fillRect(QRectF(x - 0.5, 0, 1.5, box.height() - 64), theme.current().color("text"))

    def finish(self) -> None:
        super().finish()
        self.player.finish()


class _Text(Shown):
    """Its words, to be read and scrolled."""

    def __init__(self, item: Item, aside: Aside) -> None:
        super().__init__(item, aside)
        self.page = QPlainTextEdit()
        self.page.setReadOnly(True)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.page)
        self.ask(self._read, self._came)

    def _read(self) -> str:
        from models.outputs import read

        return read.open_text(self.item.path)

    def _came(self, found: object) -> None:
        words = found if isinstance(found, str) else sentence(found)
        more = "\n\n… The rest of it is in the room for texts." if len(words) > _LETTERS else ""
        self.page.setPlainText(words[:_LETTERS] + more)


_KINDS: dict[str, type[Shown]] = {"picture": _Picture, "video": _Film, "sound": _Sound, "text": _Text}


def shown(item: Item, aside: Aside) -> Shown:
    """That item in the way of its medium."""
    return _KINDS[item.medium](item, aside)
