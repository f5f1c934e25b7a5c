"""How an engine ends: asked, killed, or left alone by a parent that is gone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from models.engine_process import EngineDied, EngineProcess, death_in_words
from models.protocol import Cancel, Done, Event, Failed, Hello, Notice
from tests import fakes
from tests.fakes.talk import PATIENCE_S, begin, made, of


@pytest.mark.parametrize(
    ("behave", "code", "words"),
    [("killed", -signal.SIGKILL, "was killed"), ("exit", 7, "exit code 7"), ("device", 3, "lost the graphics device")],
)
def test_death_in_the_middle_surfaces_with_its_cause(
    fresh: EngineProcess, counter: Path, tmp_path: Path, behave: str, code: int, words: str
) -> None:
    begin(fresh, fakes.request(counter, tmp_path / "out", behave=behave))
    seen: list[Event] = []
    with pytest.raises(EngineDied) as died:
        while True:
            seen.append(fresh.receive(PATIENCE_S).event)  # type: ignore[union-attr]
    assert died.value.exit_code == code
    assert words in str(died.value)
    # A fault of the device is no last word either: another engine may do it.
    assert died.value.device_lost is (behave == "device")
    assert not of(Failed, seen)
    with pytest.raises(EngineDied):
        fresh.send(Cancel(1))
        fresh.receive(PATIENCE_S)


@pytest.mark.parametrize("code", [-signal.SIGKILL, -signal.SIGSEGV, -63, 0, 1, 3, None])
def test_every_way_to_end_has_words(code: int | None) -> None:
    assert death_in_words(code)
    assert death_in_words(code) == str(EngineDied(code))


def test_closing_leaves_no_process_whatever_the_engine_is_doing(counter: Path, tmp_path: Path, home: Path) -> None:
    before = set(psutil.Process().children(recursive=True))
    for behave in ("idle", "well", "deaf"):
        engine = EngineProcess(fakes.PACKAGE)
        engine.start()
        if behave != "idle":
            engine.receive(PATIENCE_S)
            begin(engine, fakes.request(counter, tmp_path / "out", steps=5000, behave=behave))
            engine.receive(PATIENCE_S)
        began = time.monotonic()
        engine.close(grace_s=0.2)
        assert time.monotonic() - began < 2
        assert not engine.alive
        assert set(psutil.Process().children(recursive=True)) == before
        engine.close()


@pytest.mark.parametrize("behave", ["deaf", "busy"])
def test_an_engine_ends_with_a_parent_that_is_killed_in_the_middle_of_a_computation(
    counter: Path, tmp_path: Path, home: Path, behave: str
) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from models.engine_process import EngineProcess\n"
        "from models.protocol import Run\n"
        "from tests import fakes\n"
        "if __name__ == '__main__':\n"
        "    engine = EngineProcess(fakes.PACKAGE); engine.start(); engine.receive(20)\n"
        "    request = fakes.request(Path(sys.argv[1]), Path(sys.argv[2]), steps=1, behave=sys.argv[3])\n"
        "    engine.send(Run(1, request)); engine.receive(20); print('at work', flush=True)\n"
        "    engine.receive(60)\n"
    )
    command = [sys.executable, "-c", code, str(counter), str(tmp_path / "out"), behave]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "at work\n"
        family = psutil.Process(parent.pid).children(recursive=True)
        assert len(family) >= 1
        parent.kill()
    left = fakes.left_after(2.0, family)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    assert not left


def test_an_interrupt_from_the_terminal_is_the_parents_to_heed(
    fresh: EngineProcess, counter: Path, tmp_path: Path
) -> None:
    assert fresh.pid is not None
    os.kill(fresh.pid, signal.SIGINT)
    assert isinstance(made(fresh, fakes.request(counter, tmp_path / "out"))[-1], Done)


def test_an_interrupt_while_the_engine_starts_is_not_its_end(home: Path) -> None:
    with EngineProcess(fakes.PACKAGE) as engine:
        for _ in range(20):
            assert engine.pid is not None
            os.kill(engine.pid, signal.SIGINT)
            time.sleep(0.005)
        assert isinstance(engine.receive(PATIENCE_S), Hello)


@pytest.mark.skipif(sys.platform == "win32", reason="locks are never files there")
def test_a_lock_that_a_library_makes_has_no_name_that_could_outlive_a_kill(
    fresh: EngineProcess, counter: Path, tmp_path: Path
) -> None:
    found = made(fresh, fakes.request(counter, tmp_path / "out", behave="lock"))
    assert Notice("lock None") in found
