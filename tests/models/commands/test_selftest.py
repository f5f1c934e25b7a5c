"""The selftest over its two processes: what they say is told as they say it, and how they end."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from models import commands, folders
from models.registry import Registry
from models.selftest import miniatures
from models.selftest.row import Row, Rows
from tests import fakes

# In the place of the program: says what the test has written down for that part, and ends as it is told.
_SAYS = """
import json, sys
part, path = sys.argv[2].removeprefix("--"), sys.argv[3]
said, code = json.loads(open({script!r}, encoding="utf-8").read())[part]
with open(path, "a", encoding="utf-8") as file:
    file.writelines(json.dumps(row) + "\\n" for row in said)
sys.exit(code)
"""


def plays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, window: tuple, miniatures: tuple) -> None:
    script, words = tmp_path / "program.py", tmp_path / "said.json"
    words.write_text(json.dumps({"window": window, "miniatures": miniatures}), "utf-8")
    script.write_text(_SAYS.format(script=str(words)), "utf-8")
    monkeypatch.setattr("models.program.command", lambda: [sys.executable, str(script)])


def row(part: str, name: str, made: str = "", problem: str = "") -> dict[str, object]:
    return {"part": part, "name": name, "seconds": 1.25, "made": made, "problem": problem}


def test_all_that_works_is_a_table(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    window = ([row("window", "first paint", "painted"), row("starter", "scenes", "picture 8 × 8")], 0)
    plays(monkeypatch, tmp_path, window, ([row("miniature", "glow", "picture 4 × 4")], 0))
    report = tmp_path / "report.txt"
    for name in ("selftest-999999999-killed", f"selftest-{os.getpid()}-at-work"):
        (home / name / "made").mkdir(parents=True)
    assert commands.main(["selftest", "--report", str(report)]) == commands.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [
        "window     first paint     1.2 s  painted",
        "starter    scenes          1.2 s  picture 8 × 8",
        "miniature  glow            1.2 s  picture 4 × 4",
        "3 of 3 work.",
    ]
    assert report.read_text("utf-8").splitlines() == lines
    assert [left.name for left in folders.data().iterdir()] == [f"selftest-{os.getpid()}-at-work"]  # another's


def test_what_fails_and_a_process_that_dies_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = [row("starter", "scenes", problem="It is of one colour."), row("starter", "sketch", "picture 8 × 8")]
    plays(monkeypatch, tmp_path, (broken, 0), ([], 3))
    assert commands.main(["selftest", "--json"]) == commands.FAILED
    told = json.loads(capsys.readouterr().out)["rows"]
    assert [(one["name"], one["problem"]) for one in told] == [
        ("scenes", "It is of one colour."), ("sketch", ""), ("end", "The process ended with exit code 3.")
    ]  # fmt: skip


def test_a_row_is_read_once_and_whole(tmp_path: Path) -> None:
    rows = Rows(tmp_path / "rows")
    assert list(rows.new()) == []
    rows.add(Row("starter", "scenes", 2.0, "picture"))
    with rows.path.open("a", encoding="utf-8") as file:
        file.write('{"part": "half')
    assert [one.name for one in rows.new()] == ["scenes"]
    assert list(rows.new()) == []


def test_a_miniature_of_every_family_is_made_or_says_why_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(miniatures, "Registry", lambda: Registry(fakes.PACKAGE))
    rows = {one.name: one for one in miniatures.rows(tmp_path)}
    assert rows["fake-steps"].made.startswith("picture ")
    assert "broken" in rows["families"].problem and not rows["families"].made


def test_a_program_without_families_does_not_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(miniatures, "Registry", lambda: Registry("models.selftest"))
    assert [one.problem for one in miniatures.rows(tmp_path)] == ["No family is here."]
