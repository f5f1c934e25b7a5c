"""`main.py batch` as a process that is killed with its engine, and run again with --resume."""

from __future__ import annotations

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


def test_killed_twice_it_is_made_whole_and_the_same(tmp_path: Path, home: Path) -> None:
    making.models(tmp_path / "models", home)
    presets = making.five(tmp_path / "presets")
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
