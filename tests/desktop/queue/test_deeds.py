"""What the person does with jobs: pausing, stopping and bringing back, another try, a change, and what follows one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from desktop.job import EDITED, Job
from desktop.jobs import JobQueue
from desktop.queue import deeds
from desktop.queue.holding import FEW, KEPT
from models.protocol import Cancelled, Done, Failed, Output
from tests.desktop.test_jobs import REQUEST


def some(queue: JobQueue, count: int) -> list[Job]:
    return [queue.add(replace(REQUEST, seed=seed)) for seed in range(count)]


def picture(path: str, item: int = 0) -> Output:
    return Output(path, "picture", 1.0, {}, item)


def test_a_pause_lets_what_is_made_come_to_its_end_and_begins_nothing(queue: JobQueue, worker: Any) -> None:
    first, second = some(queue, 2)
    queue.pause()
    worker.report.emit(first.id, Done(1.0))
    assert (first.state, second.state, queue.running) == ("done", "waiting", None)
    draft = queue.add(replace(REQUEST, keep=False))
    assert queue.running is draft  # somebody is drawing, and looks on
    worker.report.emit(draft.id, Done(1.0))
    queue.resume()
    assert queue.running is second


def test_a_draft_goes_before_all_that_wait(queue: JobQueue) -> None:
    _, *rest = some(queue, 3)
    draft = queue.add(replace(REQUEST, keep=False, model_path="/models/other"))
    assert queue.waiting == (draft, *rest)
    assert queue.next_up == (draft, False)
    assert queue.drafts == (draft,)


@pytest.mark.parametrize("count", [4, KEPT + FEW + 10])
def test_what_was_stopped_all_at_once_comes_back_in_its_order(queue: JobQueue, worker: Any, count: int) -> None:
    first, *rest = some(queue, count)
    deeds.move(queue, [rest[-1]], rest[0])
    before = queue.waiting
    taken = deeds.stop_all(queue)
    assert {job.state for job in rest} == {"cancelled"} and not queue.waiting and first.stopping
    assert len(queue.past) == min(len(rest), KEPT)
    worker.report.emit(first.id, Cancelled())
    deeds.put_back(queue, taken)
    assert (queue.running, *queue.waiting) == before
    assert list(queue.past) == [first]


def test_what_was_taken_off_is_gone_and_comes_back_unless_it_was_tried_again(queue: JobQueue, worker: Any) -> None:
    gone: list[Job] = []
    queue.job_gone.connect(gone.append)
    first, second, third = some(queue, 3)
    worker.report.emit(first.id, Failed("It is too dark."))
    taken = deeds.take_off(queue, [first, second, third])
    assert gone == [first, third] and third.state == "cancelled"  # the one that runs is stopped, not taken off
    assert queue.jobs == (second,)
    deeds.put_back(queue, taken)
    assert (first.state, first.reason, third.state) == ("failed", "It is too dark.", "waiting")
    assert queue.jobs == (first, second, third) and list(queue.failed) == [first]
    taken = deeds.take_off(queue, [first])
    deeds.put_back(queue, taken)
    deeds.retry(queue, [first])
    deeds.put_back(queue, taken)
    assert queue.waiting == (third, first)


def test_what_was_stopped_and_made_meanwhile_does_not_come_back(queue: JobQueue, worker: Any) -> None:
    first, second, third = some(queue, 3)
    taken = deeds.stop_all(queue)
    worker.report.emit(first.id, Cancelled())
    deeds.retry(queue, [second, third])
    worker.report.emit(second.id, Done(1.0))
    queue.cancel(third)
    worker.report.emit(third.id, Cancelled())
    deeds.put_back(queue, taken)
    assert second.state == "done" and list(queue.past) == [first, second]
    assert queue.running is third and not third.stopping  # it was only stopped, so it waits again, as if new


def test_an_engine_that_never_starts_costs_one_job_and_not_all_that_wait(queue: JobQueue, worker: Any) -> None:
    first, *rest = some(queue, 4)
    worker.engine_gave_up.emit("The engine could not start.")
    worker.report.emit(first.id, Failed("The engine could not start."))
    assert queue.paused and queue.waiting == tuple(rest) and queue.running is None
    queue.resume()
    assert queue.running is rest[0]


def test_many_are_put_first_and_moved_in_their_order(queue: JobQueue) -> None:
    _, *rest = some(queue, 260)
    deeds.run_next(queue, rest[100:220])
    assert queue.waiting == (*rest[100:220], *rest[:100], *rest[220:])
    deeds.move(queue, rest[100:220], rest[230])
    assert queue.waiting == (*rest[:100], *rest[220:230], *rest[100:220], *rest[230:])


def test_another_try_goes_on_after_what_is_made_already(queue: JobQueue, worker: Any) -> None:
    job = queue.add(replace(REQUEST, count=3))
    worker.report.emit(job.id, picture("/a.png"))
    worker.report.emit(job.id, Failed("The engine was killed."))
    deeds.retry(queue, [job])
    assert (job.state, job.reason, worker.first) == ("running", "", 1)
    worker.report.emit(job.id, picture("/b.png", 1))
    assert [output.path for output in job.outputs] == ["/a.png", "/b.png"]


def test_one_that_waits_is_changed_in_its_place_and_does_not_begin_meanwhile(queue: JobQueue, worker: Any) -> None:
    first, second, third = some(queue, 3)
    deeds.hold(queue, second, EDITED)
    worker.report.emit(first.id, Done(1.0))
    assert queue.running is third
    deeds.change(queue, second, replace(REQUEST, prompt="another"), None, None)
    assert queue.waiting == (second,) and second.text.startswith("another")
    worker.report.emit(third.id, Done(1.0))
    assert queue.running is second


def test_what_follows_a_picture_is_asked_for_with_each(queue: JobQueue, worker: Any) -> None:
    larger = replace(REQUEST, model_path="/models/larger", task="upscale")
    job = queue.add(replace(REQUEST, count=2), then=larger)
    for item, path in enumerate(("/a.png", "/b.png")):
        worker.report.emit(job.id, picture(path, item))
    worker.report.emit(job.id, Done(1.0))
    assert [one.request.inputs for one in queue.jobs[1:]] == [{"picture": "/a.png"}, {"picture": "/b.png"}]
    assert queue.running is queue.jobs[1] and queue.running.request.task == "upscale"


def test_that_the_queue_has_come_to_rest_is_told_once(queue: JobQueue, worker: Any) -> None:
    rests: list[bool] = []
    queue.came_to_rest.connect(lambda: rests.append(True))
    first, second = some(queue, 2)
    worker.report.emit(first.id, Done(1.0))
    assert not rests
    worker.report.emit(second.id, Done(1.0))
    assert rests == [True]
