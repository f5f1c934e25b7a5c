"""The whole program, with a real engine and a model of the fake family; no process may outlive a test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from desktop.app import Everyform
from tests import fakes
from tests.desktop.program import PATIENCE_MS


@pytest.fixture
def model(home: Path, tmp_path: Path) -> Path:
    """A model of the fake family, on the list of those added."""
    folder = fakes.model_folder(tmp_path / "counter", name="Counter")
    home.mkdir(parents=True, exist_ok=True)
    (home / "models.json").write_text(
        json.dumps({"everyform_models": 1, "models": [{"id": "counter", "path": str(folder), "name": "Counter"}]})
    )
    return folder


@pytest.fixture
def open_window(qtbot: QtBot, home: Path) -> Iterator[Callable[[], Everyform]]:
    """Opens the program, as often as wanted; afterwards no process may be left."""
    before = set(psutil.Process().children(recursive=True))
    opened: list[Everyform] = []

    def open_one() -> Everyform:
        program = Everyform(fakes.PACKAGE)
        program.window.resize(1440, 900)
        qtbot.addWidget(program.window)
        program.show()
        opened.append(program)
        return program

    yield open_one
    for program in opened:
        program.window.close()
    assert set(psutil.Process().children(recursive=True)) == before


@pytest.fixture
def program(open_window: Callable[[], Everyform], model: Path, qtbot: QtBot) -> Everyform:
    program = open_window()
    qtbot.waitUntil(lambda: program.session.model is not None and program.session.looked, timeout=PATIENCE_MS)
    return program
