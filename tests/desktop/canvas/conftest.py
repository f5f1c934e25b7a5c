"""A canvas on a screen, and pictures to put on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.canvas.canvas import PictureCanvas
from tests.desktop.scene import scene

NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[PictureCanvas]:
    made = PictureCanvas()
    qtbot.addWidget(made)
    made.resize(880, 520)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.finish()


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    """Two scenes of 256 × 192, and one of another shape."""
    paths = []
    for k, (width, height) in enumerate(((256, 192), (256, 192), (120, 240))):
        path = tmp_path / f"scene {k}.png"
        scene(width, height, k).save(str(path))
        paths.append(str(path))
    return paths
