"""Jobs of one model run together, nobody waits for ever, and the queue's rows say who goes first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.jobs import Job, JobQueue
from desktop.queue_menu import EARLY, line, open_menu
from desktop.turns import PATIENCE
from models.planning.plan import Need
from models.protocol import Done, Peak, Plan, Planned
from tests.desktop.test_jobs import REQUEST, Scripted


@pytest.fixture
def queue(qtbot: QtBot) -> JobQueue:
    worker: Any = Scripted()
    return JobQueue(worker)


def add(queue: JobQueue, model: str, prompt: str = "") -> Job:
    return queue.add(replace(REQUEST, model_path=f"/models/{model}", prompt=prompt))


def end(queue: JobQueue, ready: str = "") -> Job:
    """Let the job at the engine end; `ready` are the models, a letter each, that are loaded then."""
    job = queue.running
    assert job is not None
    loaded = tuple(f"/models/{name}" for name in ready) or (job.request.model_path,)
    queue._worker.report.emit(job.id, Planned(Plan(), loaded))
    queue._worker.report.emit(job.id, Done(1.0))
    return job


def run_all(queue: JobQueue, ready: str = "") -> list[Job]:
    ended = []
    while queue.running is not None:
        ended.append(end(queue, ready))
    return ended


def test_jobs_of_one_model_run_together_in_their_own_order(queue: JobQueue) -> None:
    jobs = [add(queue, name) for name in "abacab"]
    told = [job for job, _ in queue.next_up]
    assert run_all(queue) == [jobs[k] for k in (0, 2, 4, 1, 5, 3)] == [jobs[0], *told]


def test_where_all_are_loaded_the_persons_order_stands(queue: JobQueue) -> None:
    jobs = [add(queue, name) for name in "ababab"]
    assert run_all(queue, ready="ab") == jobs


def test_nobody_is_passed_over_for_ever(queue: JobQueue) -> None:
    add(queue, "a")
    waits = add(queue, "b")
    for _ in range(3 * PATIENCE):
        add(queue, "a")
        end(queue)
        if waits.state == "running":
            break
    assert waits.state == "running"
    assert waits.passed == PATIENCE


def test_the_rows_stand_in_the_order_of_the_turns_and_say_why(queue: JobQueue, qtbot: QtBot) -> None:
    for model, prompt in (("a", "one"), ("b", "two"), ("a", "three & four")):
        add(queue, model, prompt)
    under = QWidget()
    qtbot.addWidget(under)
    menu = open_menu(queue, under)
    rows = [action.text() for action in menu.actions() if action.text()]
    assert rows[:3] == ["Stop: one", f"Take off the queue: three && four  ·  {EARLY}", "Take off the queue: two"]
    assert line(queue.jobs[1]) == rows[2]
    menu.actions()[1].trigger()
    assert queue.jobs[2].state == "cancelled"
    menu.close()


def test_the_plan_and_the_peak_stay_with_the_job(queue: JobQueue) -> None:
    job = add(queue, "a")
    plan, peak = Plan(quantization="int8", quantized=("unet",)), Peak(ram=Need(0, 2**30))
    queue._worker.report.emit(job.id, Planned(plan, ("/models/a",)))
    assert job.plan == plan
    queue._worker.report.emit(job.id, Done(1.0, peak))
    assert job.peak == peak
