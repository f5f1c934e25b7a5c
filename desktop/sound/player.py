"""Playing takes: the device opened aside, the moment that is heard told as often as a screen shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from desktop.aside import Aside
from desktop.sound.stream import Stream, open_device
from desktop.sound.take import Take
from models.protocol import BadInput

if TYPE_CHECKING:
    from desktop.sound.voice import Level, Voice

TICK_MS = 33
_FAULT = "The sound device stopped ({error}): see that it is there, and press Play again."

Opener = Callable[[int, int, Callable[..., bool], Callable[[], None]], Stream]


class Player(QObject):
    """`moved` carries the moment in seconds, `playing_changed` whether it plays, `heard` a Level or None, and `refused`
    a sentence where nothing can be heard; all but playing works without a device."""

    moved = Signal(float)
    playing_changed = Signal(bool)
    heard = Signal(object)
    refused = Signal(str)
    _ended = Signal(object)

    def __init__(self, open_stream: Opener = open_device, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open, self._aside = open_stream, Aside(self, 1)
        self._voice: Voice | None = None
        self._stream: Stream | None = None
        self._opened_for: tuple[int, int] | None = None
        self._opening = False
        self._at = 0.0
        self.take: Take | None = None
        self.loop: tuple[float, float] | None = None
        self.volume = 1.0
        self.playing = False
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.setTimerType(Qt.TimerType.PreciseTimer)
        self._tick.timeout.connect(self._look)
        self._ended.connect(self._over, Qt.ConnectionType.QueuedConnection)

    # ── what is set ───────────────────────────────────────────────────────────

    @property
    def at(self) -> float:
        """The moment that is heard, or from which it will be."""
        if self.playing and self._voice is not None and self._stream is not None:
            return self._voice.position(self._stream.time)
        return self._at

    def set_take(self, take: Take | None) -> None:
        """Another take, at the same moment; while it plays, it goes on with that one."""
        self.take = take
        if take is None:
            self.stop()
            self.seek(0.0)
        elif self._voice is not None and self.playing:
            self._voice.switch(take)
        elif self._at > take.seconds:
            self.seek(take.seconds)

    def seek(self, at: float) -> None:
        """Go to a moment."""
        self._at = min(max(at, 0.0), self.take.seconds if self.take else 0.0)
        if self._voice is not None:
            self._voice.seek(self._at)
        self.moved.emit(self._at)

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Play this stretch over and over; None plays to the end."""
        self.loop = loop if loop is not None and loop[1] - loop[0] > 0.005 else None
        if self._voice is not None:
            self._voice.loop = self.loop

    def set_volume(self, volume: float) -> None:
        """From 0 to 1."""
        self.volume = volume
        if self._voice is not None:
            self._voice.volume = volume**2  # nearer to how loudness is felt

    # ── playing ───────────────────────────────────────────────────────────────

    def toggle(self) -> None:
        """Play, or stop."""
        (self.stop if self.playing else self.play)()

    def play(self) -> None:
        """From the moment that it is at; from the beginning, where that is the end."""
        take = self.take
        if take is None or self.playing:
            return
        if self._at >= take.seconds - 0.01:
            self.seek(self.loop[0] if self.loop else 0.0)
        wanted = (take.rate, take.samples.shape[1])
        self._set_playing(True)
        if self._opening:
            return  # the device that is on its way starts with what is to be heard then
        if self._stream is not None and self._opened_for == wanted:
            self._start()
            return
        self._let_go()
        from desktop.sound.voice import Voice  # numpy is there with the first take, and not before

        voice = Voice(*wanted)
        ended = lambda: self._ended.emit(voice)  # noqa: E731
        self._opening = True
        self._aside.run(
            lambda: self._open(take.rate, wanted[1], voice.fill, ended), lambda got: self._came(voice, wanted, got)
        )

    def stop(self) -> None:
        """Stay at the moment that was heard last."""
        if not self.playing:
            return
        self._at = self.at
        self._set_playing(False)
        if self._stream is not None and not self._opening:
            self._stream.stop()
        self.moved.emit(self._at)

    def finish(self) -> None:
        """Give the device back; call it before the window goes."""
        self.stop()
        self._aside.finish()
        self._let_go()

    def _came(self, voice: Voice, wanted: tuple[int, int], got: object) -> None:
        self._opening = False
        if isinstance(got, Exception):
            self._set_playing(False)
            self.refused.emit(str(got) if isinstance(got, BadInput) else _FAULT.format(error=got))
            return
        stream: Stream = got  # type: ignore[assignment]
        voice.rate, voice.channels = stream.rate, stream.channels
        self._voice, self._stream, self._opened_for = voice, stream, wanted
        if self.playing:
            self._start()

    def _start(self) -> None:
        voice, stream, take = self._voice, self._stream, self.take
        if voice is None or stream is None or take is None:
            return
        voice.take, voice.loop = take, self.loop
        self.set_volume(self.volume)
        voice.seek(self._at)
        try:
            stream.stop()
            stream.start()
        except Exception as error:  # PortAudio's own, of which only `stream` knows
            self._set_playing(False)
            self._let_go()
            self.refused.emit(_FAULT.format(error=error))

    def _over(self, voice: Voice) -> None:
        """The device has no more to play; a stop of ours says the same, and is known already."""
        if voice is self._voice and self.playing and voice.at_end:
            self._set_playing(False)
            self.seek(self.loop[0] if self.loop else 0.0)

    def _set_playing(self, playing: bool) -> None:
        if playing != self.playing:
            self.playing = playing
            (self._tick.start if playing else self._tick.stop)()
            if not playing:
                self.heard.emit(None)
            self.playing_changed.emit(playing)

    def _look(self) -> None:
        if self._voice is None or self._opening:
            return
        self._at = self.at
        self.moved.emit(self._at)
        level: Level | None = self._voice.level
        if level is not None:
            self.heard.emit(level)

    def _let_go(self) -> None:
        if self._stream is not None:
            self._stream.close()
        self._stream = self._voice = self._opened_for = None
