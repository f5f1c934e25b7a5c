"""A sound device that a test drives block by block, files of tones, and the room with both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from desktop.sound.work import SoundWork
from models.outputs import write
from models.outputs.media import Sound
from models.protocol import Request
from tests.desktop.program import PATIENCE_MS

RATE = 8000


class HandStream:
    """Plays when `pump` is called, and keeps what was heard; its clock goes as far as its blocks."""

    def __init__(self, rate: int, channels: int, fill: Callable[..., bool], ended: Callable[[], None]) -> None:
        self.rate, self.channels = rate, channels
        self._fill, self._ended = fill, ended
        self.time, self.running, self.closed = 100.0, False, False
        self.heard: list[np.ndarray] = []

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        if self.running:
            self.running = False
            self._ended()

    def close(self) -> None:
        self.closed = True

    def pump(self, seconds: float, block: int = 200) -> None:
        """As a device does, for so long or to the end."""
        for _ in range(round(seconds * self.rate / block)):
            if not self.running:
                return
            out = np.zeros((block, self.channels), np.float32)
            goes_on = self._fill(out, self.time)
            self.heard.append(out)
            self.time += block / self.rate
            if not goes_on:
                self.stop()

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate(self.heard)


class Desk:
    """Opens such devices, and remembers them."""

    def __init__(self) -> None:
        self.streams: list[HandStream] = []
        self.refuse: Exception | None = None

    def open(self, rate: int, channels: int, fill: Callable[..., bool], ended: Callable[[], None]) -> HandStream:
        if self.refuse is not None:
            raise self.refuse
        self.streams.append(HandStream(rate, channels, fill, ended))
        return self.streams[-1]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def tone(seconds: float, hertz: float = 440.0, rate: int = RATE, channels: int = 1, loud: float = 0.5) -> np.ndarray:
    moments = np.arange(round(seconds * rate)) / rate
    return np.tile(loud * np.sin(2 * np.pi * hertz * moments), (channels, 1)).astype(np.float32)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., str]:
    """Writes a take as the engine does."""

    def make(wave: np.ndarray, seed: int = 1, rate: int = RATE, format: str = "") -> str:
        request = Request(
            "tone", "/nowhere", "fake-sound", "text-to-sound", prompt="a slow tune", seed=seed, settings={"seconds": 2}
        )
        return str(write.save(Sound(wave, rate), request, "Tone", tmp_path / "outputs", format)[0])

    return make


@pytest.fixture
def room(qtbot: QtBot, desk: Desk) -> Iterator[SoundWork]:
    """The room, with its plots, on the screen."""
    work = SoundWork(desk.open)
    qtbot.addWidget(work)
    work.resize(880, 620)
    work.show()
    qtbot.waitUntil(lambda: work.scope is not None, timeout=PATIENCE_MS)
    yield work
    work.finish()
