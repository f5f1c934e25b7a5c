"""What can be done with something that was made; the filmstrip and the gallery offer the same."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeySequence
from PySide6.QtWidgets import QApplication, QInputDialog, QMenu, QWidget

from desktop.gallery.shelf import Shelf
from models.outputs import sheets

if TYPE_CHECKING:
    from models.outputs.library import Item

OPEN = {
    "picture": "Open on the canvas",
    "sound": "Open in the sound room",
    "video": "Open in the video room",
    "text": "Open in the text room",
}
START = {
    "picture": "Use as start picture",
    "sound": "Start from this sound",
    "video": "Start from this video",
    "text": "Start from this text",
}


# Where else a file can be sent: the words, and the task that some model must have for it.
SEND = {
    "picture": (("The first frame of a video", "picture-to-video"), ("Make it larger", "upscale")),
    "sound": (),
    "video": (),
    "text": (),
}
COMPARED = (2, 4)  # how many can be seen side by side


class Deeds(QObject):
    """The window reacts to the signals; favourites, stars, boards, bin and folder need nobody."""

    opened = Signal(object)  # Item: show it in its room
    restore_requested = Signal(dict)  # the settings record
    make_again = Signal(dict)
    make_more = Signal(dict)  # like it, from other seeds
    start_picture_requested = Signal(str)
    send_requested = Signal(object, str)  # Item, and the task that it is to be the start of
    compare_requested = Signal(list)  # Items

    def __init__(self, shelf: Shelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shelf = shelf
        self.ask_board: Callable[[], str] = _ask_board

    def restore(self, item: Item) -> None:
        self.restore_requested.emit(dict(item.settings))

    def again(self, item: Item) -> None:
        self.make_again.emit(dict(item.settings))

    def more(self, item: Item) -> None:
        self.make_more.emit(dict(item.settings))

    def start_from(self, item: Item) -> None:
        self.start_picture_requested.emit(item.path)

    def menu(self, items: Sequence[Item], ids: Sequence[int], parent: QWidget) -> QMenu:
        """The menu for what is chosen: `ids` are all of it, `items` those that are known; with several chosen, only
        what makes sense for several."""
        menu = QMenu(parent)
        if len(ids) == 1:
            self._of_one(menu, items[0])
        elif COMPARED[0] <= len(ids) <= COMPARED[1] and len(items) == len(ids):
            menu.addAction("Compare side by side", lambda: self.compare_requested.emit(list(items)))
            menu.addSeparator()
        kept = all(item.favourite for item in items)
        words = "No longer a favourite" if kept else "Keep as a favourite"
        menu.addAction(words, lambda: self.shelf.set_favourite(ids, not kept))
        self._stars(menu.addMenu("Stars"), items, ids)
        self._boards(menu.addMenu("Board"), items, ids)
        menu.addSeparator()
        to_bin = menu.addAction("Move to the bin", lambda: self.shelf.move_to_bin(ids))
        to_bin.setShortcut(QKeySequence.StandardKey.Delete)
        return menu

    def _of_one(self, menu: QMenu, item: Item) -> None:
        menu.addAction(OPEN[item.medium], lambda: self.opened.emit(item))
        menu.addSeparator()
        if not sheets.is_sheet(item.settings):
            menu.addAction("Use its settings", lambda: self.restore(item))
            menu.addAction("Make again", lambda: self.again(item))
            menu.addAction("Make more like this", lambda: self.more(item))
            menu.addSeparator()
        menu.addAction(START[item.medium], lambda: self.start_from(item))
        for words, task in SEND[item.medium]:
            menu.addAction(words, lambda task=task: self.send_requested.emit(item, task))  # type: ignore[misc]
        menu.addSeparator()
        menu.addAction("Show in folder", lambda: show_in_folder(item.path))

    def _stars(self, menu: QMenu, items: Sequence[Item], ids: Sequence[int]) -> None:
        now = {item.rating for item in items}
        for stars in (*range(5, 0, -1), 0):
            rate = lambda stars=stars: self.shelf.set_rating(ids, stars)  # type: ignore[misc]  # noqa: E731
            action = menu.addAction(star_words(stars), rate)
            action.setCheckable(True)
            action.setChecked(now == {stars})
            action.setShortcut(QKeySequence(str(stars)))

    def _boards(self, menu: QMenu, items: Sequence[Item], ids: Sequence[int]) -> None:
        there = set.intersection(*(set(item.boards) for item in items)) if items else set()
        for board in self.shelf.boards:
            change = self.shelf.take_off_board if board in there else self.shelf.put_on_board
            put = lambda board=board, change=change: change(ids, board)  # type: ignore[misc]  # noqa: E731
            action = menu.addAction(board.replace("&", "&&"), put)
            action.setCheckable(True)
            action.setChecked(board in there)
        if self.shelf.boards:
            menu.addSeparator()
        menu.addAction("New board…", lambda: self.shelf.put_on_board(ids, self.ask_board()))


def star_words(stars: int) -> str:
    return {0: "No stars", 1: "1 star"}.get(stars, f"{stars} stars")


def _ask_board() -> str:
    """The name of a new board; "" where none was given."""
    over = QApplication.activeWindow()
    name, given = QInputDialog.getText(over, "New board", "What is it called?")  # type: ignore[arg-type]
    return name if given else ""


def show_in_folder(path: str) -> None:
    """The file in the system's file manager: chosen there where the system can, its folder otherwise."""
    if sys.platform == "win32":
        QProcess.startDetached("explorer", ["/select,", str(Path(path))])
    elif sys.platform == "darwin":
        QProcess.startDetached("open", ["-R", path])
    else:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))
