"""The page's own type: Source Serif, shipped beside the program's type and read when a page is first made."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QFont, QFontDatabase

from desktop import measures
from models import folders

TEXT = 17.0  # px: it is read, and not looked at


def page_font() -> QFont:
    """It; the program's own type where its files are missing."""
    made = measures.font(TEXT)
    if family := _family():
        made.setFamily(family)
    return made


@cache
def _family() -> str:
    found = ""
    for file in sorted((folders.resources() / "fonts" / "serif").glob("*.ttf")):
        names = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(file)))
        found = found or next(iter(names), "")
    return found
