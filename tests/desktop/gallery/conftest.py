"""A library of nine pictures, and the two places in which they are seen."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.gallery.filmstrip import Filmstrip
from desktop.gallery.room import GalleryRoom
from desktop.gallery.shelf import Shelf
from models.outputs.library import Library
from tests.desktop.gallery.pieces import NOW, record
from tests.desktop.scene import scene


@pytest.fixture(autouse=True)
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bin of this test's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "Trash"


@pytest.fixture
def library(home: Path) -> Library:
    """Nine pictures, the newest first: number 0."""
    (home / "outputs").mkdir(parents=True)
    made = Library()
    for k in reversed(range(9)):
        path = home / "outputs" / f"scene {k}.png"
        scene(96, 64, k).save(str(path))
        made.add(path, "picture", record(k), 0.5, NOW - datetime.timedelta(days=k))
    return made


@pytest.fixture
def shelf(library: Library) -> Iterator[Shelf]:
    made = Shelf(library)
    yield made
    made.finish()


@pytest.fixture
def room(qtbot: QtBot, shelf: Shelf) -> Iterator[GalleryRoom]:
    made = GalleryRoom(shelf)
    qtbot.addWidget(made)
    made.resize(1100, 700)
    with qtbot.waitSignal(made.items.settled):
        made.show()
    yield made
    made.finish()


@pytest.fixture
def film(qtbot: QtBot, shelf: Shelf) -> Iterator[Filmstrip]:
    made = Filmstrip(shelf)
    qtbot.addWidget(made)
    made.resize(1200, made.height())
    made.show()
    qtbot.waitUntil(lambda: made.items.rowCount() > 0 and made.today.text() != "")
    yield made
    made.finish()
