"""The rooms of the media: one frame, and in each its own models, words and work; made, opened and remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QSlider, QWidget
from pytestqt.qtbot import QtBot

from desktop import settings
from desktop.app import Everyform
from desktop.window import SMALLEST
from desktop.work import Wanted, Work
from models.protocol import MEDIA
from tests import fakes
from tests.desktop.program import PATIENCE_MS, ended, said


@pytest.fixture
def both(open_window: Callable[[], Everyform], model: Path, home: Path, tmp_path: Path, qtbot: QtBot) -> Everyform:
    """The program with a model for pictures and one for sound."""
    tone = fakes.model_folder(tmp_path / "tone", name="Tone", fake="sound")
    held = json.loads((home / "models.json").read_text())
    held["models"].append({"id": "tone", "path": str(tone), "name": "Tone"})
    (home / "models.json").write_text(json.dumps(held))
    program = open_window()
    qtbot.waitUntil(lambda: program.session.looked, timeout=PATIENCE_MS)
    return program


def names(program: Everyform) -> list[str]:
    rows = program.window.models._rows
    return [rows.item(at).text() for at in range(rows.rowCount())]


def test_each_room_has_its_models_its_words_and_its_work(both: Everyform, qtbot: QtBot) -> None:
    window, session = both.window, both.session
    assert names(both) == ["Diffusion", "Counter"]
    window.studio.prompt.set_texts("a red sailboat")
    window.enter("sound")
    assert session.model is not None and session.model.name == "Tone"
    assert names(both) == ["Autoregression", "Tone"]
    assert window.studio.work.medium == "sound" and "seconds" in window.side.form.fields
    assert window.studio.prompt.texts() == ("", "")
    window.studio.prompt.set_texts("a slow tune")
    window.enter("gallery")
    window.enter("picture")
    assert session.model.name == "Counter" and "steps" in window.side.form.fields
    assert window.studio.prompt.texts()[0] == "a red sailboat"
    window.enter("sound")
    assert window.studio.prompt.texts()[0] == "a slow tune"
    assert not both.actions["part"].isEnabled()


def test_a_room_without_a_model_says_where_there_are_some(program: Everyform, qtbot: QtBot) -> None:
    window = program.window
    window.enter("video")
    assert program.session.model is None and not window.side.pages.isVisible()
    program.making.generate()
    said(program, qtbot, "makes video")
    window.studio.work.empty_acted.emit()
    assert window.room == "models" and window.models_room is not None
    assert {c.medium.value() for c in (window.models_room.here.column, window.models_room.offers.column)} == {"video"}
    window.enter("picture")
    assert program.session.model is not None and window.side.pages.isVisible()


def test_sound_is_made_shown_and_opened_from_another_room(both: Everyform, qtbot: QtBot) -> None:
    window = both.window
    window.enter("sound")
    window.studio.prompt.set_texts("a slow tune")
    shown: list[str] = []
    window.studio.work.shown.connect(shown.append)
    both.making.generate()
    (job,) = ended(both, qtbot)
    assert job.state == "done", job.reason
    path = job.outputs[0].path
    qtbot.waitUntil(lambda: shown == [path], timeout=PATIENCE_MS)
    assert window.studio.strip.pieces.told == "" or "of 50 tokens" in window.studio.strip.pieces.told.replace(
        "\u202f", ""
    )
    film = window.filmstrip
    qtbot.waitUntil(lambda: film.items.rowCount() == 1, timeout=PATIENCE_MS)
    window.enter("picture")
    place = film.tiles.visualRect(film.items.index(0)).center()
    QTest.mouseClick(film.tiles.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.room == "picture", "one click chooses it, and leaves the room as it is"
    film.tiles.doubleClicked.emit(film.items.index(0))
    assert window.room == "sound" and window.studio.work.medium == "sound"
    ratio = film.devicePixelRatioF()

    def drawn() -> bool:
        """Asked for until it is there: whether it has been drawn by now depends on who was quicker."""
        small = film.thumbnails.get(path, film.tiles.tile * ratio, ratio)
        return small is not None and not small.isNull()

    qtbot.waitUntil(drawn, timeout=PATIENCE_MS)


def test_a_model_of_another_medium_opens_its_room_and_undo_goes_back(both: Everyform, qtbot: QtBot) -> None:
    window, session = both.window, both.session
    tone = next(m for m in session.models if m.name == "Tone")
    both.stock.use(tone)
    assert window.room == "sound" and session.model is tone
    both.actions["undo"].trigger()
    assert window.room == "picture" and session.model is not None and session.model.name == "Counter"
    both.actions["redo"].trigger()
    assert window.room == "sound"


def test_settings_in_a_sound_bring_its_room_back(both: Everyform, qtbot: QtBot) -> None:
    window = both.window
    window.enter("sound")
    window.studio.prompt.set_texts("a slow tune")
    both.making.generate()
    (job,) = ended(both, qtbot)
    window.studio.prompt.set_texts("something else")
    window.enter("picture")
    both.arrivals.open(job.outputs[0].path)
    qtbot.waitUntil(lambda: window.room == "sound", timeout=PATIENCE_MS)
    assert window.studio.prompt.texts()[0] == "a slow tune"
    assert window.side.form.draft().seed == job.request.seed


@pytest.mark.parametrize("room", ["picture", "sound"])
def test_a_recording_is_heard_in_its_room_and_started_from(
    both: Everyform, room: str, tmp_path: Path, qtbot: QtBot
) -> None:
    recording = tmp_path / "hummed.wav"
    soundfile.write(recording, np.sin(np.arange(8000) / 8), 8000)
    window = both.window
    window.enter(room)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(recording))])
    window.dropped.emit(mime)
    qtbot.waitUntil(lambda: window.studio.work.path == str(recording), timeout=PATIENCE_MS)
    assert window.room == "sound" and window.side.form.draft().inputs == {"recording": str(recording)}
    assert window.side.form.task() == "sound-to-sound"


def test_a_work_asks_for_something_of_its_own(both: Everyform, qtbot: QtBot) -> None:
    window = both.window
    window.enter("sound")
    window.studio.prompt.set_texts("a slow tune")
    window.studio.work.asked.emit(Wanted(prompt="another", settings={"seconds": 0.5, "unknown": 3}, count=2, seed=77))
    (job,) = ended(both, qtbot)
    assert (job.request.prompt, job.request.count, job.request.seed) == ("another", 2, 77)
    assert job.request.settings["seconds"] == 0.5
    assert window.studio.prompt.texts()[0] == "a slow tune" and window.side.form.draft().count == 1


def test_the_room_is_there_again_at_the_next_start(
    both: Everyform, open_window: Callable[[], Everyform], qtbot: QtBot
) -> None:
    both.window.studio.prompt.set_texts("a red sailboat")
    both.window.enter("sound")
    both.window.studio.prompt.set_texts("a slow tune")
    both.window.close()
    again = open_window()
    assert not again.session.looked and again.window.room == "sound"
    assert again.session.model is not None and again.session.model.id == "tone"
    assert again.window.studio.prompt.texts()[0] == "a slow tune"
    again.window.enter("picture")
    assert again.window.studio.prompt.texts()[0] == "a red sailboat"


def test_a_state_of_one_room_is_read_as_the_pictures(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "window.json").write_text(json.dumps({"model": "counter", "prompt": "a windmill", "shown": "/gone.png"}))
    left = settings.load().left("picture")
    assert (left["model"], left["prompt"], left["shown"]) == ("counter", "a windmill", "/gone.png")


def test_every_work_keeps_the_contract(program: Everyform) -> None:
    """Protocols check nothing at run time: here each work has all that the window calls."""
    wanted = {name for name in vars(Work) if not name.startswith("_")} | set(get_type_hints(Work))
    for medium in MEDIA:
        work = program.window.studio.work_for(medium)
        assert work.medium == medium
        assert [name for name in wanted if not hasattr(work, name)] == []
        assert all(isinstance(id, str) and callable(deed) for id, deed in work.deeds().items())


def test_the_frame_has_the_rooms_accent_and_names_for_all(both: Everyform, qtbot: QtBot) -> None:
    window = both.window
    for room in MEDIA:
        window.enter(room)
        qtbot.waitUntil(lambda: not window._undressed, timeout=PATIENCE_MS)
        accent = both.look.tokens.accents[room]
        for part in (window.studio.generate, window.side, window.studio.prompt, window.models):
            assert (accent in part.styleSheet()) == (room != "picture"), (room, part)
        kinds = (QAbstractButton, QComboBox, QLineEdit, QSlider, QPlainTextEdit)
        for control in window.findChildren(QWidget):
            if isinstance(control, kinds) and control.isVisible():
                name = control.accessibleName() or (control.text() if isinstance(control, QAbstractButton) else "")
                assert name, (room, control, control.parent())


def test_all_rooms_can_be_reached_in_the_smallest_window(both: Everyform, qtbot: QtBot) -> None:
    window = both.window
    window.resize(*SMALLEST)
    tabs = window.header.rooms.buttons()
    fit = lambda tab: tab.isVisible() and tab.width() >= tab.sizeHint().width() - 4  # noqa: E731 (a chosen one is bolder)
    qtbot.waitUntil(lambda: window.sides.narrow and all(fit(tab) for tab in tabs), timeout=PATIENCE_MS)
    assert window.header.settings.geometry().right() <= window.width()
