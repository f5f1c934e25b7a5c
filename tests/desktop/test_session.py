"""What comes from outside, and what is remembered from one start to the next."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from desktop import settings
from desktop.app import Everyform
from tests import fakes
from tests.desktop.program import PATIENCE_MS, ended, said, set_steps


def test_a_plain_picture_becomes_the_start_picture(program: Everyform, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    assert image.save(str(path))
    program.arrivals.open(str(path))
    form = program.window.side.form
    qtbot.waitUntil(lambda: form.draft().inputs.get("picture") == str(path), timeout=PATIENCE_MS)
    assert form.task() == "picture-to-picture"
    program.making.generate()
    (job,) = ended(program, qtbot)
    assert job.state == "done", job.reason
    assert dict(job.request.inputs) == {"picture": str(path)}


def test_a_pasted_picture_becomes_a_file_of_ours(program: Everyform, qtbot: QtBot, home: Path) -> None:
    image = QImage(16, 16, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.green)
    mime = QMimeData()
    mime.setImageData(image)
    program.arrivals.take(mime)
    form = program.window.side.form
    qtbot.waitUntil(lambda: bool(form.draft().inputs), timeout=PATIENCE_MS)
    kept = Path(form.draft().inputs["picture"])
    assert kept.is_relative_to(home)
    assert QImage(str(kept)).size() == image.size()


def test_what_is_no_picture_is_said(program: Everyform, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("not a picture")
    program.arrivals.open(str(path))
    said(program, qtbot, "notes.png")


def test_a_folder_that_is_no_model_is_said_and_a_model_is_added(
    program: Everyform, qtbot: QtBot, tmp_path: Path
) -> None:
    empty = tmp_path / "nothing here"
    empty.mkdir()
    program.worker.add_model(str(empty))
    for _ in range(2):  # whoever asks again hears it again
        assert said(program, qtbot, "nothing here").endswith(".")
        program.window.notices.next()
        program.worker.add_model(str(empty))
    said(program, qtbot, "nothing here")
    program.window.notices.next()
    other = fakes.model_folder(tmp_path / "second", name="Second counter")
    program.worker.add_model(str(other))
    qtbot.waitUntil(lambda: len(program.session.models) == 2, timeout=PATIENCE_MS)
    program.session.choose(program.session.models[1])
    assert program.session.model is not None and program.session.model.name == "Second counter"
    program.actions["undo"].trigger()
    assert program.session.model.name == "Counter"
    program.stock.forget(program.session.models[1])
    qtbot.waitUntil(lambda: len(program.session.models) == 1, timeout=PATIENCE_MS)
    assert other.exists()


def test_the_last_state_is_there_at_once_before_the_engine(
    program: Everyform, open_window: Callable[[], Everyform], qtbot: QtBot
) -> None:
    window = program.window
    set_steps(program, 7, 2)
    window.studio.prompt.set_texts("a windmill", "fog")
    program.making.keep_seed()
    seed = window.side.form.draft().seed
    program._choose_theme("light")
    program.making.generate()
    (job,) = ended(program, qtbot)
    qtbot.waitUntil(lambda: window.studio.canvas.path == job.outputs[0].path, timeout=PATIENCE_MS)
    window.resize(1200, 800)
    window.close()
    again = open_window()
    assert not again.session.looked, "the engine has said nothing yet"
    assert again.session.model is not None and again.session.model.id == "counter"
    draft = again.window.side.form.draft()
    assert draft.settings["steps"] == 7
    assert (draft.seed, draft.keep_seed) == (seed, True)
    assert again.window.studio.prompt.prompt.text() == "a windmill"
    assert again.look.choice == "light"
    qtbot.waitUntil(lambda: again.window.studio.canvas.path == job.outputs[0].path, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: again.session.looked, timeout=PATIENCE_MS)
    assert again.window.side.form.draft() == draft, "the engine's word changes nothing that was set"
    again._choose_theme("dark")


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"theme": 3, "drafts": {"counter": 5}, "pace": {"counter": ["x", 1]}}']
)
def test_a_broken_state_is_a_first_start(home: Path, content: str, open_window: Callable[[], Everyform]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "window.json").write_text(content)
    assert settings.load() == settings.State()
    assert open_window().window.isVisible()


def test_the_state_is_written_while_the_window_is_open(program: Everyform, qtbot: QtBot, home: Path) -> None:
    program.window.studio.prompt.set_texts("kept in case of a crash")
    qtbot.waitUntil(
        lambda: settings.load().left("picture").get("prompt") == "kept in case of a crash", timeout=PATIENCE_MS
    )


def test_what_was_gathered_last_is_what_stays(program: Everyform) -> None:
    before = settings.dumps(settings.State(rooms={"picture": {"prompt": "before"}}))
    late = program.session.saving.newest(lambda: settings.write(before, settings.path()))
    program.window.studio.prompt.set_texts("after")
    program.session.saving.now()
    assert late() == ""
    assert settings.load().left("picture")["prompt"] == "after"


def test_a_picture_that_was_deleted_meanwhile_is_no_complaint(
    home: Path, open_window: Callable[[], Everyform], tmp_path: Path
) -> None:
    home.mkdir(parents=True, exist_ok=True)
    gone = settings.State(rooms={"picture": {"shown": str(tmp_path / "gone.png")}})
    settings.write(settings.dumps(gone), settings.path())
    program = open_window()
    assert program.session.state.left("picture")["shown"] == "" and not program.window.notices.isVisible()


def test_undo_all_is_the_start_again(program: Everyform) -> None:
    form, chance = program.window.side.form, random.Random(4)
    start = form.draft()
    for _ in range(120):
        name = chance.choice(["steps", "pause_ms", "behave", "count"])
        field = form.fields[name]
        value = {
            "steps": lambda: chance.randint(1, 5000),
            "pause_ms": lambda: float(chance.randint(0, 500)),
            "behave": lambda: chance.choice(["well", "notice", "chatter"]),
            "count": lambda: chance.randint(1, 64),
        }[name]()
        field.set_value(value)
        field.tell()
    end = form.draft()
    while program.session.undo.canUndo():
        program.actions["undo"].trigger()
    assert form.draft() == start
    while program.session.undo.canRedo():
        program.actions["redo"].trigger()
    assert form.draft() == end


def test_a_full_disk_is_a_sentence(program: Everyform, qtbot: QtBot, home: Path) -> None:
    shutil.rmtree(home)
    home.write_text("a file where the folder should be")
    try:
        assert "could not be kept" in settings.write(settings.dumps(program.session.gather()), settings.path())
    finally:
        home.unlink()
        home.mkdir()
