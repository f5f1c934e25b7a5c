"""Where a film can go: on from its last frame, from a still, into files of every kind, and to the next start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.video import exporting
from desktop.video.clip import open_clip
from desktop.video.work import VideoWork
from desktop.work import Wanted
from models.outputs import decode, read
from models.outputs.export import export
from models.outputs.media import Sound, Video
from tests.desktop.scene import scene
from tests.desktop.video import films
from tests.desktop.video.conftest import COUNT, WORDS_ONLY, sees


def drop(work: VideoWork, path: Path) -> bool:
    """Whether the file was taken."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    actions, button, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), actions, mime, button, keys)
    work.dragEnterEvent(enter)
    if enter.isAccepted():
        work.dropEvent(QDropEvent(QPoint(9, 9), actions, mime, button, keys))
    return enter.isAccepted()


def test_it_goes_on_from_the_last_frame_of_the_part(shown: VideoWork, qtbot: QtBot) -> None:
    shown.player.playing.set_out(29)
    with qtbot.waitSignal(shown.asked, timeout=20_000) as asked:
        QTest.mouseClick(shown.player.transport.further, Qt.MouseButton.LeftButton)
    wanted = asked.args[0]
    assert isinstance(wanted, Wanted) and wanted.inputs is not None and set(wanted.inputs) == {"picture"}
    with Image.open(wanted.inputs["picture"]) as image:
        assert image.format == "PNG" and image.size == films.SIZE
        assert films.number(np.asarray(image.convert("RGB"))) == 29


def test_a_still_becomes_the_first_frame_where_the_model_begins_from_one(
    work: VideoWork, tmp_path: Path, film: Path, qtbot: QtBot
) -> None:
    still = tmp_path / "still.png"
    scene(32, 32).save(str(still))
    with qtbot.waitSignal(work.given) as given:
        assert drop(work, still)
    assert given.args == [str(still)]
    assert not drop(work, film)  # it is the window's
    work.set_model(WORDS_ONLY)
    assert not drop(work, still)
    assert "begins from no picture" in work.player.transport.further.toolTip()


@pytest.mark.parametrize("kind", ["mp4", "webm", "gif", "frames"])
def test_the_part_is_exported_with_what_made_it(shown: VideoWork, tmp_path: Path, kind: str, qtbot: QtBot) -> None:
    shown.player.playing.set_in(12)
    shown.player.playing.set_out(23)
    with qtbot.waitSignal(shown.notice, timeout=60_000) as said:
        shown.export(str(tmp_path / "part"), kind, part=True)
    ending = {"frames": ".zip"}.get(kind, f".{kind}")
    path = tmp_path / f"part{ending}"
    assert said.args == [f"Saved as {path}."]
    clip = open_clip(str(path))
    assert clip.facts.count == 12 and clip.facts.fps == pytest.approx(films.FPS, rel=0.05)
    assert [films.number(clip.array(k)) for k in range(12)] == list(range(12, 24))
    clip.close()
    found = read.read_settings(path)
    assert found is not None and found["prompt"] == "a boat" and found["seed"] == 7
    assert found["facts"]["part"] == f"frames 13 to 24 of {COUNT}"
    if kind in ("mp4", "webm"):
        assert decode.sound(path).seconds == pytest.approx(1.0, abs=0.1)


def test_sound_goes_with_a_part_that_lies_far_behind_the_beginning(tmp_path: Path) -> None:
    rate, seconds = 8000, 620
    tone = np.sin(np.arange(rate * seconds) * (2 * np.pi * 440 / rate)).astype(np.float32) * 0.3
    tone[: rate * 611] = 0.0
    frames: Any = films.Numbered(seconds)
    film = export(Video(frames, 1.0, Sound(tone, rate)), tmp_path / "long.mp4", {})
    clip = open_clip(str(film))
    clip.close()
    part = exporting.film(clip.facts, str(tmp_path / "part.mp4"), "mp4", 609, 612)
    heard = decode.sound(part)
    assert heard.seconds == pytest.approx(4.0, abs=0.15)
    loud = np.abs(heard.waveform[0])
    assert loud[: heard.sample_rate // 2].max() < 0.05 and loud[2 * heard.sample_rate :].max() > 0.2


def test_a_part_after_the_end_of_the_sound_is_silent(tmp_path: Path) -> None:
    tone = np.sin(np.arange(16_000) / 6).astype(np.float32) * 0.3
    frames: Any = films.Numbered(COUNT)
    film = export(Video(frames, films.FPS, Sound(tone, 16_000)), tmp_path / "short.mp4", {})
    clip = open_clip(str(film))
    clip.close()
    assert clip.facts.sounds
    part = exporting.film(clip.facts, str(tmp_path / "part.mp4"), "mp4", 30, 40)
    clip = open_clip(str(part))
    assert clip.facts.count == 11 and not clip.facts.sounds
    clip.close()


def test_the_whole_film_is_exported_and_says_so(shown: VideoWork, tmp_path: Path, qtbot: QtBot) -> None:
    shown.player.playing.set_in(12)
    with qtbot.waitSignal(shown.notice, timeout=60_000):
        shown.export(str(tmp_path / "all.webm"), "webm", part=False)
    assert read.seen(tmp_path / "all.webm").seconds == pytest.approx(COUNT / films.FPS, abs=0.2)
    menu = shown.player.transport.menu()
    words = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert len(words) == 8 and "only 0:01.00 to 0:04.00" in words[0]


def test_an_export_is_stopped_and_leaves_nothing(shown: VideoWork, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "out").mkdir()
    shown.export(str(tmp_path / "out" / "film.webm"), "webm", part=False)
    assert shown.player.transport.out.text().startswith("Stop")
    QTest.mouseClick(shown.player.transport.out, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown.player.transport.out.text() == "Export…", timeout=60_000)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_takes_nothing_is_told(shown: VideoWork, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "file").write_text("x")
    with qtbot.waitSignal(shown.notice, timeout=60_000) as said:
        shown.export(str(tmp_path / "file" / "film.mp4"), "mp4", part=False)
    assert "choose a folder" in said.args[0]


def test_what_cannot_be_shown_leaves_the_film(shown: VideoWork, tmp_path: Path, qtbot: QtBot) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x18ftypisom" + bytes(400))
    with qtbot.waitSignal(shown.notice) as said:
        shown.show_file(str(broken))
    assert "broken.mp4" in said.args[0] and shown.path.endswith("film.mp4")
    shown.player.playing.go(17)
    sees(qtbot, shown, 17)


def test_choices_are_kept(shown: VideoWork) -> None:
    words = shown.player.captions
    words.loop.setChecked(False)
    words.onion.setChecked(True)
    words.choose_speed(0)
    shown.deeds()["actual"]()
    held = shown.remember()
    other = VideoWork()
    other.recall(held)
    assert other.remember() == held
    other.recall({"loop": "yes", "speed": 77})
    assert other.remember() == held
    other.finish()


def test_an_empty_room_says_one_thing(work: VideoWork, shown: object, qtbot: QtBot) -> None:
    work.set_empty("Say below what is to move.", "Make the first film")
    assert not work.empty.isVisible()
    work.clear()
    assert work.empty.isVisible() and work.path == ""
    with qtbot.waitSignal(work.empty_acted):
        QTest.mouseClick(work.empty.button, Qt.MouseButton.LeftButton)
