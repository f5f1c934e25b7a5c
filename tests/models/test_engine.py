"""The engine as it is, a spawned child and two pipes: what becomes of a request, and how it is stopped."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from models.engine_process import EngineDied, EngineProcess
from models.outputs import read
from models.outputs.library import Library
from models.protocol import (
    Cancel,
    Cancelled,
    Done,
    Event,
    Hello,
    Keep,
    Loading,
    Notice,
    Output,
    Plan,
    Planned,
    Preview,
    Progress,
    Quit,
    Rescan,
    Unload,
)
from tests import fakes
from tests.fakes.talk import PATIENCE_S, begin, events, list_model, made, of

# ── a job ─────────────────────────────────────────────────────────────────────


def test_hello_tells_models_device_and_problems(home: Path, counter: Path) -> None:
    list_model(home, counter)
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
    engine: EngineProcess, counter: Path, tmp_path: Path
) -> None:
    request = fakes.request(counter, tmp_path / "out", seed=5, prompt="a red sailboat", steps=7)
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


def test_the_same_seed_gives_the_same_bytes_in_another_engine(home: Path, counter: Path, tmp_path: Path) -> None:
    contents = []
    for out in ("one", "two"):
        with EngineProcess(fakes.PACKAGE) as engine:
            (output,) = of(Output, made(engine, fakes.request(counter, tmp_path / out, seed=9)))
            contents.append(Path(output.path).read_bytes())
    assert contents[0] == contents[1]


def test_item_k_of_a_job_is_made_from_seed_plus_k_as_if_alone(
    engine: EngineProcess, counter: Path, tmp_path: Path
) -> None:
    together = of(Output, made(engine, fakes.request(counter, tmp_path / "out", seed=2**32 - 2, count=3)))
    assert [output.item for output in together] == [0, 1, 2]
    assert [output.settings["seed"] for output in together] == [2**32 - 2, 2**32 - 1, 0]  # round the end
    (alone,) = of(Output, made(engine, fakes.request(counter, tmp_path / "alone", seed=2**32 - 1)))
    assert Path(alone.path).read_bytes() == Path(together[1].path).read_bytes()


def test_progress_counts_the_whole_job_and_its_last_is_never_dropped(
    engine: EngineProcess, counter: Path, tmp_path: Path
) -> None:
    found = made(engine, fakes.request(counter, tmp_path, count=3, steps=200, pause_ms=0.2))
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


def test_models_stay_warm_until_their_files_change(engine: EngineProcess, counter: Path, tmp_path: Path) -> None:
    other = fakes.model_folder(tmp_path / "other")
    engine.send(Unload())

    def use(folder: Path) -> tuple[int, bool]:
        found = made(engine, fakes.request(folder, tmp_path / "out"))
        return int(of(Notice, found)[0].text.split()[1]), bool(of(Loading, found))

    assert use(counter) == (1, True)
    assert use(counter) == (2, False)
    assert use(other) == (1, True)
    assert use(counter) == (3, False)
    fakes.model_folder(counter, name="Trained further")
    assert use(counter) == (1, True)
    assert use(other) == (2, False)
    engine.send(Keep(0))
    assert use(other) == (3, False)  # the last one stays, whatever is given to those that wait
    assert use(counter) == (1, True)
    assert use(other) == (1, True)
    engine.send(Keep())
    assert use(counter) == (1, True)
    assert use(other) == (2, False)
    engine.send(Unload())
    assert use(counter) == (1, True)


def test_the_plan_is_told_with_what_is_ready_and_the_peak_at_the_end(
    engine: EngineProcess, counter: Path, tmp_path: Path
) -> None:
    other = fakes.model_folder(tmp_path / "other")
    engine.send(Unload())
    for model, ready in ((counter, [counter]), (other, [other, counter]), (counter, [counter, other])):
        found = made(engine, fakes.request(model, tmp_path / "out"))
        (planned,) = of(Planned, found)
        assert planned.plan == Plan()
        assert planned.ready == tuple(str(path.resolve()) for path in ready)
        assert isinstance(found[-1], Done) and found[-1].peak is not None
        assert found[-1].peak.ram.total > 10 * 2**20


def test_a_family_is_prepared_while_nobody_asks_for_anything(counter: Path, home: Path, tmp_path: Path) -> None:
    list_model(home, counter)
    with EngineProcess(fakes.PACKAGE) as engine:
        engine.receive(PATIENCE_S)
        until = time.monotonic() + PATIENCE_S
        while not (home / "prepared").exists() and time.monotonic() < until:
            assert engine.receive(0.05) is None  # nothing to say: this family has no torch to ask about the device
        assert (home / "prepared").exists()
        assert isinstance(made(engine, fakes.request(counter, tmp_path / "out"))[-1], Done)


def test_the_engine_is_light_until_a_family_loads(engine: EngineProcess, counter: Path, tmp_path: Path) -> None:
    made(engine, fakes.request(counter, tmp_path / "out"))
    maps = Path(f"/proc/{engine.pid}/maps")
    if not maps.exists():
        pytest.skip("only Linux tells what a process has loaded")
    assert "libtorch" not in maps.read_text()


def test_what_a_library_prints_stays_out_of_standard_output(counter: Path, tmp_path: Path, home: Path) -> None:
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
        [sys.executable, "-c", code, str(counter), str(tmp_path / "out")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "a library says something" in done.stderr


# ── stops ─────────────────────────────────────────────────────────────────────


def test_cancel_is_heeded_at_the_next_step_and_the_next_job_runs(
    engine: EngineProcess, counter: Path, tmp_path: Path
) -> None:
    job = begin(engine, fakes.request(counter, tmp_path / "out", steps=5000, pause_ms=5))
    asked = 0.0
    last: Event | None = None
    for event in events(engine, job):
        last = event
        if isinstance(event, Progress) and not asked:
            engine.send(Cancel(job))
            asked = time.monotonic()
    assert isinstance(last, Cancelled)
    assert time.monotonic() - asked < 1.0
    assert list((tmp_path / "out").iterdir()) == []
    found = made(engine, fakes.request(counter, tmp_path / "out"))
    assert isinstance(found[-1], Done)
    assert not of(Loading, found)  # still warm


def test_items_finished_before_a_cancel_are_kept(engine: EngineProcess, counter: Path, tmp_path: Path) -> None:
    job = begin(engine, fakes.request(counter, tmp_path / "out", count=50, steps=20))
    outputs = []
    for event in events(engine, job):
        if isinstance(event, Output):
            outputs.append(event)
            engine.send(Cancel(job))
    assert isinstance(event, Cancelled)
    assert 1 <= len(outputs) < 50
    assert len(list((tmp_path / "out").iterdir())) == len(outputs)


def test_a_job_cancelled_before_its_turn_makes_nothing(engine: EngineProcess, counter: Path, tmp_path: Path) -> None:
    job = begin(engine, fakes.request(counter, tmp_path / "one", steps=50, pause_ms=2))
    second = begin(engine, fakes.request(counter, tmp_path / "two"))
    engine.send(Cancel(second))
    assert isinstance(list(events(engine, job))[-1], Done)
    assert list(events(engine, second)) == [Cancelled()]
    assert not (tmp_path / "two").exists()


def test_quit_unwinds_the_job_in_hand_and_ends(fresh: EngineProcess, counter: Path, tmp_path: Path) -> None:
    job = begin(fresh, fakes.request(counter, tmp_path / "out", steps=5000, pause_ms=5))
    while not isinstance(getattr(fresh.receive(PATIENCE_S), "event", None), Progress):
        pass
    fresh.send(Quit())
    assert isinstance(list(events(fresh, job))[-1], Cancelled)
    with pytest.raises(EngineDied) as ended:
        fresh.receive(PATIENCE_S)
    assert ended.value.exit_code == 0


def test_settings_can_be_read_back_from_the_file(engine: EngineProcess, counter: Path, tmp_path: Path) -> None:
    (output,) = of(Output, made(engine, fakes.request(counter, tmp_path / "out", prompt="a prompt")))
    found = read.read_settings(output.path)
    assert found is not None
    assert {name: found[name] for name in output.settings} == dict(output.settings)


def test_what_was_made_is_in_the_library(fresh: EngineProcess, counter: Path, tmp_path: Path, home: Path) -> None:
    outputs = of(Output, made(fresh, fakes.request(counter, tmp_path / "out", prompt="a prompt", count=2)))
    items = Library().items()
    assert {item.path for item in items} == {output.path for output in outputs}
    assert all(item.prompt == "a prompt" and item.seconds > 0 for item in items)


def test_an_output_that_the_library_cannot_take_is_kept_and_told(
    fresh: EngineProcess, counter: Path, tmp_path: Path, home: Path
) -> None:
    (home / "library.sqlite3").mkdir(parents=True)  # no file can be opened there
    found = made(fresh, fakes.request(counter, tmp_path / "out"))
    (output,) = of(Output, found)
    assert Path(output.path).exists()
    assert any("is saved, but could not be added" in notice.text for notice in of(Notice, found))
    assert isinstance(found[-1], Done)
