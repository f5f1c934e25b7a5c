"""The window's part of the selftest: it tells the paint, the engine and what each starter makes, and closes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from desktop.app import Everyform
from desktop.selftest import Trial
from models.selftest.row import Row, Rows
from tests.desktop.program import PATIENCE_MS


def tried(program: Everyform, qtbot: QtBot, place: Path) -> list[Row]:
    """All the rows, once the window has closed by itself."""
    rows = Rows(place / "rows")
    Trial(program, rows, place, "").painted()
    qtbot.waitUntil(lambda: not program.window.isVisible(), timeout=PATIENCE_MS)
    return list(rows.new())


def starters(program: Everyform, **changed: str) -> None:
    program.session.models = tuple(replace(model, starter=True, **changed) for model in program.session.models)


def test_each_starter_makes_something(program: Everyform, qtbot: QtBot, tmp_path: Path) -> None:
    starters(program)
    rows = tried(program, qtbot, tmp_path)
    assert [(row.part, row.name) for row in rows] == [
        ("window", "first paint"), ("window", "sound"), ("window", "engine"), ("starter", "counter")
    ]  # fmt: skip
    assert rows[-1].made.startswith("picture ") and rows[-1].seconds > 0
    assert not any(row.problem for row in rows if row.name != "sound")


def test_one_that_is_not_whole_is_a_row_that_says_so(program: Everyform, qtbot: QtBot, tmp_path: Path) -> None:
    starters(program, missing="its decoder is not there")
    row = tried(program, qtbot, tmp_path)[-1]
    assert (row.name, row.made, row.problem) == ("counter", "", "its decoder is not there")


def test_one_that_cannot_be_read_is_a_row_that_says_so(program: Everyform, qtbot: QtBot, tmp_path: Path) -> None:
    starters(program, path=str(tmp_path / "gone"))
    row = tried(program, qtbot, tmp_path)[-1]
    assert row.name == "counter" and not row.made and "gone" in row.problem


def test_without_starters_it_does_not_pass(program: Everyform, qtbot: QtBot, tmp_path: Path) -> None:
    row = tried(program, qtbot, tmp_path)[-1]
    assert (row.part, row.made, row.problem) == ("starter", "", "No starter is here.")


def test_a_window_that_is_closed_meanwhile_does_not_pass(program: Everyform, qtbot: QtBot, tmp_path: Path) -> None:
    rows = Rows(tmp_path / "rows")
    trial = Trial(program, rows, tmp_path, "")
    program.window.close()
    qtbot.waitUntil(lambda: not program.window.isVisible(), timeout=PATIENCE_MS)
    assert [row.name for row in rows.new() if row.problem] == ["closed"] and trial is not None


def test_an_engine_that_cannot_start_is_a_row_that_says_so(program: Everyform, qtbot: QtBot, tmp_path: Path) -> None:
    rows = Rows(tmp_path / "rows")
    program.session.looked = False
    trial = Trial(program, rows, tmp_path, "")
    trial.painted()
    program.worker.engine_gave_up.emit("The engine could not start.")
    qtbot.waitUntil(lambda: not program.window.isVisible(), timeout=PATIENCE_MS)
    assert [row.problem for row in rows.new() if row.problem and row.name != "sound"] == ["The engine could not start."]
