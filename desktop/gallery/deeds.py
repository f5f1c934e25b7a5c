"""What can be done with something that was made; the filmstrip and the gallery offer the same."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from desktop.gallery.shelf import Shelf

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


class Deeds(QObject):
    """The window reacts to the signals; favourites, bin and folder need nobody."""

    opened = Signal(object)  # Item: show it in its room
    restore_requested = Signal(dict)  # the settings record
    make_again = Signal(dict)
    start_picture_requested = Signal(str)

    def __init__(self, shelf: Shelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shelf = shelf

    def restore(self, item: Item) -> None:
        self.restore_requested.emit(dict(item.settings))

    def again(self, item: Item) -> None:
        self.make_again.emit(dict(item.settings))

    def start_from(self, item: Item) -> None:
        self.start_picture_requested.emit(item.path)

    def menu(self, items: Sequence[Item], parent: QWidget) -> QMenu:
        """The menu for these; with several chosen, only what makes sense for several."""
        menu = QMenu(parent)
        if len(items) == 1:
            item = items[0]
            menu.addAction(OPEN[item.medium], lambda: self.opened.emit(item))
            menu.addSeparator()
            menu.addAction("Use its settings", lambda: self.restore(item))
            menu.addAction("Make again", lambda: self.again(item))
            menu.addAction(START[item.medium], lambda: self.start_from(item))
            menu.addSeparator()
            menu.addAction("Show in folder", lambda: show_in_folder(item.path))
        kept = all(item.favourite for item in items)
        words = "No longer a favourite" if kept else "Keep as a favourite"
        menu.addAction(words, lambda: self.shelf.set_favourite(items, not kept))
        menu.addSeparator()
        to_bin = menu.addAction("Move to the bin", lambda: self.shelf.move_to_bin(items))
        to_bin.setShortcut(QKeySequence.StandardKey.Delete)
        return menu


def show_in_folder(path: str) -> None:
    """The file in the system's file manager: chosen there where the system can, its folder otherwise."""
    if sys.platform == "win32":
        QProcess.startDetached("explorer", ["/select,", str(Path(path))])
    elif sys.platform == "darwin":
        QProcess.startDetached("open", ["-R", path])
    else:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))
