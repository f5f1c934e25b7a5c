"""The queue on the disk: what one window leaves, the next one finds; and files that are not as they should be."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from desktop.jobs import JobQueue
from desktop.queue import deeds, wording
from desktop.queue.holding import FEW, KEPT
from desktop.queue.journal import Journal
from desktop.queue.rows import Order
from models import halfway
from models.protocol import Done, Failed, Output
from tests.desktop.test_jobs import REQUEST, Scripted

PATIENCE_MS = 60_000
FULL = replace(
    REQUEST, prompt="a boat \ud83d, déjà vu", negative_prompt="fog", seed=7, count=3,
    settings={"steps": 3, "guidance_scale": 1.5, "tiled": True, "scheduler": "euler"}, inputs={"picture": "/a.png"},
    format="jpeg", wish={"plan": "small"}, history=(("user", "Who?"), ("assistant", "I.")),
)  # fmt: skip


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[], tuple[Any, JobQueue, list[str]]]]:
    """Opens the queue of one file, as often as wanted, once the one before is closed: worker, queue, and troubles."""
    queues: list[JobQueue] = []

    def one() -> tuple[Any, JobQueue, list[str]]:
        for before in queues:
            before.close()
        journal, worker, troubles = Journal(tmp_path / "queue.sqlite3"), Scripted(), []
        journal.trouble.connect(troubles.append)
        queue = JobQueue(worker, journal)  # type: ignore[arg-type]
        with qtbot.waitSignal(queue.restored, timeout=PATIENCE_MS):
            queue.begin()
        queues.append(queue)
        return worker, queue, troubles

    yield one
    for queue in queues:
        queue.close()


def stored(qtbot: QtBot, worker: Any) -> None:
    qtbot.waitUntil(lambda: bool(worker.asked), timeout=PATIENCE_MS)


def test_a_job_is_on_the_disk_before_it_runs(opened: Any, qtbot: QtBot, tmp_path: Path) -> None:
    worker, queue, _ = opened()
    job = queue.add(FULL)
    assert (job.state, worker.asked) == ("running", [])
    stored(qtbot, worker)
    assert worker.asked == [("submit", job.id)]
    # As a power cut leaves it: the bytes that are in the files now.
    for part in ("", "-wal"):
        (tmp_path / f"cut.sqlite3{part}").write_bytes((tmp_path / f"queue.sqlite3{part}").read_bytes())
    rows = sqlite3.connect(tmp_path / "cut.sqlite3").execute("SELECT key, state FROM jobs").fetchall()
    assert rows == [(job.key, "waiting")]


def test_all_is_there_again_and_waits_for_the_persons_word(opened: Any, qtbot: QtBot) -> None:
    worker, queue, _ = opened()
    first = queue.add(FULL, then=replace(REQUEST, task="upscale", keep=True))
    stored(qtbot, worker)
    failed, _, moved, _ = (queue.add(replace(FULL, seed=seed)) for seed in (1, 2, 3, 4))
    draft = queue.add(replace(FULL, keep=False))
    worker.report.emit(first.id, Output("/a.png", "picture", 2.0, {}, 0))
    deeds.move(queue, [moved], failed)
    queue.close()

    worker, queue, _ = opened()
    assert [job.request.seed for job in queue.waiting] == [7, 3, 1, 2, 4, 0]
    again = queue.waiting[0]
    assert again.request == FULL and again.then == first.then and again.made == 1
    assert queue.waiting[-1].request.inputs == {"picture": "/a.png"}  # what was to follow the first picture
    assert draft.request not in [job.request for job in queue.jobs]
    assert queue.running is None and all(job.held for job in queue.waiting)

    fresh = queue.add(replace(REQUEST, seed=99))
    assert queue.running is fresh  # what is asked for now does not wait for what is left
    stored(qtbot, worker)
    worker.report.emit(fresh.id, Done(1.0))
    assert queue.running is None
    queue.resume()
    assert (queue.running, worker.asked[-1], worker.first) == (again, ("submit", again.id), 1)
    worker.report.emit(again.id, Failed("It is too dark.", True))
    queue.pause()
    queue.close()

    _, queue, _ = opened()
    (failure,) = queue.failed
    assert (failure.reason, failure.bad_input, failure.request) == ("It is too dark.", True, FULL)
    assert queue.paused and [job.request.seed for job in queue.past] == [99]


def test_one_whose_last_word_was_lost_with_the_window_is_done(opened: Any, qtbot: QtBot) -> None:
    worker, queue, _ = opened()
    job = queue.add(replace(REQUEST, count=2))
    stored(qtbot, worker)
    for item in (0, 1):
        worker.report.emit(job.id, Output(f"/{item}.png", "picture", 1.0, {}, item))
    queue.close()
    _, queue, _ = opened()
    (again,) = queue.past
    assert again.state == "done" and not queue.waiting


@pytest.mark.parametrize("count", [5, KEPT + FEW + 10])
def test_all_that_was_stopped_and_brought_back_is_there_again_in_its_order(
    opened: Any, qtbot: QtBot, tmp_path: Path, count: int
) -> None:
    worker, queue, _ = opened()
    first = queue.add(replace(REQUEST, seed=1000))
    stored(qtbot, worker)
    waiting = [queue.add(replace(REQUEST, seed=seed)) for seed in range(count)]
    deeds.move(queue, [waiting[-1]], waiting[0])
    order = [job.request.seed for job in queue.waiting]
    taken = deeds.stop_all(queue)
    worker.report.emit(first.id, Done(1.0))  # one more that has ended: the oldest of those kept goes
    deeds.put_back(queue, taken)
    back = queue.running
    assert back is not None and back.request.seed == order[0]
    qtbot.waitUntil(lambda: queue.is_sure(back), timeout=PATIENCE_MS)

    _, queue, _ = opened()
    assert [job.request.seed for job in queue.waiting] == order
    assert [job.request.seed for job in queue.past] == [1000]
    deeds.stop_all(queue)

    _, queue, troubles = opened()
    assert not queue.waiting and not troubles
    assert [job.request.seed for job in queue.past] == [1000, *order][-KEPT:]
    queue.close()
    states = {state for (state,) in sqlite3.connect(tmp_path / "queue.sqlite3").execute("SELECT state FROM jobs")}
    assert states <= {"cancelled", "done"}  # what nobody can bring back any more does not stay


def test_a_kill_while_many_come_back_loses_none_of_them(opened: Any, qtbot: QtBot, tmp_path: Path) -> None:
    worker, queue, _ = opened()
    first = queue.add(replace(REQUEST, seed=5000))
    stored(qtbot, worker)
    waiting = [queue.add(replace(REQUEST, seed=seed)) for seed in range(deeds.SLICE + 20)]
    deeds.move(queue, [waiting[-1]], waiting[0])
    order = [job.key for job in queue.waiting]
    taken = deeds.stop_all(queue)
    worker.report.emit(first.id, Done(1.0))
    steps = deeds.bringing_back(queue, taken)
    next(steps)
    assert len(queue.line) < len(order) - 1
    qtbot.waitUntil(lambda: queue.is_sure(waiting[-2]), timeout=PATIENCE_MS)
    for part in ("", "-wal"):  # as a kill leaves them
        (tmp_path / f"cut.sqlite3{part}").write_bytes((tmp_path / f"queue.sqlite3{part}").read_bytes())
    db = sqlite3.connect(tmp_path / "cut.sqlite3")
    found = db.execute("SELECT key FROM jobs WHERE state = 'waiting' ORDER BY rank").fetchall()
    assert [key for (key,) in found] == order


def test_a_job_broken_off_in_the_middle_goes_on_from_its_steps(opened: Any, qtbot: QtBot, tmp_path: Path) -> None:
    worker, queue, _ = opened()
    queue.add(replace(REQUEST, prompt="a boat"))
    stored(qtbot, worker)
    kept = Path(worker.halfway)
    assert kept.parent == tmp_path / "steps"
    head = {"__metadata__": {"everyform_steps": halfway.FORM, "step": "23", "total": "50"}}
    text = json.dumps(head).encode()
    kept.parent.mkdir()
    kept.write_bytes(len(text).to_bytes(8, "little") + text)
    stranger = kept.with_name("5.safetensors")
    stranger.write_bytes(kept.read_bytes())
    queue.close()  # in the middle of it

    worker, queue, _ = opened()
    (again,) = queue.waiting
    assert not stranger.exists()
    assert wording.line(again, {}).under == "counter  ·  goes on from step 23 of 50, left from last time"
    queue.resume()
    stored(qtbot, worker)
    assert worker.halfway == str(kept)
    worker.report.emit(again.id, Failed("The engine was killed while it worked on this; it starts again."))
    told = wording.line(again, {})
    assert told.under == f"Another try goes on from step 23 of 50. {again.reason}" and told.tip == again.reason
    deeds.retry(queue, [again])
    qtbot.waitUntil(lambda: len(worker.asked) == 2, timeout=PATIENCE_MS)
    assert worker.halfway == str(kept)
    worker.report.emit(again.id, Output("/a.png", "picture", 1.0, {}))
    assert again.halfway is None
    draft = queue.add(replace(REQUEST, keep=False))
    worker.report.emit(again.id, Done(1.0))
    assert queue.running is draft and worker.halfway == ""


def test_what_cannot_be_written_is_told_and_holds_up_no_job(opened: Any, qtbot: QtBot) -> None:
    worker, queue, troubles = opened()

    def broken(held: tuple[Any, ...]) -> tuple[Any, ...]:
        raise LookupError("no such codec")

    queue.note([Order("UPDATE jobs SET rank = rank WHERE key = ?", [(1,)], broken)])
    queue.add(REQUEST)
    stored(qtbot, worker)
    qtbot.waitUntil(lambda: bool(troubles), timeout=PATIENCE_MS)
    assert "cannot be kept on the disk (no such codec)" in troubles[0]


def test_a_second_window_keeps_nothing_and_says_so(opened: Any, qtbot: QtBot, tmp_path: Path) -> None:
    opened()
    code = (
        "import sys\nfrom pathlib import Path\nfrom PySide6.QtCore import QCoreApplication\n"
        "from desktop.queue.journal import Journal\n"
        "app = QCoreApplication([])\njournal = Journal(Path(sys.argv[1]))\n"
        "journal.trouble.connect(print)\njournal.known.connect(app.quit)\njournal.start()\napp.exec()\n"
        "journal.close()\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "queue.sqlite3")], capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("Another window of Everyform keeps the queue.")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_what_was_stored_survives_a_kill(qtbot: QtBot, opened: Any, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom dataclasses import replace\nfrom pathlib import Path\n"
        "from PySide6.QtCore import QCoreApplication\n"
        "from desktop.jobs import JobQueue\nfrom desktop.queue.journal import Journal\n"
        "from tests.desktop.test_jobs import REQUEST, Scripted\n"
        "app = QCoreApplication([])\njournal = Journal(Path(sys.argv[1]))\nqueue = JobQueue(Scripted(), journal)\n"
        "jobs = [queue.add(replace(REQUEST, seed=seed)) for seed in range(30)]\n"
        "def told():\n    if journal.reached >= jobs[-1].sure:\n        print('stored', flush=True)\n"
        "journal.stored.connect(told)\nqueue.begin()\napp.exec()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "queue.sqlite3")], stdout=subprocess.PIPE, text=True
    ) as window:
        assert window.stdout is not None and window.stdout.readline() == "stored\n"
        os.kill(window.pid, signal.SIGKILL)
    _, queue, troubles = opened()
    assert [job.request.seed for job in queue.waiting] == list(range(30))
    assert troubles == []


def test_a_file_that_is_no_database_is_kept_aside(opened: Any, tmp_path: Path) -> None:
    (tmp_path / "queue.sqlite3").write_bytes(b"this was something else once" * 400)
    _, queue, troubles = opened()
    (aside,) = tmp_path.glob("broken-*.queue.sqlite3")
    assert aside.read_bytes().startswith(b"this was") and aside.name in troubles[0]
    queue.add(REQUEST)
    _, queue, _ = opened()
    assert len(queue.waiting) == 1


def test_tables_of_another_version_are_kept_aside(opened: Any, tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "queue.sqlite3")
    db.execute("CREATE TABLE jobs (number INTEGER)")
    db.close()
    _, queue, troubles = opened()
    assert len(list(tmp_path.glob("broken-*.queue.sqlite3"))) == len(troubles) == 1
    queue.add(REQUEST)
    _, queue, troubles = opened()
    assert len(queue.waiting) == 1 and not troubles


def test_a_row_of_another_version_is_told_and_the_others_stay(opened: Any, tmp_path: Path) -> None:
    _, queue, _ = opened()
    one, two, three = queue.add(REQUEST), queue.add(replace(REQUEST, seed=2)), queue.add(replace(REQUEST, seed=3))
    queue.close()
    db = sqlite3.connect(tmp_path / "queue.sqlite3")
    with db:
        db.execute("UPDATE jobs SET request = '{\"model_id\": 5}' WHERE key = ?", (one.key,))
        db.execute("UPDATE jobs SET rank = 'the first' WHERE key = ?", (three.key,))
    db.close()
    _, queue, troubles = opened()
    assert [job.request for job in queue.waiting] == [two.request]
    assert troubles == ["2 of the jobs that were waiting could not be read and are left out."]


def test_a_disk_that_refuses_is_told_and_the_work_goes_on(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file where the folder should be")
    journal, worker, troubles = Journal(tmp_path / "file" / "queue.sqlite3"), Scripted(), []
    journal.trouble.connect(troubles.append)
    queue = JobQueue(worker, journal)  # type: ignore[arg-type]
    queue.begin()
    job = queue.add(REQUEST)
    stored(qtbot, worker)
    assert worker.asked == [("submit", job.id)]
    qtbot.waitUntil(lambda: bool(troubles), timeout=PATIENCE_MS)
    assert "cannot be kept on the disk" in troubles[0]
    queue.close()
