"""Wave and spectrogram over one axis of time, with a playhead and a stretch that can be looped on both."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QScrollBar, QVBoxLayout, QWidget

from desktop import measures, theme
from desktop.sound import spectrum
from desktop.sound.plots import Box, Spectrogram, TimeAxis, Wave
from desktop.sound.take import Take, clock
from desktop.sound.tiles import Key, Tiles
from desktop.sound.timeline import STEP, Timeline

_FINE = 10_000  # steps of the scroll bar
_AXIS = 22  # px
_EACH_WAY = 1  # tiles beyond the edges that are made ahead


class Plot(pg.GraphicsView):
    """A box with an axis of time below it, or without one. A whole PlotItem has menus, buttons and axes that nobody
    sees here, and takes three times as long to be made."""

    def __init__(self, box: Box, axis: TimeAxis | None = None) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = pg.GraphicsLayout()
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addItem(box, 0, 0)
        if axis is not None:
            axis.setHeight(_AXIS)
            axis.linkToView(box)
            inside.addItem(axis, 1, 0)
        self.setCentralItem(inside)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()


class Scope(QWidget):
    """`sought` carries the moment that was clicked, `loop_changed` the stretch that was drawn or moved, or None."""

    sought = Signal(float)
    loop_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Waveform and spectrogram")
        self.timeline = Timeline(self)
        self.tiles = Tiles(self)
        self._boxes = (Box(), Box())
        self._axis = TimeAxis()
        self.plots = (Plot(self._boxes[0]), Plot(self._boxes[1], self._axis))
        self.wave = Wave(self.timeline)
        self._boxes[0].addItem(self.wave, ignoreBounds=True)
        self.spectrogram = Spectrogram(self._boxes[1], self.tiles)
        self._boxes[0].setYRange(-1.04, 1.04, padding=0)
        self._boxes[1].setYRange(0, spectrum.ROWS, padding=0)
        self._heads = tuple(pg.InfiniteLine(0.0, angle=90, movable=False) for _ in self._boxes)
        self._loops = tuple(pg.LinearRegionItem((0.0, 0.0), swapMode="sort") for _ in self._boxes)
        self._quiet = False
        self.loop: tuple[float, float] | None = None
        self._take: Take | None = None
        for box, head, loop in zip(self._boxes, self._heads, self._loops, strict=True):
            loop.setZValue(5)
            head.setZValue(10)
            box.addItem(loop, ignoreBounds=True)
            box.addItem(head, ignoreBounds=True)
            loop.hide()
            loop.sigRegionChanged.connect(self._loop_moved)
            box.clicked, box.dragged = self._clicked, self._draw_loop
            box.moved, box.wheeled = self.timeline.pan, self._wheeled
        self.bar = QScrollBar(Qt.Orientation.Horizontal)
        self.bar.setAccessibleName("The stretch in sight")
        self.bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.bar.valueChanged.connect(self._scrolled)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(measures.INSIDE)
        rows.addWidget(self.plots[0], 3)
        rows.addWidget(self.plots[1], 4)
        rows.addWidget(self.bar)
        self._soon = QTimer(self)  # a wheel turns faster than the screen
        self._soon.setSingleShot(True)
        self._soon.setInterval(12)
        self._soon.timeout.connect(self._look)
        self.timeline.changed.connect(self._soon.start)
        self.tiles.came.connect(self._show_tiles)
        theme.current().changed.connect(self._dress)
        self._dress()

    # ── what is told from outside ─────────────────────────────────────────────

    def show_take(self, take: Take | None, seconds: float = 0.0, grown: bool = False, keep: bool = False) -> None:
        """Another take, on an axis of so many seconds where it is shorter. `grown`: the last one, further on; `keep`:
        the stretch in sight stays."""
        self._take = self.wave.take = take
        self.tiles.set_take(take, grown)
        if take is None:
            self.spectrogram.clear()
        else:
            if not grown and not keep:
                self.spectrogram.clear()
            self.timeline.set_length(max(take.seconds, seconds), take.rate, keep or grown)
        self.wave.prepareGeometryChange()
        self._look()

    def show_head(self, at: float, follow: bool = False) -> None:
        """The playhead; with `follow` the page turns with it."""
        if follow:
            self.timeline.follow(at)
        self.wave.head = at
        for head in self._heads:
            head.setValue(at)
        self.wave.update()

    def show_loop(self, loop: tuple[float, float] | None) -> None:
        """The stretch that can be looped, on both plots; None takes it away."""
        self.loop = loop
        self._quiet = True
        for one in self._loops:
            one.setVisible(loop is not None)
            if loop is not None:
                one.setRegion(loop)
        self._quiet = False

    def zoom(self, closer: bool) -> None:
        """A step closer to the playhead, or to the middle where it is not in sight; or a step away."""
        view, head = self.timeline, self.wave.head
        around = head if view.begin <= head <= view.end else (view.begin + view.end) / 2
        view.zoom(STEP**2 if closer else STEP**-2, around)

    def show_samples(self) -> None:
        """One sample on each two pixels, around the playhead."""
        if self._take is not None:
            half = self.wave.pixels / 4 / self._take.rate
            self.timeline.show(self.wave.head - half, self.wave.head + half)

    def finish(self) -> None:
        self.tiles.finish()

    # ── inside ────────────────────────────────────────────────────────────────

    def _look(self) -> None:
        """Bring what the timeline says onto the screen."""
        view = self.timeline
        for box in self._boxes:
            box.setXRange(view.begin, view.end, padding=0)
        self.wave.pixels = max(self.plots[0].width(), 1)
        self.wave.update()
        self._quiet = True
        page = max(round(view.span / view.seconds * _FINE), 1)
        self.bar.setRange(0, _FINE - page)
        self.bar.setPageStep(page)
        self.bar.setSingleStep(max(page // 10, 1))
        self.bar.setValue(round(view.begin / view.seconds * _FINE))
        self._quiet = False
        self.bar.setEnabled(not view.whole)
        self._show_tiles()
        self.tiles.want(self._keys(_EACH_WAY))

    def _show_tiles(self) -> None:
        if self._take is not None:
            self.spectrogram.show(self._keys(), self._take.rate)

    def _keys(self, beyond: int = 0) -> list[Key]:
        take, view = self._take, self.timeline
        if take is None:
            return []
        level = spectrum.level_for(view.span * take.rate / max(self.plots[1].width(), 1))
        length = spectrum.COLUMNS * spectrum.hop(level) / take.rate
        last = max(math.ceil(min(view.end, take.seconds) / length) - 1, 0)
        first = min(int(view.begin / length), last)
        end = max(math.ceil(take.seconds / length) - 1, 0)
        near = list(range(first, last + 1))
        near += [at for at in (*range(last + 1, last + 1 + beyond), *range(first - beyond, first)) if 0 <= at <= end]
        return [(level, at) for at in near]

    def _clicked(self, at: float) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)  # the keys follow the hand
        self.sought.emit(at)

    def _draw_loop(self, begin: float, at: float, done: bool) -> None:
        ends = [min(max(one, 0.0), self._take.seconds if self._take else 0.0) for one in (begin, at)]
        self.show_loop((min(ends), max(ends)))
        if done:
            long_enough = max(ends) - min(ends) > self.timeline.span * 0.004
            if not long_enough:
                self.show_loop(None)
            self.loop_changed.emit(self.loop)

    def _loop_moved(self, moved: pg.LinearRegionItem) -> None:
        if self._quiet:
            return
        begin, end = moved.getRegion()
        self.show_loop((max(float(begin), 0.0), min(float(end), self._take.seconds if self._take else float(end))))
        self.loop_changed.emit(self.loop)

    def _wheeled(self, notches: float, at: float, sideways: bool) -> None:
        if sideways:
            self.timeline.pan(-notches * self.timeline.span * 0.12)
        else:
            self.timeline.zoom(STEP**notches, at)

    def _scrolled(self, value: int) -> None:
        if not self._quiet:
            begin = value / _FINE * self.timeline.seconds
            self.timeline.show(begin, begin + self.timeline.span)

    def _dress(self) -> None:
        now = theme.current().tokens
        accent = QColor(now.accents["sound"])
        self.wave.accent, self.wave.rest = accent, QColor(now.mixed(now.text_3, 0.55, now.panel))
        for plot in self.plots:
            plot.setBackground(QColor(now.panel))
        fill, hover = QColor(accent), QColor(accent)
        fill.setAlphaF(0.16)
        hover.setAlphaF(0.24)
        clear = QColor(accent)
        clear.setAlphaF(0.0)
        for head in self._heads:
            head.setPen(pg.mkPen(now.text, width=1.5))
        self._heads[1].setPen(pg.mkPen("#ffffff" if now.dark else now.text, width=1.5))
        for loop, brush in zip(self._loops, (fill, clear), strict=True):
            loop.setBrush(brush)
            loop.setHoverBrush(hover if brush is fill else clear)
            for line in loop.lines:
                line.setPen(pg.mkPen(accent, width=1.5))
                line.setHoverPen(pg.mkPen(accent, width=3))
        self._axis.setTextPen(pg.mkPen(now.text_3))
        self._axis.setPen(pg.mkPen(now.line))
        self.spectrogram.dress(now)
        self.wave.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        told = f"{clock(self.wave.head)} of {clock(self._take.seconds)}" if self._take else ""
        self.setAccessibleDescription(told)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the room has them

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._soon.start()
