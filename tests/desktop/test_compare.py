"""The room in which one prompt is asked of every model, with a real engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from desktop.app import Everyform
from tests import fakes
from tests.desktop.program import PATIENCE_MS, ended


@pytest.fixture
def two(open_window: Callable[[], Everyform], home: Path, tmp_path: Path, qtbot: QtBot) -> Everyform:
    """The program with two models that read words."""
    folders = {name: fakes.model_folder(tmp_path / name, name=name.title()) for name in ("one", "two")}
    rows = [{"id": name, "path": str(folder), "name": name} for name, folder in folders.items()]
    home.mkdir(parents=True, exist_ok=True)
    (home / "models.json").write_text(json.dumps({"everyform_models": 1, "models": rows}))
    program = open_window()
    qtbot.waitUntil(lambda: program.session.looked, timeout=PATIENCE_MS)
    return program


def test_every_model_answers_in_its_place(two: Everyform, qtbot: QtBot, home: Path) -> None:
    two.window.studio.prompt.set_texts("a red boat")
    two.actions["compare-models"].trigger()
    room = two.window.compare_room
    assert room is not None and two.window.room == "compare"
    assert [cell.model.id for cell in room.grid.cells] == ["one", "two"]
    assert room.go.text() == "Stop"
    jobs = ended(two, qtbot, 2)
    assert {job.state for job in jobs} == {"done"}
    assert {(job.request.prompt, job.request.seed) for job in jobs} == {("a red boat", jobs[0].request.seed)}
    qtbot.waitUntil(lambda: all(cell.path for cell in room.grid.cells), timeout=PATIENCE_MS)
    for cell, job in zip(room.grid.cells, jobs, strict=True):
        assert cell.path == job.outputs[0].path
        assert cell.image.convertToFormat(QImage.Format.Format_RGB32) == QImage(cell.path).convertToFormat(
            QImage.Format.Format_RGB32
        )
        assert " s" in cell.words
    assert room.go.text() == "Compare them"

    # The sheet, and a picture opened from it.
    room.save.click()
    qtbot.waitUntil(lambda: bool(list((home / "outputs").glob("compare-*.png"))), timeout=PATIENCE_MS)
    room.grid.cells[1].setFocus()
    qtbot.keyClick(room.grid.cells[1], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: two.window.studio.canvas.path == jobs[1].outputs[0].path, timeout=PATIENCE_MS)
    assert two.window.room == "picture"


def test_it_can_be_stopped(two: Everyform, qtbot: QtBot) -> None:
    two.window.enter("compare")
    room = two.window.compare_room
    assert room is not None
    room.prompt.setText("a blue house")
    room.go.click()
    room.go.click()
    jobs = ended(two, qtbot, 2)
    assert "cancelled" in {job.state for job in jobs}
    assert not room.working
    assert room.grid.cells[1].words == "stopped"


def test_cells_fill_the_room_and_never_leave_it(two: Everyform, qtbot: QtBot) -> None:
    two.window.enter("compare")
    room = two.window.compare_room
    assert room is not None
    room.begin([model for model in two.session.models for _ in range(4)], 1)
    for width in (900, 1440):
        two.window.resize(width, 720)
        qtbot.waitUntil(lambda: room.grid.width() > room.area.width() - 60, timeout=PATIENCE_MS)
        edges = [cell.geometry() for cell in room.grid.cells]
        assert all(room.grid.rect().contains(edge) for edge in edges)
        assert not any(a.intersects(b) for k, a in enumerate(edges) for b in edges[k + 1 :])
