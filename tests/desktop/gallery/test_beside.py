"""Two to four pieces of finished work side by side, of every medium."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QWheelEvent
from pytestqt.qtbot import QtBot

from desktop.gallery.room import GalleryRoom
from desktop.gallery.shelf import Shelf
from models.outputs import write
from models.outputs.library import Library
from models.outputs.media import Picture, Sound, Text, Video
from models.protocol import Output, Request
from tests.desktop.gallery.pieces import choose
from tests.desktop.program import PATIENCE_MS


def test_two_to_four_are_compared_and_zoomed_together(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, library: Library
) -> None:
    choose(room, 0)
    assert not room.details.compare.isVisible()
    choose(room, 0, 1, 2)
    with qtbot.waitSignal(room.deeds.compare_requested):
        qtbot.mouseClick(room.details.compare, Qt.MouseButton.LeftButton)
    beside = room.beside
    assert beside.isVisible() and [cell.item.seed for cell in beside.cells] == [100, 101, 102]
    assert "model" in beside.alike.text() and "seed 101" in beside.cells[1].words.text()
    first, last = (cell.shown for cell in (beside.cells[0], beside.cells[-1]))
    qtbot.waitUntil(lambda: not first.image.isNull() and not last.image.isNull())  # type: ignore[attr-defined]
    at = first.rect().center().toPointF()
    turn = QWheelEvent(
        at, first.mapToGlobal(at), QPoint(), QPoint(0, 360), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    first.wheelEvent(turn)
    assert first.view == last.view and last.view[0] > 1.5  # type: ignore[attr-defined]
    assert not last.grab().isNull()
    with qtbot.waitSignal(shelf.altered):
        beside.cells[1].stars.chosen.emit(5)
    assert beside.cells[1].stars.count == 5 and library.count("rating:5") == 1
    qtbot.keyClick(beside, Qt.Key.Key_Escape)
    assert room.tiles.isVisible() and not beside.cells


def test_media_of_each_kind_are_compared(qtbot: QtBot, room: GalleryRoom, shelf: Shelf, home: Path) -> None:
    media = (
        Sound(np.sin(np.arange(8000) / 9).astype(np.float32), 8000),
        Video(np.full((3, 32, 32, 3), 90, np.uint8), 8.0),
        Text("Once upon a time."),
        Picture(Image.new("RGB", (20, 20))),
    )
    for medium in media:
        asked = Request("m", "/m", "a", "t", f"a {medium.medium}", seed=7)
        path, made = write.save(medium, asked, "M", home / "outputs")
        with qtbot.waitSignal(shelf.came):
            shelf.note(Output(str(path), medium.medium, 1.0, made))
    choose(room, 0, 1, 2, 3)
    room.deeds.compare_requested.emit(room.tiles.chosen())
    shown = {cell.item.medium: cell.shown for cell in room.beside.cells}
    assert set(shown) == {"picture", "sound", "video", "text"}
    qtbot.waitUntil(lambda: shown["text"].page.toPlainText() == "Once upon a time.", timeout=PATIENCE_MS)
    qtbot.waitUntil(shown["sound"].play.isEnabled, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: shown["video"].player.facts is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: isinstance(shown["picture"].image, QImage) and not shown["picture"].image.isNull())
    assert not room.grab().isNull()
    room.beside.closed.emit()
    assert not room.beside.cells and room.tiles.isVisible()
