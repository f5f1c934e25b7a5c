"""The engine as it is: a spawned child, two pipes, files on a disk."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from PIL import Image

from models.engine_process import EngineDied, EngineProcess, death_in_words
from models.outputs import read
from models.outputs.library import Library
from models.protocol import (
    Cancel,
    Cancelled,
    Done,
    Event,
    Failed,
    Hello,
    Loading,
    Notice,
    Output,
    Preview,
    Progress,
    Quit,
    Report,
    Request,
    Rescan,
    Run,
    Unload,
)
from tests import fakes

LAST = (Done, Cancelled, Failed)
PATIENCE_S = 20


@pytest.fixture
def engine(home: Path) -> Iterator[EngineProcess]:
    with EngineProcess(fakes.PACKAGE) as engine:
        hello = engine.receive(PATIENCE_S)
        assert isinstance(hello, Hello)
        yield engine


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return fakes.model_folder(tmp_path / "counter", name="The counter")


def events(engine: EngineProcess, job: int = 1) -> Iterator[Event]:
    """What the engine says of a job, the last word included."""
    while True:
        message = engine.receive(PATIENCE_S)
        if isinstance(message, Report):
            assert message.job == job
            yield message.event
            if isinstance(message.event, LAST):
                return
        else:
            assert isinstance(message, Hello), "the engine fell silent"


def made(engine: EngineProcess, request: Request, job: int = 1) -> list[Event]:
    engine.send(Run(job, request))
    return list(events(engine, job))


def of(kind: type, found: list[Event]) -> list:
    return [event for event in found if isinstance(event, kind)]


# ── a job ─────────────────────────────────────────────────────────────────────


def test_hello_tells_models_device_and_problems(home: Path, model: Path) -> None:
    home.mkdir(parents=True)
    listing = {"everyform_models": 1, "models": [{"id": "counter", "path": str(model)}]}
    (home / "models.json").write_text(json.dumps(listing), encoding="utf-8")
    with EngineProcess(fakes.PACKAGE) as engine:
        hello = engine.receive(PATIENCE_S)
        assert isinstance(hello, Hello)
        assert [(m.id, m.name, m.card.architecture) for m in hello.models] == [("counter", "The counter", "fake-steps")]
        assert "core" in hello.device
        assert any("light.broken" in problem for problem in hello.problems)
        # A second look, after the list has changed.
        (home / "models.json").unlink()
        engine.send(Rescan())
        again = engine.receive(PATIENCE_S)
        assert isinstance(again, Hello)
        assert again.models == ()


def test_a_job_goes_from_loading_to_a_file_that_others_can_read(
    engine: EngineProcess, model: Path, tmp_path: Path
) -> None:
    request = fakes.request(model, tmp_path / "out", seed=5, prompt="a red sailboat", steps=7)
    found = made(engine, request)
    assert isinstance(found[0], Loading)
    assert found[0].stage == "Reading The counter"
    assert isinstance(found[-1], Done)
    assert found[-1].seconds > 0
    (output,) = of(Output, found)
    path = Path(output.path)
    assert path.parent == tmp_path / "out"
    with Image.open(path) as picture:
        picture.load()
        assert picture.size == (32, 32)
    assert output.settings["seed"] == 5
    assert output.settings["settings"] == {"steps": 7, "pause_ms": 1.0, "behave": "well"}  # defaults filled in
    assert output.settings["model_name"] == "The counter"
    assert output.settings["prompt"] == "a red sailboat"
    assert (progress := of(Progress, found))[-1].step == progress[-1].total == 7
    assert of(Preview, found)


def test_the_same_seed_gives_the_same_bytes_in_another_engine(home: Path, model: Path, tmp_path: Path) -> None:
    contents = []
    for out in ("one", "two"):
        with EngineProcess(fakes.PACKAGE) as engine:
            (output,) = of(Output, made(engine, fakes.request(model, tmp_path / out, seed=9)))
            contents.append(Path(output.path).read_bytes())
    assert contents[0] == contents[1]


def test_item_k_of_a_job_is_made_from_seed_plus_k_as_if_alone(
    engine: EngineProcess, model: Path, tmp_path: Path
) -> None:
    together = of(Output, made(engine, fakes.request(model, tmp_path / "out", seed=2**32 - 2, count=3)))
    assert [output.item for output in together] == [0, 1, 2]
    assert [output.settings["seed"] for output in together] == [2**32 - 2, 2**32 - 1, 0]  # round the end
    (alone,) = of(Output, made(engine, fakes.request(model, tmp_path / "alone", seed=2**32 - 1), job=1))
    assert Path(alone.path).read_bytes() == Path(together[1].path).read_bytes()


def test_progress_counts_the_whole_job_and_its_last_is_never_dropped(
    engine: EngineProcess, model: Path, tmp_path: Path
) -> None:
    found = made(engine, fakes.request(model, tmp_path, count=3, steps=200, pause_ms=0.2))
    progress = of(Progress, found)
    assert all(p.total == 600 for p in progress)
    assert [p.step for p in progress] == sorted({p.step for p in progress})
    assert progress[-1].step == 600
    assert [p.step for p in progress if p.step % 200 == 0] == [200, 400, 600]  # each item's end, before its output
    spent = progress[-1].elapsed_s
    assert spent >= 0.12
    # An eye follows 25 a second; three ends come on top.
    assert len(progress) <= spent / 0.04 + 3 + 2
    assert len(of(Preview, found)) <= spent / 0.04 + 2


def test_the_last_model_stays_warm_until_its_files_change(engine: EngineProcess, model: Path, tmp_path: Path) -> None:
    other = fakes.model_folder(tmp_path / "other")

    def use(folder: Path) -> tuple[int, bool]:
        found = made(engine, fakes.request(folder, tmp_path / "out"))
        return int(of(Notice, found)[0].text.split()[1]), bool(of(Loading, found))

    assert use(model) == (1, True)
    assert use(model) == (2, False)
    assert use(other) == (1, True)
    assert use(model) == (1, True)  # one slot: the other took its place
    fakes.model_folder(model, name="Trained further")
    assert use(model) == (1, True)
    engine.send(Unload())
    assert use(model) == (1, True)


def test_a_family_is_prepared_while_nobody_asks_for_anything(model: Path, home: Path, tmp_path: Path) -> None:
    home.mkdir(parents=True)
    listing = {"everyform_models": 1, "models": [{"id": "counter", "path": str(model)}]}
    (home / "models.json").write_text(json.dumps(listing), encoding="utf-8")
    with EngineProcess(fakes.PACKAGE) as engine:
        engine.receive(PATIENCE_S)
        until = time.monotonic() + PATIENCE_S
        while not (home / "prepared").exists() and time.monotonic() < until:
            assert engine.receive(0.05) is None  # nothing to say: this family has no torch to ask about the device
        assert (home / "prepared").exists()
        assert isinstance(made(engine, fakes.request(model, tmp_path / "out"))[-1], Done)


def test_the_engine_is_light_until_a_family_loads(engine: EngineProcess, model: Path, tmp_path: Path) -> None:
    made(engine, fakes.request(model, tmp_path / "out"))
    maps = Path(f"/proc/{engine.pid}/maps")
    if not maps.exists():
        pytest.skip("only Linux tells what a process has loaded")
    assert "libtorch" not in maps.read_text()


def test_what_a_library_prints_stays_out_of_standard_output(model: Path, tmp_path: Path, home: Path) -> None:
    code = (
        "from models.engine_process import EngineProcess\n"
        "from models.protocol import Run, Report, Done\n"
        "from tests import fakes\n"
        "import sys; from pathlib import Path\n"
        "if __name__ == '__main__':\n"
        "    with EngineProcess(fakes.PACKAGE) as engine:\n"
        "        engine.receive(20)\n"
        "        engine.send(Run(1, fakes.request(Path(sys.argv[1]), Path(sys.argv[2]), behave='chatter')))\n"
        "        while not isinstance(getattr(engine.receive(20), 'event', None), Done): pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(model), str(tmp_path / "out")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "a library says something" in done.stderr


# ── stops ─────────────────────────────────────────────────────────────────────


def test_cancel_is_heeded_at_the_next_step_and_the_next_job_runs(
    engine: EngineProcess, model: Path, tmp_path: Path
) -> None:
    engine.send(Run(1, fakes.request(model, tmp_path / "out", steps=5000, pause_ms=5)))
    asked = 0.0
    last: Event | None = None
    for event in events(engine):
        last = event
        if isinstance(event, Progress) and not asked:
            engine.send(Cancel(1))
            asked = time.monotonic()
    assert isinstance(last, Cancelled)
    assert time.monotonic() - asked < 1.0
    assert list((tmp_path / "out").iterdir()) == []
    found = made(engine, fakes.request(model, tmp_path / "out"), job=2)
    assert isinstance(found[-1], Done)
    assert not of(Loading, found)  # still warm


def test_items_finished_before_a_cancel_are_kept(engine: EngineProcess, model: Path, tmp_path: Path) -> None:
    engine.send(Run(1, fakes.request(model, tmp_path / "out", count=50, steps=20)))
    outputs = []
    for event in events(engine):
        if isinstance(event, Output):
            outputs.append(event)
            engine.send(Cancel(1))
    assert isinstance(event, Cancelled)
    assert 1 <= len(outputs) < 50
    assert len(list((tmp_path / "out").iterdir())) == len(outputs)


def test_a_job_cancelled_before_its_turn_makes_nothing(engine: EngineProcess, model: Path, tmp_path: Path) -> None:
    engine.send(Run(1, fakes.request(model, tmp_path / "one", steps=50, pause_ms=2)))
    engine.send(Run(2, fakes.request(model, tmp_path / "two")))
    engine.send(Cancel(2))
    assert isinstance(list(events(engine, 1))[-1], Done)
    assert list(events(engine, 2)) == [Cancelled()]
    assert not (tmp_path / "two").exists()


def test_quit_unwinds_the_job_in_hand_and_ends(engine: EngineProcess, model: Path, tmp_path: Path) -> None:
    engine.send(Run(1, fakes.request(model, tmp_path / "out", steps=5000, pause_ms=5)))
    while not isinstance(getattr(engine.receive(PATIENCE_S), "event", None), Progress):
        pass
    engine.send(Quit())
    assert isinstance(list(events(engine))[-1], Cancelled)
    with pytest.raises(EngineDied) as ended:
        engine.receive(PATIENCE_S)
    assert ended.value.exit_code == 0


# ── failures ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "words", "bad_input"),
    [
        ({"behave": "bad input"}, "This picture is too dark to see; choose another one.", True),
        ({"behave": "fault"}, "The counter could not finish: the shapes do not fit.", False),
        ({"behave": "memory"}, "There is not enough memory", False),
        ({"behave": "output"}, "A family says nothing like Done", False),
        ({"steps": 0}, "steps is 0, but must be from 1 to 5000.", True),
        ({"stpes": 3}, "has no setting 'stpes'", True),
        ({"strength": 0.3}, "has no setting 'strength' for text-to-picture", True),
    ],
)
def test_a_failure_is_one_sentence_and_the_next_job_runs(
    engine: EngineProcess, model: Path, tmp_path: Path, settings: dict, words: str, bad_input: bool
) -> None:
    last = made(engine, fakes.request(model, tmp_path / "out", **settings))[-1]
    assert isinstance(last, Failed)
    assert words in last.reason
    assert last.bad_input is bad_input
    assert "\n" not in last.reason
    assert "Traceback" not in last.reason
    assert isinstance(made(engine, fakes.request(model, tmp_path / "out"))[-1], Done)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_path": "/nowhere/at/all"}, "/nowhere/at/all is not there"),
        ({"task": "inpaint"}, "choose text-to-picture or picture-to-picture"),
        ({"task": "picture-to-picture"}, "Start picture is missing"),
        ({"task": "picture-to-picture", "inputs": {"picture": "/no/such.png"}}, "/no/such.png is not there"),
        ({"inputs": {"sound": "a.wav"}}, "takes no sound"),
        ({"count": 0}, "count is 0, but must be from 1 to 64"),
        ({"seed": -1}, "seed is -1, but must be from 0"),
        ({"format": "gif"}, "png, jpeg or webp"),
    ],
)
def test_a_request_that_cannot_be_made_is_refused_before_anything_is_loaded(
    engine: EngineProcess, model: Path, tmp_path: Path, change: dict, words: str
) -> None:
    (last,) = made(engine, replace(fakes.request(model, tmp_path / "out"), **change))
    assert isinstance(last, Failed)
    assert last.bad_input
    assert words in last.reason


def test_a_model_that_lacks_something_or_is_damaged_says_so(engine: EngineProcess, tmp_path: Path) -> None:
    lacking = fakes.model_folder(tmp_path / "lacking", missing="a tokenizer")
    last = made(engine, fakes.request(lacking, tmp_path / "out"))[-1]
    reason = "lacking cannot run: it lacks a tokenizer. Get it again, with all its parts."
    assert last == Failed(reason, bad_input=True)
    damaged = fakes.model_folder(tmp_path / "damaged")
    (damaged / "cannot load").touch()
    last = made(engine, fakes.request(damaged, tmp_path / "out"))[-1]
    assert isinstance(last, Failed)
    assert last.reason == "damaged cannot be read, its files may be damaged: the header is cut short."


def test_a_folder_that_takes_nothing_is_told_before_the_work(
    engine: EngineProcess, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "a file").write_text("mine", encoding="utf-8")
    (last,) = made(engine, fakes.request(model, tmp_path / "a file" / "out"))
    assert isinstance(last, Failed)
    assert last.bad_input
    assert "choose a folder" in last.reason
    assert (tmp_path / "a file").read_text(encoding="utf-8") == "mine"


def test_a_full_disk_fails_with_a_sentence_and_leaves_nothing_behind(
    engine: EngineProcess, model: Path, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux limits another process")
    out = tmp_path / "out"
    no_limit = resource.prlimit(engine.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (1000, no_limit[1]))  # to write more fails as a full disk does
    (last,) = made(engine, fakes.request(model, out))
    assert isinstance(last, Failed)
    assert last.bad_input
    assert "no room left" in last.reason
    assert list(out.iterdir()) == []
    resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, no_limit)
    assert isinstance(made(engine, fakes.request(model, out))[-1], Done)


def test_details_of_a_fault_are_in_the_log(engine: EngineProcess, model: Path, tmp_path: Path, home: Path) -> None:
    made(engine, fakes.request(model, tmp_path / "out", behave="fault"))
    log = (home / "engine.log").read_text(encoding="utf-8")
    assert "RuntimeError: the shapes do not fit" in log
    assert "steps.py" in log


# ── ends ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("behave", "code", "words"),
    [("killed", -signal.SIGKILL, "was killed"), ("exit", 7, "exit code 7"), ("device", 3, "exit code 3")],
)
def test_death_in_the_middle_surfaces_with_its_cause(
    engine: EngineProcess, model: Path, tmp_path: Path, behave: str, code: int, words: str
) -> None:
    engine.send(Run(1, fakes.request(model, tmp_path / "out", behave=behave)))
    seen: list[Event] = []
    with pytest.raises(EngineDied) as died:
        while True:
            seen.append(engine.receive(PATIENCE_S).event)  # type: ignore[union-attr]
    assert died.value.exit_code == code
    assert words in str(died.value)
    # A fault of the device is told first: only its context is lost, not the engine's voice.
    assert bool(of(Failed, seen)) is (behave == "device")
    with pytest.raises(EngineDied):
        engine.send(Cancel(1))
        engine.receive(PATIENCE_S)


@pytest.mark.parametrize("code", [-signal.SIGKILL, -signal.SIGSEGV, -63, 0, 1, None])
def test_every_way_to_end_has_words(code: int | None) -> None:
    assert death_in_words(code)
    assert death_in_words(code) == str(EngineDied(code))


def test_closing_leaves_no_process_whatever_the_engine_is_doing(model: Path, tmp_path: Path, home: Path) -> None:
    before = set(psutil.Process().children(recursive=True))
    for behave in ("idle", "well", "deaf"):
        engine = EngineProcess(fakes.PACKAGE)
        engine.start()
        if behave != "idle":
            engine.receive(PATIENCE_S)
            engine.send(Run(1, fakes.request(model, tmp_path / "out", steps=5000, behave=behave)))
            engine.receive(PATIENCE_S)
        began = time.monotonic()
        engine.close(grace_s=0.2)
        assert time.monotonic() - began < 2
        assert not engine.alive
        assert set(psutil.Process().children(recursive=True)) == before
        engine.close()


@pytest.mark.parametrize("behave", ["deaf", "busy"])
def test_an_engine_ends_with_a_parent_that_is_killed_in_the_middle_of_a_computation(
    model: Path, tmp_path: Path, home: Path, behave: str
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
    command = [sys.executable, "-c", code, str(model), str(tmp_path / "out"), behave]
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
    engine: EngineProcess, model: Path, tmp_path: Path
) -> None:
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGINT)
    assert isinstance(made(engine, fakes.request(model, tmp_path / "out"))[-1], Done)


def test_an_interrupt_while_the_engine_starts_is_not_its_end(home: Path) -> None:
    with EngineProcess(fakes.PACKAGE) as engine:
        for _ in range(20):
            assert engine.pid is not None
            os.kill(engine.pid, signal.SIGINT)
            time.sleep(0.005)
        assert isinstance(engine.receive(PATIENCE_S), Hello)


def test_settings_can_be_read_back_from_the_file(engine: EngineProcess, model: Path, tmp_path: Path) -> None:
    (output,) = of(Output, made(engine, fakes.request(model, tmp_path / "out", prompt="a prompt")))
    found = read.read_settings(output.path)
    assert found is not None
    assert {name: found[name] for name in output.settings} == dict(output.settings)


def test_what_was_made_is_in_the_library(engine: EngineProcess, model: Path, tmp_path: Path, home: Path) -> None:
    outputs = of(Output, made(engine, fakes.request(model, tmp_path / "out", prompt="a prompt", count=2)))
    items = Library().items()
    assert {item.path for item in items} == {output.path for output in outputs}
    assert all(item.prompt == "a prompt" and item.seconds > 0 for item in items)


def test_an_output_that_the_library_cannot_take_is_kept_and_told(
    engine: EngineProcess, model: Path, tmp_path: Path, home: Path
) -> None:
    (home / "library.sqlite3").mkdir(parents=True)  # no file can be opened there
    found = made(engine, fakes.request(model, tmp_path / "out"))
    (output,) = of(Output, found)
    assert Path(output.path).exists()
    assert any("is saved, but could not be added" in notice.text for notice in of(Notice, found))
    assert isinstance(found[-1], Done)
