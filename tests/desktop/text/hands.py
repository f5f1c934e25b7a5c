"""What a hand does on the page: a story written on it, a part marked, the cursor put somewhere."""

from __future__ import annotations

from PySide6.QtGui import QTextCursor

from desktop.text import place
from desktop.text.work import TextWork
from tests.desktop.text.conftest import write
from tests.desktop.text.story import OPENING, STORY, tokens

MIDDLE = "“Stay until the morning,” said Mira, because the storm had not yet reached the bay."


def told(work: TextWork) -> None:
    """A story on the page: the opening the person's, the rest the model's."""
    work.sheet.page.put(OPENING)
    wanted = work.wanted()
    assert wanted is not None
    write(work, wanted, tokens(STORY))


def mark(work: TextWork, text: str) -> None:
    whole = work.sheet.page.text()
    start = place.units(whole[: whole.index(text)])
    cursor = work.sheet.page.textCursor()
    cursor.setPosition(start)
    cursor.setPosition(start + place.units(text), QTextCursor.MoveMode.KeepAnchor)
    work.sheet.page.setTextCursor(cursor)


def stand(work: TextWork, before: str) -> None:
    cursor = work.sheet.page.textCursor()
    cursor.setPosition(place.units(work.sheet.page.text().split(before)[0]))
    work.sheet.page.setTextCursor(cursor)
