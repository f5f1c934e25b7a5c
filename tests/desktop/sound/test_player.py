"""Playing, with a device that the test drives: what is heard, the moment that is told, loops, A/B, and no device."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from desktop.sound import stream
from desktop.sound.peaks import Peaks
from desktop.sound.player import Player
from desktop.sound.take import Take, clock
from models.protocol import BadInput
from tests.desktop.program import PATIENCE_MS
from tests.desktop.sound.conftest import RATE, Desk, HandStream, tone


def take(wave: np.ndarray, rate: int = RATE) -> Take:
    samples = (wave.T * 32767).astype(np.int16)
    return Take("", samples, rate, Peaks(samples))


@pytest.fixture
def player(qtbot: QtBot, desk: Desk) -> Iterator[Player]:
    player = Player(desk.open)
    yield player
    player.finish()


def started(player: Player, desk: Desk, qtbot: QtBot) -> HandStream:
    player.play()
    qtbot.waitUntil(lambda: bool(desk.streams) and desk.streams[-1].running, timeout=PATIENCE_MS)
    return desk.streams[-1]


def test_it_plays_what_is_there_and_ends_at_its_beginning(player: Player, desk: Desk, qtbot: QtBot) -> None:
    wave = tone(1.0)
    player.set_take(take(wave))
    device = started(player, desk, qtbot)
    device.pump(0.5)
    assert np.abs(device.sound[:, 0] - wave[0, : len(device.sound)]).max() < 2e-4
    assert player.at == pytest.approx(0.5, abs=1e-6)
    with qtbot.waitSignal(player.playing_changed, timeout=PATIENCE_MS) as said:
        device.pump(1.0)
    assert said.args == [False] and player.at == 0.0
    assert np.abs(device.sound[:RATE, 0] - wave[0]).max() < 2e-4


def test_the_moment_is_the_one_that_is_heard_and_not_the_one_that_was_handed_over(
    player: Player, desk: Desk, qtbot: QtBot
) -> None:
    player.set_take(take(tone(2.0)))
    device = started(player, desk, qtbot)
    device.pump(1.0)
    device.time -= 0.25  # a quarter of a second still waits in the device
    assert player.at == pytest.approx(0.75, abs=1e-6)
    device.time += 0.25
    player.stop()
    assert player.at == pytest.approx(1.0, abs=1e-6) and not player.playing
    again = started(player, desk, qtbot)
    assert again is device, "the device is kept"
    device.heard.clear()
    device.pump(0.1)
    assert np.abs(device.sound[:, 0] - tone(2.0)[0, RATE : RATE + len(device.sound)]).max() < 2e-4


def test_a_stretch_is_looped_sample_by_sample(player: Player, desk: Desk, qtbot: QtBot) -> None:
    wave = np.linspace(-0.9, 0.9, RATE, dtype=np.float32)[None]
    player.set_take(take(wave))
    player.set_loop((0.25, 0.5))
    player.seek(0.25)
    device = started(player, desk, qtbot)
    device.pump(1.0, block=300)
    stretch = wave[0, RATE // 4 : RATE // 2]
    wanted = np.tile(stretch, 5)[: len(device.sound)]
    assert np.abs(device.sound[:, 0] - wanted).max() < 2e-3
    assert 0.25 <= player.at < 0.5 and player.playing


def test_another_take_goes_on_at_the_same_moment(player: Player, desk: Desk, qtbot: QtBot) -> None:
    low, high = (np.full((1, 2 * RATE), level, np.float32) for level in (0.2, 0.6))
    player.set_take(take(low))
    device = started(player, desk, qtbot)
    device.pump(0.5)
    player.set_take(take(high))
    device.heard.clear()
    device.pump(0.5, block=400)
    assert player.at == pytest.approx(1.0, abs=1e-6)
    assert np.all(np.diff(device.sound[:400, 0]) >= -1e-6) and np.abs(np.diff(device.sound[:, 0])).max() < 0.01
    assert device.sound[-1, 0] == pytest.approx(0.6, abs=1e-3)


def test_a_device_of_another_rate_hears_the_same_pitch(player: Player, qtbot: QtBot, desk: Desk) -> None:
    class Other(Desk):
        def open(self, rate, channels, fill, ended):  # type: ignore[no-untyped-def]
            return super().open(48_000, 2, fill, ended)

    other = Other()
    player._open = other.open
    player.set_take(take(tone(1.0)))
    device = started(player, other, qtbot)
    device.pump(0.5)
    heard = device.sound
    assert heard.shape[1] == 2 and np.array_equal(heard[:, 0], heard[:, 1])
    pitch = np.argmax(np.abs(np.fft.rfft(heard[:, 0] * np.hanning(len(heard))))) * 48_000 / len(heard)
    assert pitch == pytest.approx(440, abs=3)
    assert player.at == pytest.approx(0.5, abs=1e-6)


def test_volume_and_level(player: Player, desk: Desk, qtbot: QtBot) -> None:
    player.set_take(take(tone(1.0, loud=0.8)))
    player.set_volume(0.5)
    device = started(player, desk, qtbot)
    with qtbot.waitSignal(player.heard, timeout=PATIENCE_MS) as said:
        device.pump(0.5)
    assert said.args[0].peak[0] == pytest.approx(0.2, abs=0.01)
    assert said.args[0].rms[0] == pytest.approx(0.2 / 2**0.5, abs=0.01)


def test_without_a_device_one_sentence_is_said_and_seeking_goes_on(player: Player, desk: Desk, qtbot: QtBot) -> None:
    desk.refuse = BadInput(stream.NO_DEVICE)
    player.set_take(take(tone(1.0)))
    with qtbot.waitSignal(player.refused, timeout=PATIENCE_MS) as said:
        player.play()
    assert said.args == [stream.NO_DEVICE] and not player.playing
    player.seek(0.4)
    assert player.at == 0.4
    desk.refuse = None
    started(player, desk, qtbot).pump(0.1)
    assert player.at == pytest.approx(0.5, abs=1e-6)


def test_one_device_is_opened_however_often_play_is_pressed_meanwhile(player: Player, desk: Desk, qtbot: QtBot) -> None:
    may, opens = threading.Event(), desk.open

    def slowly(*args: Any) -> HandStream:
        assert may.wait(PATIENCE_MS / 1000)
        return opens(*args)

    player._open = slowly
    player.set_take(take(tone(1.0)))
    for _ in range(3):
        player.toggle()
    may.set()
    qtbot.waitUntil(lambda: bool(desk.streams) and desk.streams[0].running, timeout=PATIENCE_MS)
    player.stop()
    player._aside.finish()  # what would still be opened
    assert [(stream.running, stream.closed) for stream in desk.streams] == [(False, False)]


def test_no_device_and_no_library_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    sounddevice = pytest.importorskip("sounddevice")

    def none(*args: object, **kwargs: object) -> None:
        raise sounddevice.PortAudioError("Error querying device -1")

    monkeypatch.setattr(sounddevice, "query_devices", none)
    with pytest.raises(BadInput, match="No sound device"):
        stream.open_device(RATE, 1, lambda out, at: True, lambda: None)
    monkeypatch.setitem(__import__("sys").modules, "sounddevice", None)
    with pytest.raises(BadInput, match="PortAudio"):
        stream.open_device(RATE, 1, lambda out, at: True, lambda: None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0:00.00"), (6.42, "0:06.42"), (59.999, "0:59.99"), (754.5, "12:34.50"), (3723, "1:02:03.00")],
)
def test_moments_are_said_as_clocks_do(seconds: float, words: str) -> None:
    assert clock(seconds) == words
