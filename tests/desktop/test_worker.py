"""The window's thread and a real engine: jobs end whatever happens, engines come back, nothing is left behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from desktop import revival
from desktop.worker import GenerationWorker
from models import cards
from models.engine_process import GOES_ON, EngineDied
from models.protocol import Cancelled, Done, Event, Failed, Hello, Loading, Notice, Output, Planned, Preview, Progress
from tests import fakes

PATIENCE_MS = 120_000  # only what fails waits so long
LAST = (Done, Cancelled, Failed)


class Ears:
    """Everything that a worker said."""

    def __init__(self, worker: GenerationWorker) -> None:
        self.hellos: list[Hello] = []
        self.deaths: list[str] = []
        self.gave_up: list[str] = []
        self.events: dict[int, list[Event]] = {}
        worker.hello.connect(self.hellos.append)
        worker.engine_died.connect(self.deaths.append)
        worker.engine_gave_up.connect(self.gave_up.append)
        worker.report.connect(lambda job, event: self.events.setdefault(job, []).append(event))

    def last(self, job: int) -> Event | None:
        found = [event for event in self.events.get(job, []) if isinstance(event, LAST)]
        assert len(found) <= 1, "a job has one last word"
        return found[0] if found else None

    def has(self, job: int, kind: type) -> bool:
        return any(isinstance(event, kind) for event in self.events.get(job, []))


@pytest.fixture
def worker(qtbot: QtBot, home: Path) -> Iterator[GenerationWorker]:
    before = set(psutil.Process().children(recursive=True))
    worker = GenerationWorker(fakes.PACKAGE)
    yield worker
    worker.close()
    assert set(psutil.Process().children(recursive=True)) == before


@pytest.fixture
def ears(worker: GenerationWorker, qtbot: QtBot) -> Ears:
    ears = Ears(worker)
    with qtbot.waitSignal(worker.hello, timeout=PATIENCE_MS):
        worker.start()
    return ears


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return fakes.model_folder(tmp_path / "counter")


def ended(qtbot: QtBot, ears: Ears, job: int) -> Event:
    qtbot.waitUntil(lambda: ears.last(job) is not None, timeout=PATIENCE_MS)
    last = ears.last(job)
    assert last is not None
    return last


def begun(qtbot: QtBot, ears: Ears, job: int, kind: type = Progress) -> None:
    qtbot.waitUntil(lambda: ears.has(job, kind), timeout=PATIENCE_MS)


def test_a_job_runs_and_its_events_arrive_in_order(
    qtbot: QtBot, worker: GenerationWorker, ears: Ears, model: Path, tmp_path: Path
) -> None:
    worker.submit(1, fakes.request(model, tmp_path / "out", steps=10, pause_ms=5))
    assert isinstance(ended(qtbot, ears, 1), Done)
    kinds = [type(event) for event in ears.events[1]]
    assert kinds[0] is Loading
    assert {Preview, Progress, Notice} <= set(kinds)
    assert kinds[-2:] == [Output, Done]


def test_jobs_submitted_before_the_engine_is_up_wait_for_it(
    qtbot: QtBot, worker: GenerationWorker, model: Path, tmp_path: Path
) -> None:
    ears = Ears(worker)
    for job in (1, 2, 3):
        worker.submit(job, fakes.request(model, tmp_path / "out", seed=job))
    worker.cancel(2)
    worker.start()
    assert [type(ended(qtbot, ears, job)) for job in (1, 2, 3)] == [Done, Cancelled, Done]
    assert not ears.has(2, Notice)


def test_every_engine_hears_how_much_may_stay_loaded(
    qtbot: QtBot, worker: GenerationWorker, model: Path, tmp_path: Path
) -> None:
    ears = Ears(worker)
    other = fakes.model_folder(tmp_path / "other")
    worker.keep_ready(0)
    worker.start()

    def ready(job: int, of: Path) -> int:
        worker.submit(job, fakes.request(of, tmp_path / "out"))
        assert isinstance(ended(qtbot, ears, job), Done)
        (planned,) = (event for event in ears.events[job] if isinstance(event, Planned))
        return len(planned.ready)

    assert [ready(1, model), ready(2, other)] == [1, 1]
    worker.keep_ready(None)
    assert ready(3, model) == 2
    worker.keep_ready(0)
    assert ready(4, other) == 1
    before = len(ears.hellos)
    os.kill(worker.engine_pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: len(ears.hellos) > before, timeout=PATIENCE_MS)
    assert [ready(5, model), ready(6, other)] == [1, 1]


def test_models_are_remembered_for_the_next_start(
    qtbot: QtBot, worker: GenerationWorker, model: Path, home: Path
) -> None:
    from models.registry import Registry
    from models.store.store import Store

    Store(Registry(fakes.PACKAGE).recognise).add(model)
    with qtbot.waitSignal(worker.hello, timeout=PATIENCE_MS) as hello:
        worker.start()
    qtbot.waitUntil(lambda: cards.recall() == hello.args[0].models != (), timeout=PATIENCE_MS)


def test_a_rescan_brings_a_new_hello(qtbot: QtBot, worker: GenerationWorker, ears: Ears) -> None:
    with qtbot.waitSignal(worker.hello, timeout=PATIENCE_MS):
        worker.rescan()
    assert len(ears.hellos) == 2


def test_a_model_is_added_and_one_that_cannot_be_used_is_told(
    qtbot: QtBot, worker: GenerationWorker, ears: Ears, model: Path, tmp_path: Path
) -> None:
    with qtbot.waitSignal(worker.hello, timeout=PATIENCE_MS) as hello:
        worker.add_model(str(model))
    assert [one.path for one in hello.args[0].models] == [str(model)]
    with qtbot.waitSignal(worker.hello, timeout=PATIENCE_MS) as hello:
        worker.add_model(str(tmp_path / "nowhere"))
    assert "nowhere is not there" in hello.args[0].refused
    assert len(hello.args[0].models) == 1


def test_cancel_ends_the_job_and_leaves_the_engine(
    qtbot: QtBot, worker: GenerationWorker, ears: Ears, model: Path, tmp_path: Path
) -> None:
    pid = worker.engine_pid
    worker.submit(1, fakes.request(model, tmp_path / "out", steps=5000, pause_ms=2))
    begun(qtbot, ears, 1)
    asked = time.monotonic()
    worker.cancel(1)
    assert ended(qtbot, ears, 1) == Cancelled()
    assert time.monotonic() - asked < 1
    worker.cancel(1)  # too late, and no harm
    worker.submit(2, fakes.request(model, tmp_path / "out"))
    assert isinstance(ended(qtbot, ears, 2), Done)
    assert worker.engine_pid == pid
    assert not ears.deaths


def test_a_hard_stop_ends_what_does_not_listen_and_the_next_job_runs(
    qtbot: QtBot, worker: GenerationWorker, ears: Ears, model: Path, tmp_path: Path
) -> None:
    pid = worker.engine_pid
    worker.submit(1, fakes.request(model, tmp_path / "out", behave="deaf"))
    begun(qtbot, ears, 1, Notice)
    worker.cancel(1)
    worker.hard_stop()
    assert ended(qtbot, ears, 1) == Cancelled()
    worker.submit(2, fakes.request(model, tmp_path / "out"))
    assert isinstance(ended(qtbot, ears, 2), Done)
    assert worker.engine_pid != pid
    assert not ears.deaths  # it was asked for


def test_a_hard_stop_without_a_job_changes_nothing(
    qtbot: QtBot, worker: GenerationWorker, ears: Ears, model: Path, tmp_path: Path
) -> None:
    pid = worker.engine_pid
    worker.hard_stop()
    worker.submit(1, fakes.request(model, tmp_path / "out"))
    assert isinstance(ended(qtbot, ears, 1), Done)
    assert worker.engine_pid == pid


@pytest.mark.parametrize(
    ("behave", "words", "tries"),
    [("killed", "was killed", 1), ("exit", "ended with exit code 7", 1), ("device", "lost the graphics device", 2)],
)
def test_the_engines_death_ends_the_job_with_a_sentence_and_another_engine_runs_the_next(
    qtbot: QtBot, worker: GenerationWorker, ears: Ears, model: Path, tmp_path: Path, behave: str, words: str, tries: int
) -> None:
    worker.submit(1, fakes.request(model, tmp_path / "out", behave=behave))
    worker.submit(2, fakes.request(model, tmp_path / "out"))
    last = ended(qtbot, ears, 1)
    assert isinstance(last, Failed)
    assert words in last.reason
    assert "\n" not in last.reason
    assert isinstance(ended(qtbot, ears, 2), Done)
    assert len(ears.deaths) == tries
    assert len(ears.hellos) == tries + 1


def test_a_device_that_was_lost_is_said_and_another_engine_goes_on(
    qtbot: QtBot, worker: GenerationWorker, ears: Ears, model: Path, tmp_path: Path
) -> None:
    worker.submit(1, fakes.request(model, tmp_path / "out", seed=5, count=3, behave="device once"))
    assert isinstance(ended(qtbot, ears, 1), Done)
    outputs = [event for event in ears.events[1] if isinstance(event, Output)]
    assert [(o.item, o.settings["seed"]) for o in outputs] == [(0, 5), (1, 6), (2, 7)]  # none is made twice
    assert ears.events[1].count(Notice(GOES_ON)) == 1
    assert len(ears.deaths) == 1


def test_an_engine_that_dies_while_it_is_idle_comes_back(
    qtbot: QtBot, worker: GenerationWorker, ears: Ears, model: Path, tmp_path: Path
) -> None:
    assert worker.engine_pid is not None
    with qtbot.waitSignals([worker.engine_died, worker.hello], timeout=PATIENCE_MS):
        os.kill(worker.engine_pid, signal.SIGTERM)
    assert "was ended from outside (SIGTERM)" in ears.deaths[0]
    worker.submit(1, fakes.request(model, tmp_path / "out"))
    assert isinstance(ended(qtbot, ears, 1), Done)


def test_an_engine_that_cannot_start_is_given_up_with_a_sentence_and_tried_again_when_asked(
    qtbot: QtBot, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    monkeypatch.setattr(revival, "PAUSE_S", (0.0, 0.05))
    package = tmp_path / "families_to_come"
    monkeypatch.syspath_prepend(str(tmp_path))
    worker = GenerationWorker("families_to_come")
    ears, told = Ears(worker), list[str]()
    worker.engine_gave_up.connect(lambda _: told.append("gave up"))
    worker.report.connect(lambda *_: told.append("last word"))
    worker.submit(1, fakes.request(model, tmp_path / "out"))
    with qtbot.waitSignal(worker.engine_gave_up, timeout=PATIENCE_MS):
        worker.start()
    try:
        last = ended(qtbot, ears, 1)
        assert isinstance(last, Failed)
        assert "could not start, 3 times in a row" in last.reason
        assert told == ["gave up", "last word"]  # a queue that waits behind it is to stop before it sends the next
        assert len(ears.deaths) == 2
        assert worker.engine_pid is None
        # Mended: the next job starts an engine again.
        package.mkdir()
        source = Path(fakes.__file__).parent / "families" / "light"
        (package / "__init__.py").touch()
        (package / "steps.py").write_text((source / "steps.py").read_text(encoding="utf-8"), encoding="utf-8")
        worker.add_model(str(model))
        worker.submit(2, fakes.request(model, tmp_path / "out"))
        assert isinstance(ended(qtbot, ears, 2), Done)
        assert [one.path for one in ears.hellos[-1].models] == [str(model)]
    finally:
        worker.close()


def test_the_file_of_a_jobs_steps_reaches_the_engine_which_removes_it_in_the_end(
    qtbot: QtBot, worker: GenerationWorker, ears: Ears, model: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "7.safetensors"
    kept.write_bytes(b"of an engine that was killed")
    worker.submit(1, fakes.request(model, tmp_path / "out"), halfway=str(kept))
    assert isinstance(ended(qtbot, ears, 1), Done)
    assert not kept.exists()


def test_a_cancelled_job_is_not_tried_again_when_its_engine_dies(
    qtbot: QtBot, worker: GenerationWorker, ears: Ears, model: Path, tmp_path: Path
) -> None:
    worker.submit(1, fakes.request(model, tmp_path / "out", behave="deaf"))
    begun(qtbot, ears, 1, Notice)
    worker.cancel(1)
    assert worker.engine_pid is not None
    with qtbot.waitSignal(worker.engine_died, timeout=PATIENCE_MS):
        os.kill(worker.engine_pid, signal.SIGKILL)
    assert ended(qtbot, ears, 1) == Cancelled()


@pytest.mark.parametrize("moment", ["starting", "idle", "generating", "deaf", "stopped"])
def test_closing_is_quick_and_leaves_nothing_at_any_moment(
    qtbot: QtBot, worker: GenerationWorker, model: Path, tmp_path: Path, moment: str
) -> None:
    ears = Ears(worker)
    worker.start()
    if moment != "starting":
        qtbot.waitUntil(lambda: bool(ears.hellos), timeout=PATIENCE_MS)
    if moment in ("generating", "deaf", "stopped"):
        behave = "deaf" if moment == "deaf" else "well"
        worker.submit(1, fakes.request(model, tmp_path / "out", steps=5000, behave=behave))
        begun(qtbot, ears, 1, Notice)
    if moment == "stopped":
        assert worker.engine_pid is not None
        os.kill(worker.engine_pid, signal.SIGSTOP)
    began = time.monotonic()
    worker.close()
    assert time.monotonic() - began < 1.5
    assert worker.isFinished()
    worker.close()


def test_closing_does_not_wait_for_an_engine_that_stopped_in_the_middle_of_a_message(
    qtbot: QtBot, worker: GenerationWorker, ears: Ears, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert worker.engine_pid is not None
    engine = worker._engine
    assert engine is not None
    assert engine._reports is not None
    # What a reader meets there: it waits for bytes that never come, until the pipe ends with the process.
    os.kill(worker.engine_pid, signal.SIGSTOP)
    reports = engine._reports

    def receive(timeout_s: float | None = None) -> Hello:
        try:
            return reports.recv()
        except EOFError:
            raise EngineDied(None) from None

    monkeypatch.setattr(engine, "receive", receive)
    began = time.monotonic()
    worker.close()
    assert time.monotonic() - began < 4
    assert worker.isFinished()


def test_a_thread_that_was_never_started_closes_too(home: Path) -> None:
    GenerationWorker(fakes.PACKAGE).close()
