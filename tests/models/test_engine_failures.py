"""What cannot be made ends in one sentence, and the engine goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.engine_process import EngineProcess
from models.protocol import Done, Failed, Notice
from tests import fakes
from tests.fakes.talk import made, of


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
    engine: EngineProcess, counter: Path, tmp_path: Path, settings: dict, words: str, bad_input: bool
) -> None:
    last = made(engine, fakes.request(counter, tmp_path / "out", **settings))[-1]
    assert isinstance(last, Failed)
    assert words in last.reason
    assert last.bad_input is bad_input
    assert "\n" not in last.reason
    assert "Traceback" not in last.reason
    assert isinstance(made(engine, fakes.request(counter, tmp_path / "out"))[-1], Done)


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
    engine: EngineProcess, counter: Path, tmp_path: Path, change: dict, words: str
) -> None:
    (last,) = made(engine, replace(fakes.request(counter, tmp_path / "out"), **change))
    assert isinstance(last, Failed)
    assert last.bad_input
    assert words in last.reason


def test_memory_that_runs_out_twice_was_tried_on_a_lower_plan(
    engine: EngineProcess, counter: Path, tmp_path: Path
) -> None:
    found = made(engine, fakes.request(counter, tmp_path / "out", behave="memory"))
    notices = [notice.text for notice in of(Notice, found)]
    assert len([text for text in notices if text.startswith("There was not enough memory, so it is tried once")]) == 1
    assert isinstance(found[-1], Failed)


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
    engine: EngineProcess, counter: Path, tmp_path: Path
) -> None:
    (tmp_path / "a file").write_text("mine", encoding="utf-8")
    (last,) = made(engine, fakes.request(counter, tmp_path / "a file" / "out"))
    assert isinstance(last, Failed)
    assert last.bad_input
    assert "choose a folder" in last.reason
    assert (tmp_path / "a file").read_text(encoding="utf-8") == "mine"


def test_a_full_disk_fails_with_a_sentence_and_leaves_nothing_behind(
    engine: EngineProcess, counter: Path, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux limits another process")
    out = tmp_path / "out"
    no_limit = resource.prlimit(engine.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (1000, no_limit[1]))  # to write more fails as a full disk does
    (last,) = made(engine, fakes.request(counter, out))
    assert isinstance(last, Failed)
    assert last.bad_input
    assert "no room left" in last.reason
    assert list(out.iterdir()) == []
    resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, no_limit)
    assert isinstance(made(engine, fakes.request(counter, out))[-1], Done)


def test_details_of_a_fault_are_in_the_log(engine: EngineProcess, counter: Path, tmp_path: Path, house: Path) -> None:
    made(engine, fakes.request(counter, tmp_path / "out", behave="fault"))
    log = (house / "engine.log").read_text(encoding="utf-8")
    assert "RuntimeError: the shapes do not fit" in log
    assert "steps.py" in log
