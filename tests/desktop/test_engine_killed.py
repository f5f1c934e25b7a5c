"""The engine killed at any moment: the window answers, the job ends with a sentence, the next one runs, no debris."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from PIL import Image
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from desktop.jobs import Job, JobQueue
from desktop.worker import GenerationWorker
from models.outputs.library import Library
from models.protocol import Output
from tests import fakes

KILLS = 50
SEED = 20261121
# A job of three items takes about this long here, so that kills fall before, into and after every part of it.
SPAN_S = 0.12
PATIENCE_MS = 20_000


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_fifty_kills_at_random_moments(qtbot: QtBot, tmp_path: Path, home: Path) -> None:
    chance = random.Random(SEED)
    model, out = fakes.model_folder(tmp_path / "counter"), tmp_path / "out"
    before = set(psutil.Process().children(recursive=True))
    worker = GenerationWorker(fakes.PACKAGE)
    queue = JobQueue(worker)
    told: list[Output] = []
    queue.output.connect(lambda job, output: told.append(output))
    with qtbot.waitSignal(worker.hello, timeout=PATIENCE_MS):
        worker.start()

    failed = 0
    answers: list[float] = []
    for kill in range(KILLS):
        victim = queue.add(fakes.request(model, out, seed=kill * 100, count=3, steps=10, pause_ms=1.5))
        killed_at = kill_after(qtbot, worker, chance.uniform(0, SPAN_S))
        qtbot.waitUntil(lambda job=victim: job.ended, timeout=PATIENCE_MS)
        answers.append(time.monotonic() - killed_at)
        assert victim.state in ("failed", "done"), victim
        if victim.state == "failed":
            failed += 1
            assert_sentence(victim)
        successor = queue.add(fakes.request(model, out, seed=kill * 100 + 50, steps=2))
        qtbot.waitUntil(lambda job=successor: job.ended, timeout=PATIENCE_MS)
        assert successor.state == "done", successor
        assert len(successor.outputs) == 1

    # The moments were spread: most hit a job, and some came before its first word or after its last.
    assert KILLS // 4 < failed <= KILLS
    assert max(answers) < 10.0  # a hang, not how fast it is
    assert_no_debris(out, told)
    worker.close()
    assert set(psutil.Process().children(recursive=True)) == before


def kill_after(qtbot: QtBot, worker: GenerationWorker, delay_s: float) -> float:
    """Kill the engine of that worker once, after that time; the moment of it."""
    moment: list[float] = []

    def kill() -> None:
        pid = worker.engine_pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        moment.append(time.monotonic())

    QTimer.singleShot(int(delay_s * 1000), kill)
    qtbot.waitUntil(lambda: bool(moment), timeout=PATIENCE_MS)
    return moment[0]


def assert_sentence(job: Job) -> None:
    assert "was killed" in job.reason
    assert job.reason.endswith(".")
    assert "\n" not in job.reason
    assert not job.bad_input


def assert_no_debris(out: Path, told: list[Output]) -> None:
    files = sorted(out.iterdir())
    assert {file.suffix for file in files} == {".png"}, "something half-written was left"
    for file in files:
        with Image.open(file) as picture:
            picture.load()
    assert {output.path for output in told} <= {str(file) for file in files}
    library = Library()
    # Only a kill between writing and listing can hide a file from the library, and a rebuild finds it.
    listed = {item.path for item in library.items(limit=10_000)}
    assert {output.path for output in told} <= listed
    assert library.rebuild(out) == len(files)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_a_window_that_is_killed_leaves_no_engine(tmp_path: Path, home: Path) -> None:
    model = fakes.model_folder(tmp_path / "counter")
    code = (
        "import sys; from pathlib import Path\n"
        "from PySide6.QtCore import QCoreApplication\n"
        "from desktop.jobs import JobQueue\n"
        "from desktop.worker import GenerationWorker\n"
        "from tests import fakes\n"
        "if __name__ == '__main__':\n"
        "    app = QCoreApplication([]); worker = GenerationWorker(fakes.PACKAGE); queue = JobQueue(worker)\n"
        "    worker.start()\n"
        "    queue.notice.connect(lambda job, text: print(text, flush=True))\n"
        "    queue.add(fakes.request(Path(sys.argv[1]), Path(sys.argv[2]), behave='busy'))\n"
        "    app.exec()\n"
    )
    command = [sys.executable, "-c", code, str(model), str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as window:
        assert window.stdout is not None
        assert window.stdout.readline().startswith("use 1 in process")
        family = psutil.Process(window.pid).children(recursive=True)
        assert family
        window.kill()
    left = fakes.left_after(2.0, family)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    assert not left
