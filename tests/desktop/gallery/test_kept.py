"""Stars, boards and folders, and the grid that is walked through to give them."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from desktop.gallery.room import GalleryRoom
from desktop.gallery.shelf import Shelf
from desktop.window import SMALLEST
from models.outputs.library import Library
from tests.desktop.gallery.pieces import choose, look_for, menu_of, numbers
from tests.desktop.program import PATIENCE_MS
from tests.models.outputs import foreign_files


def test_the_grid_is_walked_through_with_keys_and_the_pointer(qtbot: QtBot, room: GalleryRoom) -> None:
    tiles = room.tiles
    ways = tiles.columns
    assert 3 <= ways < 9
    tiles.setCurrentIndex(room.items.index(0))
    tiles.setFocus()
    for key, row in (
        (Qt.Key.Key_Right, 1), (Qt.Key.Key_Down, 1 + ways), (Qt.Key.Key_Left, ways), (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_Up, 0), (Qt.Key.Key_End, 8), (Qt.Key.Key_Right, 8), (Qt.Key.Key_Home, 0),
    ):  # fmt: skip
        qtbot.keyClick(tiles, key)
        assert tiles.currentIndex().row() == row, key
    at = tiles.visualRect(room.items.index(2)).center()
    qtbot.mouseClick(tiles.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert list(tiles.chosen_rows()) == [2]
    at = tiles.visualRect(room.items.index(ways)).center()
    qtbot.mouseClick(tiles.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, at)
    assert list(tiles.chosen_rows()) == list(range(2, ways + 1))
    at = tiles.visualRect(room.items.index(0)).center()
    qtbot.mouseClick(tiles.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, at)
    assert list(tiles.chosen_rows()) == [0, *range(2, ways + 1)]
    assert not tiles.indexAt(QPoint(tiles.viewport().width() - 1, tiles.viewport().height() - 1)).isValid()


def test_stars_and_boards_are_given_shown_and_asked_for(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, library: Library
) -> None:
    choose(room, 1, 4)
    with qtbot.waitSignal(shelf.altered):
        qtbot.keyClick(room.tiles, Qt.Key.Key_4)
    assert [item.rating for item in room.tiles.chosen()] == [4, 4] and room.details.stars.count == 4
    room.deeds.ask_board = lambda: 'Light "and" sea'
    board = next(a for a in menu_of(room).actions() if a.text() == "Board").menu()
    with qtbot.waitSignal(shelf.altered):
        board.actions()[-1].trigger()  # New board…
    assert library.boards() == (("Light and sea", 2),)
    qtbot.waitUntil(lambda: room.filters.boards == ("Light and sea",))
    choose(room, 4)
    action = next(a for a in menu_of(room).actions() if a.text() == "Board").menu().actions()[0]
    assert action.text() == "Light and sea" and action.isChecked()
    with qtbot.waitSignal(shelf.altered):
        action.trigger()
    with qtbot.waitSignal(room.items.settled):
        next(a for a in room.filters.board.menu_().actions() if a.text() == "Light and sea").trigger()
    assert room.search.text() == 'board:"Light and sea"' and numbers(room) == [1]
    assert room.filters.board.text() == "Light and sea"
    with qtbot.waitSignal(room.items.settled):
        room.filters.asked.emit("board", "")
    with qtbot.waitSignal(room.items.settled):
        next(a for a in room.filters.stars.menu_().actions() if a.text() == "4 stars and more").trigger()
    assert room.search.text() == "rating:>=4" and numbers(room) == [1, 4]
    assert look_for(qtbot, room, "rating:lots fog") == [1, 4, 7]
    assert "rating wants a number" in room.problem.text()
    room.resize(SMALLEST[0], SMALLEST[1] - 60)
    assert room.minimumSizeHint().width() <= SMALLEST[0]


def test_folders_are_looked_through_again_and_added(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, library: Library, tmp_path: Path
) -> None:
    (tmp_path / "ComfyUI").mkdir()
    foreign_files.png(prompt=json.dumps(foreign_files.COMFYUI))(tmp_path / "ComfyUI" / "one.png")
    for path in (item.path for item in library.items()):  # they hold no settings, so that they are not found again
        Path(path).unlink()
    with qtbot.waitSignal(shelf.changed, timeout=PATIENCE_MS):
        shelf.link(str(tmp_path / "ComfyUI"))
    qtbot.waitUntil(lambda: room.items.total == 1 and room.items.at(0) is not None, timeout=PATIENCE_MS)
    choose(room, 0)
    shown = {name: label.text() for name, label in room.details._facts.items()}
    assert shown["From"] == "ComfyUI" and "lora: ink 0.8" in shown["Not known"] and shown["Model"] == "juggernaut"
    with qtbot.waitSignal(room.deeds.restore_requested) as said:
        qtbot.mouseClick(room.details.use, Qt.MouseButton.LeftButton)
    assert said.args[0]["settings"]["steps"] == 28
    menu = room.folders_menu([str(tmp_path / "ComfyUI")])
    with qtbot.waitSignal(shelf.changed, timeout=PATIENCE_MS):
        menu.actions()[-1].trigger()
    qtbot.waitUntil(lambda: room.items.total == 0, timeout=PATIENCE_MS)
    assert room.folders.isEnabled() and (tmp_path / "ComfyUI" / "one.png").is_file()
