"""The queue's panel in the window, without an engine: its words, its keys, its filter, and every deed with its undo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.app import Everyform
from desktop.job import EDITED, LEFT, Job
from desktop.queue import deeds
from desktop.queue.panel import NOT_FOUND, NOTHING, Panel
from models.protocol import Done, Failed, Hello, ModelInfo, Output, Progress
from tests import fakes
from tests.fakes.families.light.steps import CARD

PATIENCE_MS = 60_000
MODEL = ModelInfo("counter", "Counter", "/nowhere/counter", 1, "", True, CARD)


@pytest.fixture
def program(qtbot: QtBot, home: Path) -> Iterator[Everyform]:
    """The program as it is before its engine has started; what an engine says, the test says."""
    program = Everyform(fakes.PACKAGE)
    program.worker.hello.emit(Hello((MODEL,), "2 cores"))
    qtbot.addWidget(program.window)
    program.window.resize(1440, 900)
    program.window.show()
    program.queue.begin()
    yield program
    program.window.close()


@pytest.fixture
def panel(program: Everyform) -> Panel:
    program.actions["queue"].trigger()
    assert program.queueing.panel is not None
    return program.queueing.panel


def add(program: Everyform, count: int = 4) -> list[Job]:
    asked = replace(fakes.request(Path(MODEL.path), Path(), steps=10), settings={"steps": 10})
    return [program.queue.add(replace(asked, prompt=f"boat {k}", seed=k), MODEL) for k in range(count)]


def choose(panel: Panel, job: Job) -> None:
    panel.view.setCurrentIndex(panel.jobs.index(panel.jobs.row(job)))


def press(panel: Panel, key: Qt.Key, alt: bool = False) -> None:
    QTest.keyClick(panel.view, key, Qt.KeyboardModifier.AltModifier if alt else Qt.KeyboardModifier.NoModifier)


def test_empty_it_says_what_to_do_and_does_it(program: Everyform, panel: Panel) -> None:
    assert panel.isVisible() and panel.empty.sentence.text() == NOTHING
    panel.empty.button.click()
    assert panel.isHidden() and program.window.focusWidget() is program.window.studio.prompt.prompt


def test_its_words_tell_what_is_made_what_waits_and_for_how_long(
    program: Everyform, panel: Panel, qtbot: QtBot
) -> None:
    program.session.state.pace["counter"] = [2.0, 10.0]
    first, *_ = add(program, 13)
    for step, seconds in ((1, 1.0), (2, 2.0)):
        program.worker.report.emit(first.id, Progress(step, 10, seconds))
    qtbot.waitUntil(lambda: panel.summary.text() == "1 is being made, 12 wait · about 32 s left", timeout=PATIENCE_MS)
    assert program.window.header.queue.text() == "Queue 13 · 32 s left"
    program.worker.report.emit(first.id, Failed("The picture is too dark."))
    panel.pause.click()
    qtbot.waitUntil(lambda: panel.summary.text().startswith("Paused · 1 is being made, 11 wait, 1 failed"))
    assert panel.pause.text() == "Go on"


def test_keys_move_open_and_remove_and_undo_brings_back(program: Everyform, panel: Panel) -> None:
    first, second, third, fourth = add(program)
    choose(panel, third)
    press(panel, Qt.Key.Key_Up, alt=True)
    assert program.queue.waiting == (third, second, fourth)
    press(panel, Qt.Key.Key_Down, alt=True)
    press(panel, Qt.Key.Key_Down, alt=True)
    assert program.queue.waiting == (second, fourth, third)
    assert panel.view.chosen() == [third]
    press(panel, Qt.Key.Key_Home, alt=True)
    assert program.queue.waiting == (third, second, fourth)
    press(panel, Qt.Key.Key_Delete)
    assert program.queue.jobs == (first, second, fourth)
    assert program.window.notices.text.text() == "1 job is taken off the queue."
    program.actions["undo"].trigger()
    assert program.queue.waiting == (third, second, fourth)
    program.actions["redo"].trigger()
    assert program.queue.waiting == (second, fourth)
    press(panel, Qt.Key.Key_Escape)
    assert panel.isHidden() and not first.stopping  # Esc closed the list, and stopped nothing


def test_rows_are_dropped_between_others_and_below_the_last(program: Everyform, panel: Panel, qtbot: QtBot) -> None:
    _, second, third, fourth = add(program)
    qtbot.waitUntil(lambda: panel.view.rowViewportPosition(3) > 0, timeout=PATIENCE_MS)
    choose(panel, fourth)
    panel.view.drop_at(panel.view.rowViewportPosition(1) + 3)
    assert program.queue.waiting == (fourth, second, third)
    panel.view.drop_at(panel.view.rowViewportPosition(2) + 40)
    assert program.queue.waiting == (second, fourth, third)
    panel.view.drop_at(4000)
    assert program.queue.waiting == (second, third, fourth)
    assert panel.view.chosen() == [fourth]


def test_it_is_found_by_words_and_state(program: Everyform, panel: Panel) -> None:
    first, _, third, _ = add(program)
    program.worker.report.emit(first.id, Failed("The picture is too dark."))
    panel.filters.button(2).click()
    assert [panel.jobs.job(0), panel.jobs.rowCount()] == [first, 1]
    QTest.keyClicks(panel.search, "boat 2")
    panel._find()
    assert panel.empty.sentence.text() == NOT_FOUND
    panel.filters.button(0).click()
    assert [panel.jobs.job(0), panel.jobs.rowCount()] == [third, 1]
    panel.search.setText("nothing like it")
    panel._find()
    panel.empty.button.click()
    assert panel.jobs.rowCount() == 4


def test_one_that_waits_comes_back_into_the_form_and_takes_its_old_place(program: Everyform, panel: Panel) -> None:
    first, second, third, _ = add(program)
    choose(panel, second)
    press(panel, Qt.Key.Key_Return)
    form, prompt = program.window.side.form, program.window.studio.prompt
    assert panel.isHidden() and prompt.texts()[0] == "boat 1" and second.held == EDITED
    assert form.draft().seed == 1 and form.draft().settings["steps"] == 10
    program.worker.report.emit(first.id, Done(1.0))
    assert program.queue.running is third
    prompt.set_texts("a ship")
    form.fields["steps"].set_value(7)
    form.fields["steps"].tell()
    program.actions["generate"].trigger()
    assert program.queue.waiting[0] is second and not second.held
    assert (second.request.prompt, second.request.settings["steps"]) == ("a ship", 7)
    program.actions["generate"].trigger()
    assert len(program.queue.jobs) == 5  # the next one is new


def test_what_is_in_the_form_can_be_left_as_it_was(program: Everyform, panel: Panel) -> None:
    _, second, *_ = add(program)
    program.queueing.edit(second)
    assert program.window.notices.action.text() == "Leave it as it was"
    program.window.notices.action.click()
    assert not second.held and second.request.prompt == "boat 1"


def test_one_that_was_left_from_last_time_waits_on_after_it_was_in_the_form(program: Everyform, panel: Panel) -> None:
    first, second, *_ = add(program)
    deeds.hold(program.queue, second, LEFT)
    program.queueing.edit(second)
    assert second.held == EDITED
    program.window.notices.action.click()
    assert second.held == LEFT and program.queue.line.left == 1
    program.worker.report.emit(first.id, Done(1.0))
    assert program.queue.running is not second


def test_the_notices_undo_brings_back_what_it_tells_of_whatever_was_done_since(
    program: Everyform, panel: Panel
) -> None:
    _, second, *rest = add(program)
    choose(panel, second)
    press(panel, Qt.Key.Key_Delete)
    form = program.window.side.form
    steps = form.draft().settings["steps"]
    form.fields["steps"].set_value(7)
    form.fields["steps"].tell()
    program.window.notices.action.click()
    assert program.queue.waiting == (second, *rest) and form.draft().settings["steps"] == 7
    program.actions["undo"].trigger()
    assert form.draft().settings["steps"] == steps
    program.actions["undo"].trigger()  # there is nothing left to do in this one
    assert program.queue.waiting == (second, *rest)
    program.actions["redo"].trigger()
    assert program.queue.waiting == tuple(rest)


def test_copies_have_seeds_of_their_own_and_what_failed_is_tried_again(
    program: Everyform, panel: Panel, qtbot: QtBot
) -> None:
    first, second, *_ = add(program, 3)
    program.worker.report.emit(first.id, Failed("The picture is too dark."))
    choose(panel, first)
    qtbot.waitUntil(panel.words["retry"].isVisible, timeout=PATIENCE_MS)
    assert not panel.words["edit"].isEnabled()
    panel.words["retry"].click()
    assert program.queue.waiting[-1] is first
    choose(panel, second)
    panel.words["copy"].click()
    qtbot.waitUntil(lambda: len(program.queue.jobs) == 4, timeout=PATIENCE_MS)
    copy = program.queue.waiting[-1]
    assert copy.request == replace(second.request, seed=copy.request.seed) and copy.request.seed != second.request.seed


def test_all_is_stopped_and_comes_back(program: Everyform, panel: Panel, qtbot: QtBot) -> None:
    first, *rest = add(program)
    qtbot.waitUntil(panel.words["stop-all"].isEnabled, timeout=PATIENCE_MS)
    panel.words["stop-all"].click()
    assert not program.queue.waiting and (first.stopping or first.state == "cancelled")
    assert len(program.queue.past) >= 3
    program.window.notices.action.click()
    assert (program.queue.running, *program.queue.waiting)[-3:] == tuple(rest)


def test_the_panel_leaves_the_button_that_makes_things_and_the_notices_in_sight(
    program: Everyform, panel: Panel, qtbot: QtBot
) -> None:
    window = program.window
    window.notices.say("A sentence that tells something.")
    button = window.studio.generate
    assert panel.geometry().bottom() < button.mapTo(window, button.rect().topLeft()).y()
    assert not panel.geometry().intersects(window.notices.geometry())
    program.session.state.pace["counter"] = [2.0, 10.0]
    add(program)
    window.resize(1024, 640)
    qtbot.waitUntil(lambda: window.rect().contains(panel.geometry()), timeout=PATIENCE_MS)
    assert window.header.queue.text() == "Queue 4"  # without the time, for which there is no room


def test_what_is_left_from_last_time_waits_for_a_word(qtbot: QtBot, home: Path) -> None:
    def opened() -> Everyform:
        program = Everyform(fakes.PACKAGE)
        qtbot.addWidget(program.window)
        program.window.resize(1440, 900)
        program.window.show()
        with qtbot.waitSignal(program.queue.restored, timeout=PATIENCE_MS):
            program.queue.begin()
        return program

    program = opened()
    add(program, 3)
    program.window.close()
    program = opened()
    notices = program.window.notices
    assert notices.text.text() == "3 jobs are left from last time."
    assert program.window.header.queue.text() == f"Queue 3 · {LEFT}"
    assert program.queue.running is None
    notices.action.click()
    assert program.queue.running is program.queue.jobs[0]
    program.window.close()


def test_a_word_outside_the_window_when_all_is_made_and_nobody_looks(
    program: Everyform, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(program.queueing.notifying, "tell", lambda title, words: told.append(f"{title}: {words}"))
    monkeypatch.setattr(program.window, "isActiveWindow", lambda: False)
    first, second = add(program, 2)
    program.worker.report.emit(first.id, Output("/nowhere.png", "picture", 1.0, {}))
    program.worker.report.emit(first.id, Done(1.0))
    assert not told
    program.worker.report.emit(second.id, Failed("The picture is too dark."))
    assert told == ["The queue has ended: 1 made, 1 failed."]
    third, fourth = add(program, 2)
    program.queue.pause()
    program.worker.report.emit(third.id, Done(1.0))
    assert told[1:] == ["The queue waits for you: 1 made."] and program.queue.waiting == (fourth,)
