"""What the gallery's tests are made of: nine pictures, and what is looked at and pressed."""

from __future__ import annotations

import datetime

from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from desktop.gallery.filmstrip import Filmstrip
from desktop.gallery.items import ITEM
from desktop.gallery.room import GalleryRoom
from models.outputs.library import Item

PROMPTS = ("a red sailboat at sunset", "a lighthouse in fog", "a windmill in the snow")
NOW = datetime.datetime.now().astimezone()


def record(k: int) -> dict[str, object]:
    return {"everyform": 1, "model": "scenes", "model_name": "Scenes", "prompt": PROMPTS[k % 3], "seed": 100 + k}


def numbers(room: GalleryRoom | Filmstrip) -> list[int]:
    """The pictures' numbers, in the order that they are shown."""
    rows = range(room.items.rowCount())
    return [room.items.index(row).data(ITEM).seed - 100 for row in rows]


def item_at(room: GalleryRoom | Filmstrip, row: int) -> Item:
    return room.items.index(row).data(ITEM)


def menu_of(room: GalleryRoom) -> QMenu:
    return room.deeds.menu(room.tiles.chosen(), room.tiles.chosen_ids(), room)


def choose(room: GalleryRoom, *rows: int) -> None:
    """Exactly these rows."""
    room.tiles.clearSelection()
    for row in rows:
        flag = QItemSelectionModel.SelectionFlag.Select
        room.tiles.selectionModel().select(room.items.index(row), flag)


def look_for(qtbot: QtBot, room: GalleryRoom, words: str) -> list[int]:
    with qtbot.waitSignal(room.items.settled):
        room.search.setText(words)
    return numbers(room)
