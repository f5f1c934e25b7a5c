"""The whole program in the rooms of text and of video: from the button to the file, with a real engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.app import Everyform
from desktop.text.work import TextWork
from desktop.video.work import VideoWork
from models.outputs import read
from tests import fakes
from tests.desktop.program import PATIENCE_MS, ended


@pytest.fixture
def rooms(open_window: Callable[[], Everyform], model: Path, home: Path, tmp_path: Path, qtbot: QtBot) -> Everyform:
    """The program with a model for pictures, one that writes and one that makes films."""
    held = json.loads((home / "models.json").read_text())
    for name, kind in (("Writer", "words"), ("Mover", "film")):
        path = fakes.model_folder(tmp_path / kind, name=name, fake=kind)
        held["models"].append({"id": kind, "path": str(path), "name": name})
    (home / "models.json").write_text(json.dumps(held))
    program = open_window()
    qtbot.waitUntil(lambda: program.session.looked, timeout=PATIENCE_MS)
    return program


@pytest.fixture
def writing(rooms: Everyform) -> TextWork:
    rooms.window.enter("text")
    work = rooms.window.studio.work
    assert isinstance(work, TextWork) and not rooms.window.studio.prompt.isVisible()
    return work


@pytest.fixture
def moving(rooms: Everyform) -> VideoWork:
    rooms.window.enter("video")
    work = rooms.window.studio.work
    assert isinstance(work, VideoWork)
    return work


def test_the_button_writes_on_at_the_cursor_and_a_part_is_made_again(
    rooms: Everyform, writing: TextWork, qtbot: QtBot
) -> None:
    page = writing.sheet.page
    page.put("The keeper saw the")
    with qtbot.waitSignal(writing.shown, timeout=PATIENCE_MS):
        QTest.mouseClick(rooms.window.studio.generate.button, Qt.MouseButton.LeftButton)
        ended(rooms, qtbot)
    (job,) = rooms.queue.jobs
    assert job.state == "done" and job.request.task == "continue" and job.request.prompt == "The keeper saw the"
    written = read.open_text(job.outputs[0].path)
    qtbot.waitUntil(lambda: not writing.busy)
    assert page.text() == "The keeper saw the" + written and len(written.split()) == 6
    page.put(" And so on.")
    words = page.text().split(" ")
    cursor = page.textCursor()
    cursor.setPosition(page.text().index(words[5]))
    cursor.setPosition(cursor.position() + len(words[5]), cursor.MoveMode.KeepAnchor)
    page.setTextCursor(cursor)
    rooms.actions["part"].trigger()
    jobs = ended(rooms, qtbot, 2)
    assert jobs[1].request.prompt == " ".join(words[:5])
    qtbot.waitUntil(lambda: not writing.busy)
    assert page.text().startswith(" ".join(words[:5]) + " ") and page.text().endswith(" ".join(words[6:]))


def test_the_empty_page_begins_at_once(rooms: Everyform, writing: TextWork, qtbot: QtBot) -> None:
    QTest.mouseClick(writing.sheet.empty.button, Qt.MouseButton.LeftButton)
    (job,) = ended(rooms, qtbot)
    qtbot.waitUntil(lambda: not writing.busy)
    assert job.state == "done" and job.request.prompt and writing.sheet.page.text().startswith(job.request.prompt)


def test_a_chat_remembers_what_was_said(rooms: Everyform, writing: TextWork, qtbot: QtBot) -> None:
    writing.show_view("chat")
    for count, question in enumerate(("Who?", "Where?"), 1):
        QTest.keyClicks(writing.chat.entry, question)
        QTest.keyClick(writing.chat.entry, Qt.Key.Key_Return)
        ended(rooms, qtbot, count)
        qtbot.waitUntil(lambda: not writing.busy)
    assert rooms.queue.jobs[1].request.history[0] == ("user", "Who?")
    assert writing.chat.turns[-1][1].endswith("(2 before)")


def test_stop_keeps_what_is_written(rooms: Everyform, writing: TextWork, qtbot: QtBot) -> None:
    form = rooms.window.side.form
    for name, value in (("max_new_tokens", 400), ("pause_ms", 20)):
        form.fields[name].set_value(value)
        form.fields[name].tell()
    writing.sheet.page.put("Once")
    rooms.making.generate()
    qtbot.waitUntil(lambda: len(writing.sheet.page.text().split()) > 3, timeout=PATIENCE_MS)
    QTest.mouseClick(writing.captions.stop, Qt.MouseButton.LeftButton)
    (job,) = ended(rooms, qtbot)
    assert job.state == "cancelled"
    assert 3 < len(writing.sheet.page.text().split()) < 300 and not writing.sheet.page.isReadOnly()


def test_a_film_is_made_seen_forming_and_gone_on_from(rooms: Everyform, moving: VideoWork, qtbot: QtBot) -> None:
    form = rooms.window.side.form
    form.fields["pause_ms"].set_value(60)
    form.fields["pause_ms"].tell()
    rooms.window.studio.prompt.set_texts("a boat")
    with qtbot.waitSignal(moving.shown, timeout=PATIENCE_MS):
        rooms.making.generate()
        qtbot.waitUntil(lambda: moving.player.forming is not None and moving.player.film, timeout=PATIENCE_MS)
        assert len(moving.player.thumbs.images) == 4 and moving.player.playing.count == 12
        ended(rooms, qtbot)
    first = rooms.queue.jobs[0]
    assert first.state == "done" and moving.path == first.outputs[0].path
    assert moving.player.facts is not None and moving.player.facts.count == 12
    with qtbot.waitSignal(moving.shown, timeout=PATIENCE_MS):
        QTest.mouseClick(moving.player.transport.further, Qt.MouseButton.LeftButton)
        ended(rooms, qtbot, 2)
    second = rooms.queue.jobs[1].request
    assert second.task == "picture-to-video" and Path(second.inputs["picture"]).is_file() and second.prompt == "a boat"


def test_both_are_there_again_at_the_next_start(
    rooms: Everyform, moving: VideoWork, open_window: Callable[[], Everyform], qtbot: QtBot
) -> None:
    with qtbot.waitSignal(moving.shown, timeout=PATIENCE_MS):
        rooms.making.generate()
        ended(rooms, qtbot)
    moving.player.captions.loop.setChecked(False)
    path = moving.path
    rooms.window.enter("text")
    writing = rooms.window.studio.work
    assert isinstance(writing, TextWork)
    writing.sheet.page.put("A page of mine.")
    rooms.window.close()
    again = open_window()
    assert again.window.room == "text"
    page = again.window.studio.work
    assert isinstance(page, TextWork) and page.sheet.page.text() == "A page of mine."
    again.window.enter("video")
    film = again.window.studio.work
    assert isinstance(film, VideoWork) and not film.player.captions.loop.isChecked()
    qtbot.waitUntil(lambda: film.path == path, timeout=PATIENCE_MS)
