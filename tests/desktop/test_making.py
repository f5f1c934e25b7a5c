"""Making with a real engine in the window: generate, watch, stop, again, restore; and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.app import Everyform
from models.samples import SAMPLES
from tests.desktop.program import PATIENCE_MS, ended, said, set_steps


def test_generate_watch_stop_generate_again_and_restore(program: Everyform, qtbot: QtBot, home: Path) -> None:
    window, studio = program.window, program.window.studio
    previews: set[bytes] = set()
    program.queue.preview.connect(lambda _, preview: previews.add(preview.rgb))
    QTest.keyClicks(studio.prompt.prompt, "a red sailboat")
    set_steps(program, 60, 10)
    assert studio.generate.button.text() == "Generate"

    # Generate, and watch it form.
    QTest.keyClick(studio.prompt.prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(previews) >= 5, timeout=PATIENCE_MS)
    assert studio.generate.button.text() == "Stop"
    assert studio.canvas.surface.has_work
    qtbot.waitUntil(lambda: "step" in studio.generate.left.text(), timeout=PATIENCE_MS)
    (first,) = ended(program, qtbot)
    assert first.state == "done", first.reason
    qtbot.waitUntil(lambda: studio.canvas.path == first.outputs[0].path, timeout=PATIENCE_MS)
    assert studio.generate.button.text() == "Generate"
    assert len(studio.strip.shown) >= 5

    # Stop the next one midway.
    set_steps(program, 3000, 5)
    previews.clear()
    qtbot.mouseClick(studio.generate.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(previews) >= 2, timeout=PATIENCE_MS)
    qtbot.mouseClick(studio.generate.button, Qt.MouseButton.LeftButton)
    second = ended(program, qtbot, 2)[1]
    assert second.state == "cancelled"
    assert not second.outputs
    qtbot.waitUntil(lambda: studio.canvas.path == first.outputs[0].path, timeout=PATIENCE_MS)

    # And again, with other words; each New seed is another one.
    set_steps(program, 4, 1)
    studio.prompt.set_texts("a blue house")
    program.actions["generate"].trigger()
    third = ended(program, qtbot, 3)[2]
    assert third.state == "done", third.reason
    assert third.request.seed != first.request.seed

    # The first picture, dropped on the window, brings everything back; Undo takes it away again.
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(first.outputs[0].path)])
    window.dropped.emit(mime)
    qtbot.waitUntil(lambda: studio.prompt.texts()[0] == "a red sailboat", timeout=PATIENCE_MS)
    draft = window.side.form.draft()
    assert draft.settings["steps"] == 60
    assert draft.seed == first.request.seed and draft.keep_seed
    program.actions["generate"].trigger()
    again = ended(program, qtbot, 4)[3]
    assert again.request.settings == first.request.settings
    one, other = (QImage(job.outputs[0].path) for job in (first, again))
    assert one == other and not one.isNull()
    studio.canvas.setFocus()
    program.actions["undo"].trigger()
    assert window.side.form.draft().settings["steps"] == 4
    assert studio.prompt.texts()[0] == "a blue house"
    # All of it lies in the filmstrip.
    files = {output.path for job in program.queue.jobs for output in job.outputs}
    qtbot.waitUntil(lambda: window.filmstrip.items.rowCount() == len(files), timeout=PATIENCE_MS)


def test_the_first_picture_takes_one_click(open_window: Callable[[], Everyform], model: Path, qtbot: QtBot) -> None:
    program = open_window()
    empty = program.window.studio.canvas.empty
    assert empty.isVisible() and empty.button.isVisible()
    qtbot.mouseClick(empty.button, Qt.MouseButton.LeftButton)  # before the engine is up
    (job,) = ended(program, qtbot)
    assert job.state == "done", job.reason
    assert "sailboat" in job.request.prompt
    qtbot.waitUntil(lambda: not empty.isVisible(), timeout=PATIENCE_MS)


def test_a_suggestion_fills_the_prompt_and_is_made(
    open_window: Callable[[], Everyform], model: Path, qtbot: QtBot
) -> None:
    program = open_window()
    empty = program.window.studio.canvas.empty
    assert [button.text() for button in empty.suggestions] == list(SAMPLES)
    qtbot.mouseClick(empty.suggestions[1], Qt.MouseButton.LeftButton)  # before the engine is up
    (job,) = ended(program, qtbot)
    assert job.state == "done", job.reason
    assert job.request.prompt == program.window.studio.prompt.texts()[0] == SAMPLES[1]


def test_more_work_waits_its_turn_and_is_counted(program: Everyform, qtbot: QtBot) -> None:
    set_steps(program, 2000, 5)
    for _ in range(3):
        program.making.generate()
    header = program.window.header
    qtbot.waitUntil(lambda: header.queue.text().startswith("Queue 3"), timeout=PATIENCE_MS)
    qtbot.mouseClick(header.queue, Qt.MouseButton.LeftButton)
    panel = program.queueing.panel
    assert panel is not None and panel.isVisible() and panel.jobs.rowCount() == 3
    panel.view.setCurrentIndex(panel.jobs.index(1))
    QTest.keyClick(panel.view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: header.queue.text().startswith("Queue 2"), timeout=PATIENCE_MS)
    program.actions["stop-all"].trigger()
    assert {j.state for j in ended(program, qtbot, 2)} == {"cancelled"}
    qtbot.waitUntil(header.queue.isHidden, timeout=PATIENCE_MS)
    program.actions["undo"].trigger()
    assert [job.state for job in program.queue.jobs] == ["cancelled", "running"]


def test_bad_input_is_one_sentence_and_loses_nothing(program: Everyform, qtbot: QtBot) -> None:
    studio, form = program.window.studio, program.window.side.form
    studio.prompt.set_texts("a red sailboat")
    form.fields["behave"].set_value("bad input")
    form.fields["behave"].tell()
    program.making.generate()
    (job,) = ended(program, qtbot)
    assert job.state == "failed" and job.bad_input
    said(program, qtbot, "too dark")
    assert studio.prompt.texts()[0] == "a red sailboat"
    assert form.draft().settings["behave"] == "bad input"
    assert studio.generate.button.text() == "Generate" and studio.generate.button.isEnabled()


def test_the_models_memory_is_freed_and_the_next_picture_reads_it_again(program: Everyform, qtbot: QtBot) -> None:
    unload = program.actions["unload"]
    uses = []
    for count in (1, 2, 3):
        program.making.generate()
        assert not unload.isEnabled()
        job = ended(program, qtbot, count)[-1]
        uses += [text.partition(" in ")[0] for text in job.notices if text.startswith("use")]
        if count == 2:
            while (notices := program.window.notices).isVisible():
                notices.next()
            unload.trigger()
            assert "The memory is free" in notices.text.text()
    assert uses == ["use 1", "use 2", "use 1"]


def test_a_killed_engine_is_a_sentence_and_the_next_job_runs(program: Everyform, qtbot: QtBot) -> None:
    set_steps(program, 2000, 5)
    program.making.generate()
    qtbot.waitUntil(lambda: bool(program.queue.running and program.queue.running.progress), timeout=PATIENCE_MS)
    pid = program.worker.engine_pid
    assert pid is not None
    psutil.Process(pid).kill()
    (job,) = ended(program, qtbot)
    assert job.state == "failed" and job.reason.endswith(".")
    set_steps(program, 3, 1)
    program.making.generate()
    assert ended(program, qtbot, 2)[1].state == "done"
