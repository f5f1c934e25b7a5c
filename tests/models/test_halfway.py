"""The file of an unfinished item: what it says of itself, whose it is, and when the engine removes it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from models import halfway
from models.engine_process import EngineProcess
from models.planning.plan import Plan
from models.protocol import Cancel, Preview, Quit, Report, Run
from tests import fakes
from tests.fakes.talk import LAST

PLAN = Plan()


def head_alone(path: Path, **told: str) -> Path:
    """A file with nothing but what it says of itself."""
    text = json.dumps({"__metadata__": {"everyform_steps": halfway.FORM, **told}}).encode()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    return path


def until(engine: EngineProcess, *kinds: type) -> None:
    """Until the engine says one of these."""
    while not (isinstance(message := engine.receive(), Report) and isinstance(message.event, kinds)):
        pass


@pytest.mark.parametrize("ends", ["made", "stopped", "closed"])
def test_it_is_removed_when_the_job_ends_and_stays_where_the_window_closes(
    ends: str, fresh: EngineProcess, counter: Path, tmp_path: Path
) -> None:
    kept = head_alone(tmp_path / "7.safetensors", step="3", total="9")
    steps = {"made": 3, "stopped": 5000, "closed": 5000}[ends]
    fresh.send(Run(1, fakes.request(counter, tmp_path / "out", steps=steps), halfway=str(kept)))
    if ends != "made":
        until(fresh, Preview)
        fresh.send(Cancel(1) if ends == "stopped" else Quit())
    until(fresh, *LAST)
    assert kept.exists() is (ends == "closed")


def test_its_mark_is_of_all_that_the_bytes_depend_on_and_of_nothing_else(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"one")
    request = replace(fakes.request(tmp_path, tmp_path, steps=4), inputs={"picture": str(picture)})

    def mark(asked=request, plan=PLAN, model="m", around=()):
        return halfway.mark(asked, model, plan, around)

    same = mark()
    assert mark(replace(request, out="/elsewhere", format="jpeg", score=True)) == same
    assert mark(plan=Plan(reasons=("It is small.",))) == same
    others = [
        mark(replace(request, seed=2)), mark(replace(request, prompt="fog")), mark(model="another"),
        mark(replace(request, settings={"steps": 5})), mark(plan=Plan(dtype="bfloat16")), mark(around=(str(picture),)),
    ]  # fmt: skip
    picture.write_bytes(b"another one")
    others.append(mark())
    assert len({same, *others}) == len(others) + 1


def test_only_the_files_of_jobs_that_are_not_made_stay(tmp_path: Path) -> None:
    head_alone(halfway.place(tmp_path, 5), step="3", total="9")
    head_alone(halfway.place(tmp_path, 6), step="4", total="9")
    head_alone(halfway.place(tmp_path, 7), step="many", total="9")
    halfway.place(tmp_path, 8).write_bytes(b"\xff" * 40)
    halfway.place(tmp_path, 9).write_bytes(b"")
    (halfway.folder(tmp_path) / "note.txt").write_text("somebody's own")
    assert halfway.sweep(tmp_path, {5, 7, 8, 9, 10}) == {5: (3, 9)}
    assert sorted(path.name for path in halfway.folder(tmp_path).iterdir()) == ["5.safetensors", "note.txt"]
    assert halfway.sweep(tmp_path / "nowhere", {5}) == {}
