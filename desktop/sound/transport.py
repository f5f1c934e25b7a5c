"""The row under the plots: play, loop, how loud, and where a take can go from here."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from desktop import measures
from desktop.controls import Slider, set_role, word
from desktop.sound.meter import Meter
from desktop.sound.take import clock
from models.outputs import formats

LOOP = "Draw over a stretch to loop it (L)"


class Transport(QWidget):
    """`play` toggles, `loop_wanted` whether the stretch is to be looped, `export` carries a format's name and whether
    only the stretch is meant."""

    play = Signal()
    loop_wanted = Signal(bool)
    volume_chosen = Signal(int)
    go_on = Signal()
    export = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QPushButton("▶  Play")
        set_role(self.button, "play")
        self.button.setFixedWidth(88)
        self.button.setToolTip("Play or stop (Space)")
        self.button.setAccessibleName("Play")
        self.button.clicked.connect(self.play)
        self.loop = QPushButton("Loop")
        set_role(self.loop, "chip")
        self.loop.setCheckable(True)
        self.loop.setMinimumWidth(150)
        self.loop.clicked.connect(self.loop_wanted)
        self.further = QPushButton("Continue from here")
        set_role(self.further, "chip")
        self.further.setToolTip("Make what comes after the playhead, from what lies before it")
        self.further.clicked.connect(self.go_on)
        self.further.hide()
        self.meter = Meter()
        self.volume = Slider()
        self.volume.setRange(0, 100)
        self.volume.setValue(100)
        self.volume.setFixedWidth(80)
        self.volume.setAccessibleName("Volume")
        self.volume.setToolTip("Volume")
        self.volume.valueChanged.connect(self.volume_chosen)
        self.whole = word("Fit", "All of it in sight (Ctrl+0)")
        self.out = QPushButton("Export…")
        set_role(self.out, "chip")
        self.out.setToolTip("Write it as WAV, FLAC, OGG or MP3, with its settings inside")
        self.out.clicked.connect(self._open_formats)
        self._stretch: tuple[float, float] | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(measures.INSIDE)
        for left in (self.button, self.loop, self.further):
            row.addWidget(left)
        row.addStretch(1)
        for right in (self.whole, self.meter, self.volume, self.out):
            row.addWidget(right)
        self.show_loop(None, False)

    def show_playing(self, playing: bool) -> None:
        """Whether it plays; the button keeps its place."""
        self.button.setText("■  Stop" if playing else "▶  Play")
        self.button.setAccessibleName("Stop" if playing else "Play")

    def show_loop(self, stretch: tuple[float, float] | None, on: bool) -> None:
        """The stretch that is marked, and whether it is looped."""
        self._stretch = stretch
        self.loop.setEnabled(stretch is not None)
        self.loop.setChecked(on and stretch is not None)
        self.loop.setText(f"Loop {clock(stretch[0])} to {clock(stretch[1])}" if stretch else "Loop")
        tip = "Over and over (L)" if stretch else LOOP
        self.loop.setToolTip(tip)
        self.loop.setAccessibleDescription(tip)

    def show_usable(self, take: bool, finished: bool, goes_on: bool) -> None:
        """What can be done: there is a take, it is a finished file, and the model goes on from sounds."""
        for widget in (self.button, self.whole):
            widget.setEnabled(take)
        self.out.setEnabled(finished)
        self.further.setVisible(goes_on)
        self.further.setEnabled(finished)

    def menu(self) -> QMenu:
        """The formats; with a stretch marked, whether only that is written."""
        menu = QMenu(self)
        self._add_formats(menu, False)
        if self._stretch is not None:
            menu.addSeparator()
            part = menu.addMenu(f"Only {clock(self._stretch[0])} to {clock(self._stretch[1])}")
            self._add_formats(part, True)
        return menu

    def _add_formats(self, menu: QMenu, part: bool) -> None:
        for kind in formats.for_medium("sound"):
            menu.addAction(kind.label).triggered.connect(partial(self._write, kind.name, part))

    def _write(self, kind_name: str, part: bool, _: bool = False) -> None:
        self.export.emit(kind_name, part)

    def _open_formats(self) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.out.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 4)))
