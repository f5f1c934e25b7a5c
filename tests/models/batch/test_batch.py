"""`main.py batch` as a process: rows that fail, a stop, a dry run, and what is refused before anything is made."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from models import commands
from models.batch.ledger import FILE
from models.commands import batch
from models.registry import Registry
from models.store.store import Store
from tests import fakes
from tests.fakes import batch_child
from tests.models.batch import making

pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif(sys.platform == "win32", reason="a group of processes is ended in another way there"),
]


@pytest.fixture
def presets(tmp_path: Path, home: Path) -> list[str]:
    making.models(tmp_path / "models", home)
    return making.five(tmp_path / "presets")


def test_a_row_that_ends_the_engine_is_one_failed_row_and_resumed_alone(presets: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = [presets[0], "--grid", "behave=well,killed,bad input,notice", "--grid", "steps=2,3", "--out", out]
    done = batch_child.run(words)
    assert done.code == 1 and len(done.of("done")) == 4 and len(done.of("failed")) == 4
    end = done.of("end")[0]
    assert (end["done"], len(end["failed"]), end["missing"]) == (4, 4, 0)
    assert sum("was killed" in reason for reason in end["failed"].values()) == 2
    (sheet,) = end["sheets"]
    with Image.open(sheet) as image:
        assert image.width > 4 * 256 and image.height > 2 * 256
    written = json.loads((out / FILE).read_text("utf-8"))
    assert (written["done"], written["failed"], written["missing"]) == (4, 4, 0)
    assert {row["reason"] for row in written["rows"] if row["state"] == "failed"} == set(end["failed"].values())
    again = batch_child.run([*words, "--resume"])
    assert again.code == 1 and len(again.of("begin")) == 4 and not again.of("done")


def in_process(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The command's exit code, without an engine: where nothing is to be made."""
    monkeypatch.setattr(batch, "store", lambda: Store(Registry(fakes.PACKAGE).recognise, "nowhere"))
    return commands.main(["batch", *words])


def test_a_dry_run_makes_nothing_and_bad_input_is_said_before_anything(
    presets: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = [presets[1], "--seeds", "1-3", "--out", str(out)]
    assert in_process([*words, "--dry-run", "--json"], monkeypatch) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in told] == ["row"] * 3 + ["batch"] and not out.exists()
    for wrong, said in (
        (["--grid", "steps=0"], "steps is 0, but must be"),
        (["--prompts", "nowhere.txt"], "There is no file nowhere.txt"),
        (["--name", "fixed"], "gives every file the same name"),
        (["--seeds", "8-1"], "Seeds are numbers"),
        (["--input", "."], "None of these presets starts from a file"),
    ):
        assert in_process([*words, *wrong], monkeypatch) == 2
        assert said in capsys.readouterr().err and not out.exists()
    assert in_process([presets[1], presets[1].replace("Slower", "../presets/Slower"), "--dry-run"], monkeypatch) == 2
    assert "Two of these presets are called Slower" in capsys.readouterr().err
    assert in_process(["Nobody's", "--out", str(out)], monkeypatch) == 2
    assert "There is no preset" in capsys.readouterr().err
    out.mkdir()
    (out / "slower-a-boat-2.png").write_text("mine")
    assert in_process(words, monkeypatch) == 2
    assert "is there already" in capsys.readouterr().err and (out / "slower-a-boat-2.png").read_text() == "mine"
    (out / FILE).write_text("{}")
    assert in_process([*words, "--resume"], monkeypatch) == 2
    assert "no batch that can be resumed" in capsys.readouterr().err


def test_a_stop_ends_it_cleanly(presets: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = [presets[1], "--seeds", "1-3", "--out", out, "--grid", "pause_ms=20", "--json"]
    with subprocess.Popen(
        [*batch_child.FAKE, *map(str, words)], cwd=batch_child.ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if json.loads(line)["event"] == "done":
                os.kill(child.pid, signal.SIGINT)
    assert child.returncode == 130
    written = json.loads((out / FILE).read_text("utf-8"))
    assert written["done"] >= 1 and written["done"] + written["missing"] == 3
