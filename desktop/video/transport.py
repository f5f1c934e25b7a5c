"""The rows around the film: what is seen and how, then playing, stepping, the part, and where it can go from here."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from desktop import measures
from desktop.controls import set_role, word
from desktop.video.playing import SPEEDS, clock
from models.outputs import formats

HEIGHT = 40


class Captions(QWidget):
    """Under the film: what it is, and the words for how it is seen."""

    speed_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.caption = QLabel()
        self.caption.setProperty("role", "small")
        self.loop = word("Loop", "The part round and round (L)", True)
        self.onion = word("Onion skin", "The frame before and the one after, faintly over this one (N)", True)
        self.sound = word("Sound", "The film's own sound, at its own speed", True)
        self.fit = word("Fit", "As large as there is room (Ctrl+0)", True)
        self.actual = word("1:1", "One pixel of the film on one pixel of the screen (Ctrl+1)", True)
        self.speed = word("", "How fast it plays ([ and ])")
        self.speed.setMenu(self._speeds())
        self._speed = SPEEDS.index(1.0)
        self.choose_speed(self._speed)
        row = QHBoxLayout(self)
        row.setContentsMargins(measures.GROUP, 0, measures.GROUP - 5, 0)
        row.setSpacing(0)
        row.addWidget(self.caption, 1)
        for k, button in enumerate((self.speed, self.loop, self.onion, self.sound, self.fit, self.actual)):
            if k:
                dot = QLabel("·")
                dot.setProperty("role", "small")
                row.addWidget(dot)
            row.addWidget(button)

    @property
    def speed_at(self) -> int:
        """Which of the speeds is chosen."""
        return self._speed

    def choose_speed(self, at: int) -> None:
        """Take the speed at that place, or the nearest there is."""
        at = min(max(at, 0), len(SPEEDS) - 1)
        name = f"{SPEEDS[at]:g}×"
        self.speed.setText(name)
        self.speed.setAccessibleName(f"Speed: {name}")
        if at != self._speed:
            self._speed = at
            self.speed_chosen.emit(SPEEDS[at])

    def _speeds(self) -> QMenu:
        menu = QMenu(self)
        for at, speed in enumerate(SPEEDS):
            menu.addAction(f"{speed:g}×", partial(self.choose_speed, at))
        return menu


class Transport(QWidget):
    """Under that: `play` toggles, `stepped` by so many frames, `export` with a format's name and whether only the part
    is meant."""

    play = Signal()
    stepped = Signal(int)
    export = Signal(str, bool)
    stop_export = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QPushButton("▶  Play")
        set_role(self.button, "play")
        self.button.setFixedWidth(88)
        self.button.setToolTip("Play or pause (Space)")
        self.button.clicked.connect(self.play)
        self.back = _chip("◀", "One frame back (Left; with Shift ten)", "One frame back")
        self.on = _chip("▶", "One frame on (Right; with Shift ten)", "One frame on")
        self.back.clicked.connect(lambda: self.stepped.emit(-1))
        self.on.clicked.connect(lambda: self.stepped.emit(1))
        for button in (self.back, self.on):
            button.setFixedWidth(36)
            button.setAutoRepeat(True)
        self.time = QLabel()
        self.time.setProperty("role", "value")
        self.time.setAccessibleName("Time")
        self.time.setFixedWidth(72)
        self.begin = _chip("In", "The part begins with this frame (I)")
        self.end = _chip("Out", "The part ends with this frame (O)")
        self.whole = _chip("Whole film", "Back from the part to all of it (X)")
        self.further = _chip("Continue from last frame", "Make what comes after the last frame of the part")
        self.out = _chip("Export…", "Write it as MP4, WebM, GIF or single frames, with its settings inside")
        self.out.clicked.connect(self._open_formats)
        self._part = ""
        self._exporting = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(measures.INSIDE)
        for widget in (self.button, self.back, self.on, self.time, self.begin, self.end, self.whole):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.further)
        row.addWidget(self.out)
        self.show_playing(False)

    def show_playing(self, playing: bool) -> None:
        """Whether it plays; the button keeps its place."""
        self.button.setText("❚❚  Pause" if playing else "▶  Play")
        self.button.setAccessibleName("Pause" if playing else "Play")

    def show_part(self, first: int, last: int, fps: float, whole: bool) -> None:
        """Which part is chosen."""
        self._part = "" if whole else f"{clock(first / fps)} to {clock((last + 1) / fps)}"
        self.whole.setEnabled(not whole)

    def show_usable(self, film: bool, finished: bool, goes_on: bool, why: str) -> None:
        """What can be done: there is something to see, it is a finished file, and the model begins from pictures."""
        for widget in (self.button, self.back, self.on, self.begin, self.end):
            widget.setEnabled(film)
        self.out.setEnabled(finished or self._exporting)
        self.further.setEnabled(finished and goes_on)
        self.further.setToolTip(self.further.accessibleDescription() if goes_on else why)

    def show_export(self, done: int, total: int) -> None:
        """How far the writing is; 0 of 0 is none."""
        self._exporting = total > 0
        self.out.setText(f"Stop ({done * 100 // total}%)" if total else "Export…")

    def menu(self) -> QMenu:
        """The formats; where a part is chosen, it comes first."""
        menu = QMenu(self)
        places = [(f"Only {self._part}", True), ("The whole film", False)] if self._part else [("", False)]
        for name, part in places:
            if name:
                menu.addSection(name)
            for kind in formats.for_medium("video"):
                label = kind.label if not name else f"{kind.label}  ({name.lower()})"
                menu.addAction(label, partial(self.export.emit, kind.name, part))
        return menu

    def _open_formats(self) -> None:
        if self._exporting:
            self.stop_export.emit()
            return
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.out.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 4)))


def _chip(text: str, help: str, name: str = "") -> QPushButton:
    button = QPushButton(text)
    set_role(button, "chip")
    button.setToolTip(help)
    button.setAccessibleName(name or text)
    button.setAccessibleDescription(help)
    return button
