"""The queue: order, states and time left, with a real engine below where it matters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from desktop.job import Pace
from desktop.jobs import Job, JobQueue
from desktop.queue import deeds
from desktop.queue.holding import KEPT
from desktop.worker import GenerationWorker
from models.protocol import Cancelled, Done, Failed, Loading, Notice, Output, Preview, Progress, Request, Token
from tests import fakes

PATIENCE_MS = 90_000


@pytest.fixture
def queue(qtbot: QtBot, home: Path) -> Iterator[JobQueue]:
    worker = GenerationWorker(fakes.PACKAGE)
    worker.start()
    yield JobQueue(worker)
    worker.close()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return fakes.model_folder(tmp_path / "counter")


def all_ended(qtbot: QtBot, *jobs: Job) -> None:
    qtbot.waitUntil(lambda: all(job.ended for job in jobs), timeout=PATIENCE_MS)


def test_jobs_are_made_one_after_another_in_order(qtbot: QtBot, queue: JobQueue, model: Path, tmp_path: Path) -> None:
    states: list[tuple[int, str]] = []
    queue.job_changed.connect(lambda job: states.append((job.id, job.state)))
    jobs = [queue.add(fakes.request(model, tmp_path / "out", seed=seed)) for seed in range(3)]
    assert [job.state for job in jobs] == ["running", "waiting", "waiting"]
    assert queue.running is jobs[0]
    assert queue.waiting == tuple(jobs[1:])
    all_ended(qtbot, *jobs)
    assert [job.state for job in jobs] == ["done"] * 3
    assert list(dict.fromkeys(states)) == [(i, s) for i in (1, 2, 3) for s in ("running", "done")]
    assert all(len(job.outputs) == 1 and Path(job.outputs[0].path).exists() for job in jobs)
    assert all(job.fraction == 1.0 and job.seconds > 0 for job in jobs)
    assert queue.jobs == tuple(jobs)


def test_a_failed_job_tells_why_and_the_next_goes_on(
    qtbot: QtBot, queue: JobQueue, model: Path, tmp_path: Path
) -> None:
    bad = queue.add(fakes.request(model, tmp_path / "out", steps=0))
    killed = queue.add(fakes.request(model, tmp_path / "out", behave="killed"))
    good = queue.add(fakes.request(model, tmp_path / "out", behave="notice"))
    with qtbot.waitSignal(queue.output, timeout=PATIENCE_MS) as output:
        all_ended(qtbot, bad, killed, good)
    assert (bad.state, bad.bad_input, bad.reason) == ("failed", True, "steps is 0, but must be from 1 to 5000.")
    assert killed.state == "failed"
    assert not killed.bad_input
    assert "was killed" in killed.reason
    assert good.state == "done"
    assert "The last 3 words were left out." in good.notices
    assert output.args[0] is good


def test_a_waiting_job_is_cancelled_without_a_word_to_the_engine(
    qtbot: QtBot, queue: JobQueue, model: Path, tmp_path: Path
) -> None:
    first = queue.add(fakes.request(model, tmp_path / "out", steps=5000, pause_ms=2))
    second = queue.add(fakes.request(model, tmp_path / "out"))
    third = queue.add(fakes.request(model, tmp_path / "out"))
    queue.cancel(second)
    assert second.state == "cancelled"
    with qtbot.waitSignal(queue.preview, timeout=PATIENCE_MS) as preview:
        pass
    assert preview.args[0] is first
    queue.cancel(first)
    assert first.stopping
    all_ended(qtbot, first, third)
    assert (first.state, third.state) == ("cancelled", "done")


def test_stopping_twice_ends_what_does_not_listen(qtbot: QtBot, queue: JobQueue, model: Path, tmp_path: Path) -> None:
    deaf = queue.add(fakes.request(model, tmp_path / "out", behave="deaf"))
    after = queue.add(fakes.request(model, tmp_path / "out"))
    qtbot.waitUntil(lambda: bool(deaf.notices), timeout=PATIENCE_MS)
    queue.cancel(deaf)
    queue.cancel(deaf)
    all_ended(qtbot, deaf, after)
    assert (deaf.state, after.state) == ("cancelled", "done")


def test_everything_can_be_stopped_at_once(qtbot: QtBot, queue: JobQueue, model: Path, tmp_path: Path) -> None:
    jobs = [queue.add(fakes.request(model, tmp_path / "out", steps=5000, pause_ms=2)) for _ in range(4)]
    deeds.stop_all(queue)
    all_ended(qtbot, *jobs)
    assert {job.state for job in jobs} == {"cancelled"}


# ── without an engine ─────────────────────────────────────────────────────────


class Scripted(QObject):
    """A worker that says what the test tells it to."""

    report = Signal(int, object)
    engine_gave_up = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, int]] = []

    def submit(self, job: int, request: Request, first: int = 0, halfway: str = "") -> None:
        self.asked.append(("submit", job))
        self.first, self.halfway = first, halfway

    def cancel(self, job: int) -> None:
        self.asked.append(("cancel", job))

    def hard_stop(self) -> None:
        self.asked.append(("hard stop", 0))


@pytest.fixture
def scripted(qtbot: QtBot) -> tuple[Any, JobQueue]:
    worker: Any = Scripted()
    return worker, JobQueue(worker)


REQUEST = Request("counter", "/models/counter", "fake-steps", "text-to-picture")


def test_every_event_finds_its_place(scripted: tuple[Any, JobQueue]) -> None:
    worker, queue = scripted
    heard: list[Any] = []
    for signal in (queue.preview, queue.output, queue.token, queue.notice):
        signal.connect(lambda job, what: heard.append(what))
    job = queue.add(REQUEST)
    worker.report.emit(job.id, Loading("Reading Scenes"))
    assert job.stage == "Reading Scenes"
    said = [Preview(1, 1, b"abc"), Token("once"), Notice("a word"), Output("/a.png", "picture", 1.0, {})]
    worker.report.emit(job.id, Progress(1, 4, 2.0))
    assert (job.stage, job.fraction) == ("", 0.25)
    for event in said:
        worker.report.emit(job.id, event)
    assert heard == [*said[:2], "a word", said[3]]
    worker.report.emit(job.id, Done(3.0))
    assert (job.state, job.seconds, job.outputs) == ("done", 3.0, [said[3]])
    worker.report.emit(job.id, Failed("too late"))
    worker.report.emit(99, Failed("of nobody"))
    assert job.state == "done"
    assert job.reason == ""


def test_only_one_job_is_at_the_engine(scripted: tuple[Any, JobQueue]) -> None:
    worker, queue = scripted
    first, second = queue.add(REQUEST), queue.add(REQUEST)
    assert worker.asked == [("submit", first.id)]
    queue.cancel(first)
    queue.cancel(first)
    assert worker.asked[1:] == [("cancel", first.id), ("hard stop", 0)]
    assert first.state == "running"  # until the worker says that it has ended
    worker.report.emit(first.id, Cancelled())
    assert first.state == "cancelled"
    assert worker.asked[-1] == ("submit", second.id)


def test_of_a_long_session_the_last_jobs_are_kept_and_none_that_has_not_ended(scripted: tuple[Any, JobQueue]) -> None:
    worker, queue = scripted
    first = queue.add(REQUEST)
    ended = [queue.add(REQUEST) for _ in range(KEPT + 50)]
    for job in ended:
        queue.cancel(job)
    last = queue.add(REQUEST)
    assert queue.jobs == (first, *ended[50:], last)
    assert (first.state, last.state) == ("running", "waiting")
    worker.report.emit(first.id, Done(1.0))
    assert last.state == "running"


def test_time_left_is_told_from_the_second_step_and_leaves_the_first_out() -> None:
    pace = Pace()
    assert pace.see(Progress(0, 11, 0.0)) is None
    assert pace.see(Progress(1, 11, 10.0)) is None  # the first warms up
    assert pace.see(Progress(2, 11, 11.0)) == pytest.approx(9.0)
    assert pace.see(Progress(6, 11, 15.0)) == pytest.approx(5.0)
    assert pace.see(Progress(11, 11, 20.0)) == 0.0


def test_time_left_is_right_within_a_quarter_after_a_fifth_of_an_uneven_job() -> None:
    times = [3.0] + [1.0 + 0.2 * (-1) ** k for k in range(49)]
    pace, now, errors = Pace(), 0.0, []
    for step, took in enumerate(times, 1):
        now += took
        left = pace.see(Progress(step, 50, now))
        if 10 <= step < 50:
            assert left is not None
            errors.append(abs(left - sum(times[step:])) / sum(times[step:]))
    assert sorted(errors)[len(errors) // 2] <= 0.25
