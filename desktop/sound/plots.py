"""What pyqtgraph draws: a wave in bars or samples, a spectrogram of tiles, and a box whose mouse is ours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform

from desktop import measures
from desktop.colours import Tokens
from desktop.sound import spectrum
from desktop.sound.take import Take, clock
from desktop.sound.tiles import Key, Tiles
from desktop.sound.timeline import Timeline

BAR = 4.0  # px from bar to bar
_WIDTH = 2.0
_DOTS_FROM = 7.0  # px from sample to sample, from which on each is a dot
# From silence to loud, and where between them each colour stands.
_DARK = ("#0a0714", "#17123a", "#1d3f70", "#1c8a76", "#5cbf4a", "#e3e84a")
_LIGHT = ("#fbfaf7", "#eef2f3", "#b9d4e1", "#5a9cba", "#1f5f8a", "#10284a")
_PLACES = (0.0, 0.3, 0.52, 0.72, 0.87, 1.0)

pg.setConfigOptions(imageAxisOrder="row-major", antialias=True, exitCleanup=False)


class Box(pg.ViewBox):
    """Tells where the mouse was used, in seconds; it moves nothing by itself."""

    def __init__(self) -> None:
        super().__init__(enableMouse=False, enableMenu=False, defaultPadding=0)
        self.clicked: Callable[[float], object] = lambda at: None
        self.dragged: Callable[[float, float, bool], object] = lambda begin, at, done: None
        self.moved: Callable[[float], object] = lambda by: None
        self.wheeled: Callable[[float, float, bool], object] = lambda notches, at, sideways: None

    def _at(self, point: QPointF) -> float:
        return float(self.mapToView(point).x())

    def mouseClickEvent(self, event) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self.clicked(self._at(event.pos()))

    def mouseDragEvent(self, event, axis=None) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.LeftButton:
            self.dragged(self._at(event.buttonDownPos()), self._at(event.pos()), event.isFinish())
        else:
            self.moved(self._at(event.lastPos()) - self._at(event.pos()))

    def wheelEvent(self, event, axis=None) -> None:
        event.accept()
        sideways = event.orientation() == Qt.Orientation.Horizontal or bool(
            event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        )
        self.wheeled(event.delta() / 120, self._at(event.pos()), sideways)


class Wave(pg.GraphicsObject):
    """The outline of what is in sight: what was heard in the room's colour, what is to come in grey."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self._timeline = timeline
        self.take: Take | None = None
        self.head = 0.0
        self.pixels = 1.0  # of the plot's width
        self.accent, self.rest = QColor("white"), QColor("grey")

    def boundingRect(self) -> QRectF:
        return QRectF(0.0, -1.0, self._timeline.seconds, 2.0)

    def paint(self, painter: QPainter, *args: object) -> None:
        if self.take is None:
            return
        per_pixel = self._timeline.span * self.take.rate / max(self.pixels, 1.0)
        # In the view's own pixels: a thousandth of a second to the screen's width is more than a pen's numbers bear.
        to_pixels = painter.worldTransform()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw = self._samples if per_pixel * BAR < 2 else self._bars
        draw(painter, self.take, per_pixel, to_pixels)

    def _bars(self, painter: QPainter, take: Take, per_pixel: float, to_pixels: QTransform) -> None:
        """Spans of a power of two, counted from the sound's beginning: they stand still while the sound is moved."""
        step = 2 ** max(round(np.log2(max(per_pixel * BAR, 1.0))), 0)
        view = self._timeline
        first = max(int(view.begin * take.rate / step) - 1, 0)
        low, high = take.peaks.bars(first, int(view.span * take.rate / step) + 3, step)
        least = 0.006
        middles = (first + np.arange(len(low)) + 0.5) * step / take.rate
        head = int(np.searchsorted(middles, self.head)) if take.path else len(middles)  # what grows is live as a whole
        lines = [
            to_pixels.map(QLineF(x, min(a, -least), x, max(b, least)))
            for x, a, b in zip(middles.tolist(), low.tolist(), high.tolist(), strict=True)
        ]
        for colour, part in ((self.accent, lines[:head]), (self.rest, lines[head:])):
            painter.setPen(_pen(colour, min(_WIDTH, max(step / per_pixel * 0.55, 1.0))))
            painter.drawLines(part)

    def _samples(self, painter: QPainter, take: Take, per_pixel: float, to_pixels: QTransform) -> None:
        first = max(int(self._timeline.begin * take.rate) - 1, 0)
        part = take.samples[first : first + int(self._timeline.span * take.rate) + 4].astype(np.float32) / 32768
        for channel in range(part.shape[1]):
            points = [to_pixels.map(QPointF((first + k) / take.rate, float(y))) for k, y in enumerate(part[:, channel])]
            painter.setPen(_pen(self.accent, 1.4))
            painter.drawPolyline(QPolygonF(points))
            if per_pixel * _DOTS_FROM < 1:
                painter.setPen(_pen(self.accent, 5.0))
                painter.drawPoints(QPolygonF(points))


class Spectrogram:
    """The images of the tiles that are in sight, in a box; what is there of a coarser level stands in for others."""

    def __init__(self, box: Box, tiles: Tiles) -> None:
        self._box, self._tiles = box, tiles
        self._images: dict[Key, pg.ImageItem] = {}
        self._shown: dict[Key, object] = {}
        self._table = table(False)
        self.rate = 1

    def show(self, keys: list[Key], rate: int) -> None:
        """These tiles, as far as they are there; those of before stay until all of them are."""
        self.rate = rate
        there = {key: tile for key in keys if (tile := self._tiles.get(key)) is not None}
        if len(there) == len(keys):
            for key in [key for key in self._images if key not in there]:
                self._remove(key)
        for key, tile in there.items():
            if self._shown.get(key) is not tile:
                self._put(key, tile)

    def clear(self) -> None:
        for key in list(self._images):
            self._remove(key)

    def dress(self, tokens: Tokens) -> None:
        """The colours of this theme."""
        self._table = table(not tokens.dark)
        for image in self._images.values():
            image.setLookupTable(self._table)

    def _put(self, key: Key, tile: object) -> None:
        image = self._images.get(key)
        if image is None:
            image = self._images[key] = pg.ImageItem(levels=(0, 255), autoDownsample=False)
            image.setLookupTable(self._table)
            image.setZValue(-100 - key[0])  # finer ones over coarser ones
            self._box.addItem(image, ignoreBounds=True)
        image.setImage(tile, autoLevels=False, levels=(0, 255))
        width = spectrum.COLUMNS * spectrum.hop(key[0]) / self.rate
        image.setRect(QRectF(key[1] * width, 0.0, width, spectrum.ROWS))
        self._shown[key] = tile

    def _remove(self, key: Key) -> None:
        self._box.removeItem(self._images.pop(key))
        self._shown.pop(key, None)


class TimeAxis(pg.AxisItem):
    """Moments as a clock has them."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.setStyle(tickLength=0, tickTextOffset=6)
        self.setTickFont(measures.font(measures.SMALL))

    def tickStrings(self, values, scale, spacing) -> list[str]:
        if spacing < 0.01:
            return [f"{value:.{int(np.ceil(-np.log10(spacing)))}f}" for value in values]
        return [clock(v, spacing < 1) for v in values]


def table(light: bool) -> np.ndarray:
    """256 colours from silence to loud, as (256, 3) bytes."""
    colours = [QColor(one) for one in (_LIGHT if light else _DARK)]
    stops = [(one.red(), one.green(), one.blue()) for one in colours]
    places = np.array(_PLACES) * 255
    return np.stack([np.interp(np.arange(256), places, part) for part in zip(*stops, strict=True)], 1).astype(np.uint8)


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return pen
