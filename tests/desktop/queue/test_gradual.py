"""Many jobs that come, and come back, a few at each turn of the event loop."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from desktop.job import Job
from desktop.jobs import JobQueue
from desktop.queue import deeds, gradual, holding
from desktop.queue.gradual import Gradually
from models.protocol import Cancelled
from tests.desktop.test_jobs import REQUEST

PATIENCE_MS = 60_000
MANY = 2 * deeds.SLICE + 30


@pytest.fixture
def gradually(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Gradually:
    """One step for each turn."""
    monkeypatch.setattr(gradual, "TURN_S", 0.0)
    return Gradually()


def test_steps_are_taken_in_order_one_call_after_another(gradually: Gradually, qtbot: QtBot) -> None:
    taken: list[int] = []
    gradually.run(taken.append(k) for k in range(5))
    gradually.run(taken.append(k) for k in range(5, 8))
    assert taken == [0, 1] and gradually.at_work
    qtbot.waitUntil(lambda: not gradually.at_work, timeout=PATIENCE_MS)
    assert taken == list(range(8))
    gradually.run(taken.append(k) for k in range(8, 12))
    gradually.finish()
    assert taken == list(range(12)) and not gradually.at_work


def test_many_that_came_are_not_looked_through_for_rubbish(gradually: Gradually, queue: JobQueue) -> None:
    gradually.done.connect(queue.settle)
    gradually.run(queue.add(replace(REQUEST, seed=seed)) for seed in range(holding.MANY + 1))
    try:
        gradually.finish()
        assert not any(isinstance(one, Job) for one in gc.get_objects())
    finally:
        gc.unfreeze()


def test_many_come_back_in_their_order_and_the_first_begins_meanwhile(
    gradually: Gradually, queue: JobQueue, worker: Any, qtbot: QtBot
) -> None:
    first, *rest = [queue.add(replace(REQUEST, seed=seed)) for seed in range(MANY)]
    deeds.move(queue, [rest[-1]], rest[0])
    order = queue.waiting
    taken = deeds.stop_all(queue)
    worker.report.emit(first.id, Cancelled())
    gradually.run(deeds.bringing_back(queue, taken))
    assert gradually.at_work and (queue.running, *queue.waiting) == order[: deeds.SLICE]
    again = order[-2]  # stopped, and seen in the list: the person tries it again before its turn to come back
    deeds.retry(queue, [again])
    later = queue.add(REQUEST)
    qtbot.waitUntil(lambda: not gradually.at_work, timeout=PATIENCE_MS)
    assert (queue.running, *queue.waiting) == (*(job for job in order if job is not again), again, later)
    assert list(queue.past) == [first]
