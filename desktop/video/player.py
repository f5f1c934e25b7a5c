"""The player: a film's frames on the screen and on the timeline, played, scrubbed and stepped; or what is forming."""

from __future__ import annotations

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop import measures
from desktop.controls import hairline
from desktop.video import keys
from desktop.video.clip import Facts
from desktop.video.forming import Forming
from desktop.video.frames import Frames
from desktop.video.playing import Playing, clock
from desktop.video.screen import Screen
from desktop.video.thumbs import Thumbs
from desktop.video.timeline import Timeline
from desktop.video.track import Track
from desktop.video.transport import Captions, Transport
from models.protocol import Preview

_FORMING_FPS = 8.0  # of a film whose settings do not say
_THUMBS_AFTER_MS = 180  # a window that is being drawn larger asks for none


class Player(QWidget):
    """`opened` when another film is on the screen, `failed` with a sentence where it cannot be."""

    opened = Signal(str)
    failed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.screen_, self.captions, self.transport, self.timeline = Screen(), Captions(), Transport(), Timeline()
        self.frames, self.thumbs, self.playing = Frames(self), Thumbs(self), Playing(self)
        self.forming: Forming | None = None
        self.facts: Facts | None = None
        self._expected = (QSize(), _FORMING_FPS)  # size and frames a second of what is going to form
        self._track: Track | None = None
        self._resume = False  # it was playing before the pointer took hold of it
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_THUMBS_AFTER_MS)
        self._later.timeout.connect(self._read_thumbs)
        self._lay_out()
        self._connect()
        self.captions.loop.setChecked(True)
        self.captions.sound.setChecked(True)
        self.set_actual(False)
        self._part()
        self._tell()

    def _lay_out(self) -> None:
        foot = QWidget()
        inside = QVBoxLayout(foot)
        inside.setContentsMargins(measures.GROUP, measures.INSIDE, measures.GROUP, measures.INSIDE)
        inside.setSpacing(measures.INSIDE)
        inside.addWidget(self.transport)
        inside.addWidget(self.timeline)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        for widget, stretch in ((self.screen_, 1), (self.captions, 0), (hairline(), 0), (foot, 0)):
            rows.addWidget(widget, stretch)
        self.setFocusProxy(self.screen_)

    def _connect(self) -> None:
        playing, timeline, words = self.playing, self.timeline, self.captions
        self.frames.opened.connect(self._arrived)
        self.frames.failed.connect(self._lost)
        self.frames.ready.connect(self._ready)
        self.thumbs.came.connect(lambda: timeline.set_images(self.thumbs.images))
        self.screen_.sized.connect(self._sized)
        self.screen_.pressed.connect(playing.toggle)
        playing.moved.connect(self._moved)
        playing.playing_changed.connect(self._running)
        playing.part_changed.connect(self._part)
        playing.jumped.connect(self._sound)
        timeline.scrubbed.connect(playing.go)
        timeline.in_moved.connect(playing.set_in)
        timeline.out_moved.connect(playing.set_out)
        timeline.held.connect(self._held)
        words.loop.toggled.connect(lambda on: setattr(playing, "loop", on))
        words.onion.toggled.connect(lambda _: self._show())
        words.sound.toggled.connect(lambda _: self._sound())
        words.speed_chosen.connect(playing.set_speed)
        words.fit.clicked.connect(lambda: self.set_actual(False))
        words.actual.clicked.connect(lambda: self.set_actual(True))
        self.transport.play.connect(playing.toggle)
        self.transport.stepped.connect(playing.step)
        self.transport.begin.clicked.connect(lambda: playing.set_in(playing.frame))
        self.transport.end.clicked.connect(lambda: playing.set_out(playing.frame))
        self.transport.whole.clicked.connect(playing.clear_part)

    # ── what is shown ─────────────────────────────────────────────────────────

    def set_track(self, track: Track | None) -> None:
        """Whoever plays the films' sound."""
        self._track = track
        self._tell()

    def open(self, path: str) -> None:
        """Another film; what is there stays until it can be seen."""
        self.frames.open(path)

    def form(self, size: QSize, count: int, fps: float) -> None:
        """A film of so many frames is going to form: its place is kept, what was there stays until there is more."""
        self.forming = Forming()
        self.forming.begin(count)
        self._expected = (size, fps or _FORMING_FPS)

    def take(self, preview: Preview) -> None:
        """A newer state of what forms, seen at the moment that the playhead is at."""
        if self.forming is None:
            return
        first = not self.forming.images
        self.forming.take(preview)
        if not self.forming.images:
            return
        if first:
            self._stop_sound()
            size, fps = self._expected
            own = QSize(preview.width, preview.height)
            self.screen_.set_film(own if size.isEmpty() else size)
            self.timeline.set_film(self.forming.count, fps)
            self.playing.begin(self.forming.count, fps)
        self.thumbs.show(self.forming.images)
        image = self.forming.image(self.playing.frame)
        if image is not None:
            self.screen_.fade_to(image, at_once=self.playing.playing)
        self._tell()

    def formed(self) -> None:
        """It forms no more; what was there before, if anything, comes back. Where it is there still, nothing moves."""
        shown, self.forming = self._shows_forming, None
        if not shown:
            return
        if self.facts is not None:
            self._present(self.facts, self.playing.frame if self.playing.count == self.facts.count else 0)
        else:
            self.close_film()

    def close_film(self) -> None:
        """Nothing is shown."""
        self.facts, self.forming = None, None
        self._stop_sound()
        self.frames.close()
        self.thumbs.clear()
        self.screen_.set_film(QSize())
        self.timeline.set_film(0, 1.0)
        self.timeline.set_images([])
        self.playing.begin(0, 1.0)
        self._tell()

    @property
    def film(self) -> bool:
        """Whether there is anything to see."""
        return self.facts is not None or self._shows_forming

    @property
    def _shows_forming(self) -> bool:
        """Whether what forms is on the screen; before its first preview, the film that was there still is."""
        return self.forming is not None and bool(self.forming.images)

    def set_actual(self, actual: bool) -> None:
        """One pixel on one pixel, or as large as there is room."""
        self.captions.fit.setChecked(not actual)
        self.captions.actual.setChecked(actual)
        self.screen_.set_actual(actual)

    def finish(self) -> None:
        """Wait for what is still being decoded; call it before the window goes."""
        self.playing.pause()
        self.frames.finish()
        self.thumbs.finish()
        if self._track is not None:
            self._track.finish()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not (self.film and keys.press(self.playing, self.captions, event)):
            super().keyPressEvent(event)

    # ── inside ────────────────────────────────────────────────────────────────

    def _arrived(self, facts: Facts) -> None:
        self.facts, self.forming = facts, None
        self._present(facts, 0)
        self.opened.emit(facts.path)

    def _lost(self, sentence: str) -> None:
        if self.forming is not None:
            self.formed()
        self.failed.emit(sentence)

    def _present(self, facts: Facts, frame: int) -> None:
        self.screen_.set_film(QSize(facts.width, facts.height))
        self.timeline.set_film(facts.count, facts.fps)
        self.playing.begin(facts.count, facts.fps, frame)
        self._read_thumbs()
        if self._track is not None:
            self._track.open(facts.path) if facts.sounds else self._track.clear()
        self._show()
        self._tell()

    def _sized(self, size: QSize) -> None:
        if not self._shows_forming:
            self.frames.set_size(size)
            self._show()

    def _moved(self, frame: int) -> None:
        self.timeline.set_frame(frame)
        self._show()
        self._tell()

    def _ready(self, frame: int) -> None:
        near = {self.playing.frame, self.playing.frame - 1, self.playing.frame + 1}
        if frame in near and not self._shows_forming:
            self._show()

    def _show(self) -> None:
        frame = self.playing.frame
        if self.forming is not None and (forming := self.forming.image(frame)) is not None:
            self.screen_.fade_to(forming, at_once=True)
            return
        if self.facts is None:
            return
        self.frames.want(frame, self.playing.direction)
        image = self.frames.image(frame)
        onion: dict[int, QImage | None] = {}
        if self.captions.onion.isChecked() and not self.playing.playing:
            onion = {k: self.frames.image(k) for k in (frame - 1, frame + 1) if 0 <= k < self.facts.count}
            missing = [k for k, neighbour in onion.items() if neighbour is None]
            if missing and image is not None:  # they are wanted, too
                self.frames.want(missing[0], self.playing.direction)
        image = image or self.frames.nearest(frame)
        if image is None and not self.playing.playing:
            image = self.thumbs.near(frame, self.facts.count)  # until it is decoded
        self.screen_.show_image(image, tuple(onion.values()))

    def _running(self, playing: bool) -> None:
        self.transport.show_playing(playing)
        if playing:
            self._sound()
        else:
            self._stop_sound()
            self._show()

    def _sound(self) -> None:
        """The track to where the film is, if it is to be heard."""
        if self._track is None:
            return
        heard = self.facts is not None and self.facts.sounds and self.captions.sound.isChecked()
        if heard and not self._shows_forming and self.playing.playing and self.playing.speed == 1.0:
            self._track.play(self.playing.seconds)
        else:
            self._track.stop()

    def _stop_sound(self) -> None:
        if self._track is not None:
            self._track.stop()

    def _held(self, held: bool) -> None:
        if held:
            self._resume = self.playing.playing
            self.playing.pause()
        elif self._resume:
            self.playing.play()

    def _part(self) -> None:
        playing = self.playing
        self.timeline.set_part(playing.first, playing.last)
        self.transport.show_part(playing.first, playing.last, playing.fps, playing.whole)

    def _read_thumbs(self) -> None:
        if self.facts is not None and not self._shows_forming:
            places = self.timeline.places(self.facts.width, self.facts.height)
            self.thumbs.read(self.facts.path, self.facts.count, *places)
            self.timeline.set_images(self.thumbs.images)

    def _tell(self) -> None:
        playing, facts = self.playing, self.facts
        told = ""
        if self._shows_forming:
            told = f"Forming · frame {playing.frame + 1} of {playing.count}"
        elif facts is not None:
            told = f"{facts.width} × {facts.height} · {facts.fps:.4g} fps · frame {playing.frame + 1} of {facts.count}"
        self.captions.caption.setText(told)
        self.screen_.setAccessibleDescription(told)
        self.transport.time.setText(clock(playing.seconds) if self.film else "")
        self.captions.sound.setEnabled(self._track is not None and facts is not None and facts.sounds)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._later.start()
