"""Jobs of one model run together, nobody waits for ever, and the person's order goes before all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from desktop.jobs import Job, JobQueue
from desktop.queue import deeds
from desktop.turns import PATIENCE, STEP
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
    assert queue.next_up == (jobs[2], True)
    assert run_all(queue) == [jobs[k] for k in (0, 2, 4, 1, 5, 3)]
    assert queue.next_up is None


def test_where_all_are_loaded_the_persons_order_stands(queue: JobQueue) -> None:
    jobs = [add(queue, name) for name in "ababab"]
    assert run_all(queue, ready="ab") == jobs


def test_nobody_is_passed_over_for_ever(queue: JobQueue) -> None:
    add(queue, "a")
    waits = add(queue, "b")
    jumps = 0
    for _ in range(3 * PATIENCE):
        add(queue, "a")
        jumps += queue.next_up is not None and queue.next_up[1]
        end(queue)
        if waits.state == "running":
            break
    assert waits.state == "running"
    assert jumps == PATIENCE


def test_who_was_passed_over_behind_another_is_due_as_soon_as_that_one_has_gone(queue: JobQueue) -> None:
    add(queue, "a")
    add(queue, "b")
    behind = add(queue, "c")
    for _ in range(PATIENCE):
        add(queue, "a")
        end(queue)
    add(queue, "b")
    end(queue)
    assert queue.running is not None and queue.running.request.model_path == "/models/b"
    assert queue.next_up == (behind, False)


def test_none_goes_past_what_the_person_put_in_its_place(queue: JobQueue) -> None:
    first, b, a, c, a2 = (add(queue, name) for name in "abaca")
    deeds.move(queue, [c], b)
    assert queue.waiting == (c, b, a, a2)
    assert queue.next_up == (c, False)
    deeds.run_next(queue, [a2])
    assert run_all(queue) == [first, a2, c, b, a]


def test_a_place_between_two_is_found_however_often_it_is_asked_for(queue: JobQueue) -> None:
    add(queue, "a")
    jobs = [add(queue, "a") for _ in range(5)]
    expected = list(jobs)
    for turn in range(2 * STEP.bit_length()):
        mover = expected[-1] if turn % 2 else expected[3]
        expected.remove(mover)
        expected.insert(1, mover)
        deeds.move(queue, [mover], expected[2])
        assert list(queue.waiting) == expected
    assert len({job.rank for job in expected}) == len(expected)


def test_several_are_moved_together_and_grouped_by_model(queue: JobQueue) -> None:
    add(queue, "a")
    jobs = [add(queue, name) for name in "abcabc"]
    deeds.move(queue, [jobs[5], jobs[0]], jobs[3])
    assert queue.waiting == tuple(jobs[k] for k in (1, 2, 5, 0, 3, 4))
    deeds.move(queue, [jobs[1]], None)
    assert queue.waiting == tuple(jobs[k] for k in (2, 5, 0, 3, 4, 1))
    deeds.group(queue)
    assert queue.waiting == tuple(jobs[k] for k in (2, 5, 0, 3, 4, 1))
    deeds.move(queue, [jobs[3]], jobs[2])
    deeds.group(queue)
    assert queue.waiting == tuple(jobs[k] for k in (3, 0, 2, 5, 4, 1))


def test_what_is_asked_of_each_model_is_counted_as_it_comes_and_goes(queue: JobQueue) -> None:
    add(queue, "a")
    one = queue.add(replace(REQUEST, count=3, settings={"steps": 10}))
    two = queue.add(replace(REQUEST, model_id="other", settings={"steps": 4}))
    assert queue.line.costs == {"counter": (3, 30.0), "other": (1, 4.0)}
    deeds.change(queue, one, replace(REQUEST, settings={"steps": 7}), None, None)
    assert queue.line.costs == {"counter": (1, 7.0), "other": (1, 4.0)}
    deeds.take_off(queue, [one, two])
    assert queue.line.costs == {}


def test_the_plan_and_the_peak_stay_with_the_job(queue: JobQueue) -> None:
    job = add(queue, "a")
    plan, peak = Plan(quantization="int8", quantized=("unet",)), Peak(ram=Need(0, 2**30))
    queue._worker.report.emit(job.id, Planned(plan, ("/models/a",)))
    assert job.plan == plan
    queue._worker.report.emit(job.id, Done(1.0, peak))
    assert job.peak == peak
