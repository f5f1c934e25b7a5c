"""The queue as a list: every change is a row that comes, goes, moves or is said anew, and nothing else."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtTest import QAbstractItemModelTester

from desktop.job import EDITED, Job
from desktop.jobs import JobQueue
from desktop.queue import deeds
from desktop.queue.items import Jobs
from models.protocol import Cancelled, Done, Failed, Progress
from tests.desktop.test_jobs import REQUEST


@pytest.fixture
def jobs(queue: JobQueue) -> Jobs:
    model = Jobs(queue, {})
    # Ends the test where a signal and what there is do not agree.
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    return model


def shown(model: Jobs) -> list[Job]:
    return [model.job(row) for row in range(model.rowCount())]


def some(queue: JobQueue, count: int) -> list[Job]:
    return [queue.add(replace(REQUEST, seed=seed, prompt=f"number {seed}")) for seed in range(count)]


def expected(queue: JobQueue, state: str = "", words: str = "") -> list[Job]:
    """Found by looking at all of them."""
    running = [queue.running] if queue.running is not None else []
    ended = sorted([*queue.failed, *queue.past], key=lambda job: -job.end)
    every = [job for job in (*running, *queue.waiting, *ended) if job.request.keep]
    return [job for job in every if state in ("", job.state) and all(word in job.text for word in words.split())]


def test_what_runs_is_first_then_what_waits_then_what_has_ended(jobs: Jobs, queue: JobQueue, worker: Any) -> None:
    first, second, third, fourth = some(queue, 4)
    worker.report.emit(first.id, Done(1.0))
    worker.report.emit(second.id, Failed("It is too dark."))
    assert shown(jobs) == [third, fourth, second, first]
    assert [jobs.row(job) for job in shown(jobs)] == [0, 1, 2, 3]


def test_after_any_deeds_it_shows_what_there_is_by_any_filter(jobs: Jobs, queue: JobQueue, worker: Any) -> None:
    chance = random.Random(7)
    some(queue, 30)
    taken: deeds.Taken = []
    for turn in range(400):
        waiting, one = queue.waiting, None
        match chance.randrange(11):
            case 0:
                queue.add(replace(REQUEST, prompt=f"new {turn}", keep=chance.random() < 0.8))
            case 1 if queue.running:
                worker.report.emit(queue.running.id, chance.choice([Done(1.0), Failed("Why."), Cancelled()]))
            case 2 if queue.running:
                worker.report.emit(queue.running.id, Progress(1, 4, 1.0))
            case 3 if len(waiting) > 3:
                chosen = chance.sample(waiting, 2)
                deeds.move(queue, chosen, chance.choice([None, *(job for job in waiting if job not in chosen)]))
            case 4 if waiting:
                deeds.put_back(queue, taken)
                taken = deeds.take_off(queue, chance.sample(queue.jobs, 2))
            case 5 if queue.failed:
                deeds.retry(queue, [chance.choice(list(queue.failed))])
            case 6 if waiting:
                one = chance.choice(waiting)
                deeds.hold(queue, one, chance.choice(["", EDITED]))
            case 7 if waiting:
                deeds.run_next(queue, [chance.choice(waiting)])
            case 8 if turn % 7 == 0:
                deeds.put_back(queue, deeds.stop_all(queue))
            case 9 if waiting:
                deeds.change(queue, chance.choice(waiting), replace(REQUEST, prompt=f"other {turn}"), None, None)
            case 10:
                jobs.find(chance.choice(["", "waiting", "failed", "done"]), chance.choice(["", "NUMBER", "1", "new 2"]))
        assert shown(jobs) == expected(queue, jobs.state, jobs.words), turn


def test_rows_are_moved_before_others_and_to_the_end(jobs: Jobs, queue: JobQueue) -> None:
    first, *rest = some(queue, 6)
    assert jobs.move([rest[4]], 1)
    assert queue.waiting == (rest[4], *rest[:4])
    assert jobs.move([rest[4]], 6)
    assert queue.waiting == tuple(rest)
    assert not jobs.move([first], 3)  # what runs stays where it is
    assert shown(jobs) == [first, *rest]


def test_what_is_moved_under_a_filter_goes_beside_what_is_seen(jobs: Jobs, queue: JobQueue) -> None:
    _, *rest = some(queue, 9)
    jobs.find("waiting", "")
    jobs.find("waiting", "number")
    deeds.change(queue, rest[3], replace(REQUEST, prompt="unseen"), None, None)
    deeds.change(queue, rest[7], replace(REQUEST, prompt="unseen"), None, None)
    assert jobs.move([rest[0]], 99)  # behind the last that is seen, before what is not
    assert queue.waiting == (*rest[1:7], rest[0], rest[7])
    assert jobs.move([rest[0]], 0)
    assert queue.waiting == tuple(rest)
