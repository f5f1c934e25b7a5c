"""`main.py batch` as a process: made whole, killed and resumed, stopped, and with rows that fail."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest
from PIL import Image

from models.batch.ledger import FILE
from models.outputs import read
from models.outputs.library import Library
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


def test_killed_twice_it_is_made_whole_and_the_same(presets: list[str], tmp_path: Path, home: Path) -> None:
    words = [presets[0], presets[2], presets[4], "--seeds", "1-4"]
    plain = batch_child.run([*words, "--out", tmp_path / "plain"])
    assert plain.code == 0 and len(plain.of("done")) == 12
    runs = batch_child.killed([*words, "--out", tmp_path / "killed"], 12, 2)
    assert runs[-1].code == 0 and runs[-1].of("end")[0]["done"] == 12
    assert batch_child.sums(tmp_path / "killed") == batch_child.sums(tmp_path / "plain")
    rows = [line["row"] for one in runs for line in one.of("done")]
    assert len(rows) == len(set(rows)) and 10 <= len(rows) <= 12  # one that was whole when it was killed is not said
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == sorted(
        [FILE, *(f"{name}-a-boat-{n}.{end}" for name, end in (("plain", "png"), ("small", "jpg"), ("enlarged", "png"))
                 for n in range(1, 5))]
    )  # fmt: skip
    listed = [item.path for item in Library().items(limit=100)]
    assert sorted(listed) == sorted(str(tmp_path / one / name) for one in ("plain", "killed") for name in
                                    batch_child.sums(tmp_path / "plain"))  # fmt: skip
    made = tmp_path / "plain" / "enlarged-a-boat-1.png"
    found = read.read_settings(made)
    assert Image.open(made).size == (64, 64)
    assert found is not None and found["prompt"] == "a boat" and found["facts"] == {"enlarged by": "The larger"}


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
    assert batch_child.run(words).code == 2, "without --resume nothing there is touched"


def test_a_stop_ends_it_cleanly_and_a_dry_run_makes_nothing(presets: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = [presets[1], "--seeds", "1-3", "--out", out]
    dry = batch_child.run([*words, "--dry-run"])
    assert dry.code == 0 and len(dry.of("row")) == 3 and not out.exists()
    import os
    import subprocess

    child = subprocess.Popen([*batch_child.FAKE, *map(str, words), "--grid", "pause_ms=20", "--json"],
                             cwd=batch_child.ROOT, stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert child.stdout is not None
    for line in child.stdout:
        if json.loads(line)["event"] == "done":
            os.kill(child.pid, signal.SIGINT)
    assert child.wait() == 130
    written = json.loads((out / FILE).read_text("utf-8"))
    assert written["done"] >= 1 and written["done"] + written["missing"] == 3
