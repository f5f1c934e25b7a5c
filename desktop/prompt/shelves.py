"""The person's folders of lists, tags and styles, opened in the system's file manager."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMenu

from models.prompting import places
from models.protocol import BadInput

# What each is called as a command, and in words.
FOLDERS: tuple[tuple[str, str, Callable[[], Path]], ...] = (
    ("list-folder", "Open the folder of word lists", places.of_lists),
    ("tag-folder", "Open the folder of tag lists", places.of_tags),
    ("style-folder", "Open the folder of styles", places.of_styles),
)


def offer(menu: QMenu, refused: Callable[[str], object]) -> None:
    """Put them at the end of a menu; `refused` hears why one could not be opened."""
    menu.addSeparator()
    for _, words, ready in FOLDERS:
        menu.addAction(words, lambda ready=ready: open_(ready, refused))  # type: ignore[misc]


def open_(ready: Callable[[], Path], refused: Callable[[str], object]) -> None:
    try:
        folder = ready()
    except BadInput as error:
        refused(str(error))
        return
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
        refused(f"Nothing here shows folders: it is {folder}.")
