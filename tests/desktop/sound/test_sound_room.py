"""The room of sound with real files: seen, heard, compared, taken out, and growing while one is made."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QSlider
from pytestqt.qtbot import QtBot

from desktop import theme
from desktop.sound import listening
from desktop.sound.work import SoundWork
from models.outputs import formats, read
from models.protocol import Card, Input, ModelInfo, Request, SoundPreview
from tests.desktop.program import PATIENCE_MS
from tests.desktop.sound.conftest import RATE, Desk, tone

Make = Callable[..., str]
ASKED = Request("tone", "/nowhere", "fake-sound", "text-to-sound", settings={"seconds": 2.0})


def show(room: SoundWork, path: str, qtbot: QtBot) -> None:
    with qtbot.waitSignal(room.shown, timeout=PATIENCE_MS):
        room.show_file(path)
    assert room.scope is not None
    qtbot.waitUntil(lambda: room.scope.tiles.idle, timeout=PATIENCE_MS)


def place(room: SoundWork, at: float, plot: int = 0) -> QPoint:
    """Where a moment is, in the viewport of a plot."""
    assert room.scope is not None
    point = room.scope._boxes[plot].mapViewToScene(QPointF(at, 0.5))
    return room.scope.plots[plot].mapFromScene(point)


def test_a_file_is_shown_with_its_facts_and_its_picture(room: SoundWork, made: Make, qtbot: QtBot) -> None:
    assert room.empty.isVisible()
    path = made(tone(2.0, channels=2))
    show(room, path, qtbot)
    assert room.path == path and not room.empty.isVisible()
    assert room.moment.text() == "0:00.00 of 0:02.00 · 8 kHz stereo"
    assert room.takes.count.text() == "Take 1 of 1"
    assert room.scope is not None and room.scope.spectrogram._images
    image = room.scope.plots[1].grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(40, 800, 40) for y in range(10, image.height() - 30, 3)}
    assert len(colours) > 8, "the tone stands out of the silence around it"


def test_a_click_seeks_and_a_drag_marks_a_stretch_to_loop(
    room: SoundWork, made: Make, desk: Desk, qtbot: QtBot
) -> None:
    show(room, made(tone(2.0)), qtbot)
    assert room.scope is not None
    for plot in (0, 1):
        QTest.mouseClick(
            room.scope.plots[plot].viewport(), Qt.MouseButton.LeftButton, pos=place(room, 0.5 + plot, plot)
        )
        qtbot.waitUntil(lambda plot=plot: abs(room.player.at - 0.5 - plot) < 0.02, timeout=PATIENCE_MS)
    view = room.scope.plots[0].viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=place(room, 0.4))
    for at in (0.6, 0.8, 1.2):
        QTest.mouseMove(view, place(room, at))
        qtbot.wait(15)  # pyqtgraph leaves out moves that come too fast
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=place(room, 1.2))
    qtbot.waitUntil(lambda: room.player.loop is not None, timeout=PATIENCE_MS)
    assert room.stretch == pytest.approx((0.4, 1.2), abs=0.03) and room.player.loop == room.stretch
    assert room.transport.loop.text().startswith("Loop 0:00.") and room.transport.loop.isChecked()
    room.scope._loops[1].setRegion((0.5, 1.5))  # as its edge is drawn
    assert room.stretch == (0.5, 1.5) == room.player.loop == room.scope._loops[0].getRegion()
    qtbot.mouseClick(room.transport.loop, Qt.MouseButton.LeftButton)
    assert room.player.loop is None and room.stretch == (0.5, 1.5)


def test_the_wheel_goes_down_to_the_sample_and_the_bar_moves_along(room: SoundWork, made: Make, qtbot: QtBot) -> None:
    show(room, made(tone(2.0)), qtbot)
    assert room.scope is not None
    timeline, view = room.scope.timeline, room.scope.plots[0].viewport()
    for _ in range(60):
        at = place(room, 1.0)
        event = QWheelEvent(
            QPointF(at), QPointF(view.mapToGlobal(at)), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(view, event)
        room.scope._look()
    assert timeline.span * RATE == pytest.approx(24, rel=0.01) and timeline.begin < 1.0 < timeline.end
    assert not room.grab().isNull()
    timeline.show(0.5, 1.0)
    room.scope._look()
    room.scope.bar.setValue(room.scope.bar.maximum())
    assert timeline.end == pytest.approx(2.0, abs=0.001) and timeline.span == pytest.approx(0.5)
    qtbot.mouseClick(room.transport.whole, Qt.MouseButton.LeftButton)
    assert timeline.whole


def test_keys(room: SoundWork, made: Make, desk: Desk, qtbot: QtBot) -> None:
    show(room, made(tone(2.0)), qtbot)
    scope, player = room.scope, room.player
    assert scope is not None
    scope.setFocus()
    for key, at in ((Qt.Key.Key_Right, 0.1), (Qt.Key.Key_Right, 0.2), (Qt.Key.Key_Left, 0.1), (Qt.Key.Key_End, 2.0)):
        QTest.keyClick(scope, key)
        assert player.at == pytest.approx(at)
    QTest.keyClick(scope, Qt.Key.Key_Home)
    QTest.keyClick(scope, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert player.at == pytest.approx(0.004)
    QTest.keyClick(scope, Qt.Key.Key_Up)
    assert scope.timeline.span < 2.0
    scope.show_loop((0.2, 0.4))
    QTest.keyClick(scope, Qt.Key.Key_L)
    assert player.loop == (0.2, 0.4)
    QTest.keyClick(scope, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bool(desk.streams) and desk.streams[0].running, timeout=PATIENCE_MS)
    assert room.transport.button.accessibleName() == "Stop"
    desk.streams[0].pump(0.1)
    QTest.keyClick(scope, Qt.Key.Key_Space)
    assert not player.playing and player.at == pytest.approx(0.104, abs=0.01)


def test_takes_are_counted_and_compared_at_the_same_moment(
    room: SoundWork, made: Make, desk: Desk, qtbot: QtBot
) -> None:
    first, second = made(tone(2.0, 300), 1), made(tone(2.0, 600), 2)
    show(room, first, qtbot)
    show(room, second, qtbot)
    assert room.takes.count.text() == "Take 2 of 2" and room.takes.swap.isVisible()
    room.player.play()
    qtbot.waitUntil(lambda: bool(desk.streams) and desk.streams[0].running, timeout=PATIENCE_MS)
    device = desk.streams[0]
    device.pump(0.5)
    with qtbot.waitSignal(room.shown) as said:
        qtbot.mouseClick(room.takes.swap, Qt.MouseButton.LeftButton)
    assert said.args == [first] and room.player.playing and room.takes.count.text() == "Take 1 of 2"
    device.heard.clear()
    device.pump(1.0)
    heard = device.sound[400:, 0]
    assert np.argmax(np.abs(np.fft.rfft(heard))) * RATE / len(heard) == pytest.approx(300, abs=2)
    assert room.player.at == pytest.approx(1.5, abs=1e-6)
    QTest.keyClick(room.scope, Qt.Key.Key_B)
    assert room.path == second
    chip = room.takes.chips[0]
    assert [url.toLocalFile() for url in chip.out.drag().mimeData().urls()] == [first]


def test_takes_of_other_lengths_are_compared_at_the_same_moment_too(room: SoundWork, made: Make, qtbot: QtBot) -> None:
    long, short = made(tone(3.0), 1), made(tone(1.0), 2)
    show(room, long, qtbot)
    room.player.seek(0.6)
    show(room, short, qtbot)
    assert room.player.at == 0.0, "another sound begins at its beginning"
    room.player.seek(0.7)
    room.scope._draw_loop(0.2, 0.9, True)
    show(room, long, qtbot)
    assert room.player.at == 0.7 and room.stretch == (0.2, 0.9)
    room.player.seek(2.5)
    room.scope._draw_loop(0.2, 2.9, True)
    show(room, short, qtbot)
    assert room.player.at == 1.0 and room.stretch is None, "what is not there is not looped"


def test_takes_that_are_too_much_to_keep_are_let_go_of(
    room: SoundWork, made: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "KEPT_BYTES", 0)
    paths = [made(tone(1.0, 300 * k), k) for k in (1, 2, 3)]
    held = []
    for path in paths:
        show(room, path, qtbot)
        held.append(weakref.ref(room.player.take))
    gc.collect()
    assert [one() is not None for one in held] == [False, True, True], "what is heard and what lies beside it stay"
    for path in (paths[0], paths[2]):
        show(room, path, qtbot)
        assert room.path == path and room.scope is not None and room.scope.spectrogram._images


def test_a_recording_is_a_reference_beside_the_takes(room: SoundWork, made: Make, tmp_path: Path, qtbot: QtBot) -> None:
    recording = tmp_path / "from outside.flac"
    soundfile.write(recording, tone(1.0, rate=22_050)[0], 22_050)
    show(room, made(tone(2.0)), qtbot)
    show(room, str(recording), qtbot)
    assert [chip.text() for chip in room.takes.chips] == ["1", "Reference"]
    assert room.takes.count.text() == "1 take" and "22.05 kHz" in room.moment.text()


@pytest.mark.parametrize("kind", formats.for_medium("sound"), ids=lambda kind: kind.name)
def test_a_take_is_exported_with_its_settings(
    room: SoundWork, made: Make, kind: formats.Format, tmp_path: Path, qtbot: QtBot
) -> None:
    path = made(tone(2.0, rate=24_000), seed=77, rate=24_000)
    show(room, path, qtbot)
    target = tmp_path / f"out{kind.extension}"
    with qtbot.waitSignal(room.notice, timeout=PATIENCE_MS) as said:
        room.export_to(str(target), kind.name, (0.5, 1.25))
    assert said.args == [f"Saved as {target}."]
    info = soundfile.info(target)
    assert info.frames / info.samplerate == pytest.approx(0.75, abs=0.06)
    record = read.read_settings(target)
    assert record is not None and (record["prompt"], record["seed"]) == ("a slow tune", 77)


def test_what_cannot_be_read_or_written_is_one_sentence(
    room: SoundWork, made: Make, tmp_path: Path, qtbot: QtBot
) -> None:
    path = made(tone(1.0))
    show(room, path, qtbot)
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt nothing of that kind")
    for given, words in ((broken, "broken.wav"), (tmp_path / "gone.wav", "no longer where it was")):
        with qtbot.waitSignal(room.notice, timeout=PATIENCE_MS) as said:
            room.show_file(str(given))
        assert words in said.args[0] and said.args[0].endswith(".")
        assert room.path == path and room.player.take is not None
    (tmp_path / "a file").write_text("no folder")
    with qtbot.waitSignal(room.notice, timeout=PATIENCE_MS) as said:
        room.export_to(str(tmp_path / "a file" / "out.wav"), "wav")
    assert said.args[0].endswith(".") and "a file" in said.args[0]


def preview(seconds: float, item: int = 0) -> SoundPreview:
    return SoundPreview(RATE, (tone(seconds)[0] * 32767).astype("<i2").tobytes(), item=item)


def test_what_is_made_grows_and_can_be_heard(room: SoundWork, made: Make, desk: Desk, qtbot: QtBot) -> None:
    room.begin(ASKED)
    assert room.empty.isVisible(), "nothing is there yet"
    for seconds in (0.3, 0.8, 1.3):
        room.show_preview(preview(seconds))
    qtbot.waitUntil(lambda: room.player.take is not None and room.player.take.seconds == 1.3, timeout=PATIENCE_MS)
    assert room.moment.text() == "1.3 s of 2 s so far · 8 kHz mono"
    assert room.scope is not None and room.scope.timeline.end == 2.0 and not room.transport.out.isEnabled()
    room.player.play()
    qtbot.waitUntil(lambda: bool(desk.streams) and desk.streams[0].running, timeout=PATIENCE_MS)
    desk.streams[0].pump(0.5)
    path = made(tone(2.0))
    with qtbot.waitSignal(room.shown, timeout=PATIENCE_MS):
        room.show_file(path)
        room.end(True)
    desk.streams[0].pump(0.5)
    assert room.player.playing and room.player.at == pytest.approx(1.0, abs=1e-6)
    assert room.path == path and room.transport.out.isEnabled()


def test_who_listens_is_not_interrupted_by_the_next_take(room: SoundWork, made: Make, desk: Desk, qtbot: QtBot) -> None:
    first, second = made(tone(2.0), 1), made(tone(2.0, 600), 2)
    show(room, first, qtbot)
    room.player.play()
    qtbot.waitUntil(lambda: bool(desk.streams) and desk.streams[0].running, timeout=PATIENCE_MS)
    room.begin(ASKED)
    room.show_preview(preview(0.5))
    room.show_file(second)
    room.end(True)
    qtbot.waitUntil(lambda: room.takes.other == second, timeout=PATIENCE_MS)
    assert room.path == first and room.player.playing and room.takes.count.text() == "Take 1 of 2"
    with qtbot.waitSignal(room.shown, timeout=PATIENCE_MS):
        room.hear(room.takes.letter("B"))
    assert room.path == second


def test_a_stopped_job_leaves_what_was_there(room: SoundWork, made: Make, qtbot: QtBot) -> None:
    path = made(tone(2.0))
    show(room, path, qtbot)
    room.begin(ASKED)
    room.show_preview(preview(0.7))
    qtbot.waitUntil(lambda: room.player.take is not None and not room.player.take.path, timeout=PATIENCE_MS)
    room.end(False)
    assert room.path == path and room.player.take is not None and room.player.take.path == path


def test_it_goes_on_from_the_playhead(room: SoundWork, made: Make, qtbot: QtBot) -> None:
    given = Input("recording", "sound", "Recording", "What it begins with.", ("sound-to-sound",))
    card = Card("fake-sound", "Fake", "autoregressive", "sound", ("text-to-sound", "sound-to-sound"), (), (given,))
    show(room, made(tone(2.0)), qtbot)
    assert not room.transport.further.isVisible()
    room.set_model(ModelInfo("tone", "Tone", "/nowhere", 1, "CC0-1.0", False, card))
    room.player.seek(0.75)
    with qtbot.waitSignal(room.asked, timeout=PATIENCE_MS) as said:
        qtbot.mouseClick(room.transport.further, Qt.MouseButton.LeftButton)
    wanted = said.args[0]
    assert wanted.task == "sound-to-sound"
    assert soundfile.info(wanted.inputs["recording"]).duration == pytest.approx(0.75, abs=0.001)


def test_small_choices_are_remembered(room: SoundWork, qtbot: QtBot, desk: Desk) -> None:
    room.transport.volume.setValue(40)
    room.set_loops(False)
    held = json.loads(json.dumps(room.remember()))
    other = SoundWork(desk.open)
    qtbot.addWidget(other)
    other.recall(held)
    assert other.transport.volume.value() == 40 and other.player.volume == 0.4 and other.remember() == held
    other.recall({"volume": "loud", "loop": 3})
    assert other.remember() == held
    other.finish()


def test_both_themes_and_names(room: SoundWork, made: Make, qtbot: QtBot) -> None:
    show(room, made(tone(1.0)), qtbot)
    pictures = []
    for choice in ("light", "dark"):
        theme.current().choose(choice)
        pictures.append(room.grab().toImage())
    assert pictures[0] != pictures[1]
    for control in room.findChildren(QAbstractButton) + room.findChildren(QSlider):
        assert control.accessibleName() or control.text() or not control.isVisible()
    assert room.scope is not None and room.scope.accessibleName() and room.transport.meter.accessibleName()


def test_half_an_hour_opens_zooms_and_scrolls(room: SoundWork, made: Make, qtbot: QtBot) -> None:
    """That it does; how long the window's thread is held meanwhile is the bench's to say."""
    wave = np.zeros((1, 1800 * RATE), np.float32)
    wave[0, 900 * RATE : 901 * RATE] = tone(1.0)[0]
    show(room, made(wave), qtbot)
    assert room.scope is not None and room.moment.text().startswith("0:00.00 of 30:00.00")
    assert room.player.take is not None and room.player.take.peaks.loudest == pytest.approx(0.5, abs=0.01)
    timeline = room.scope.timeline
    timeline.show(899.5, 901.5)
    qtbot.waitUntil(lambda: room.scope._keys() == sorted(room.scope.spectrogram._images), timeout=PATIENCE_MS)
    first, step = int(900.5 * RATE) // 64, 64
    low, high = room.player.take.peaks.bars(first, 1, step)
    assert high[0] == pytest.approx(0.5, abs=0.05) and low[0] == pytest.approx(-0.5, abs=0.05)
    for _ in range(30):
        timeline.pan(50.0)
    assert timeline.end == pytest.approx(1800.0)
