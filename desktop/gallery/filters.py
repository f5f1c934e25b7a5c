"""The row under the search: what can be asked for without knowing how it is typed. Each choice is typed for one."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from desktop import measures
from desktop.controls import paint_chevron, plain_tip, set_role
from desktop.gallery.deeds import star_words
from models.outputs import query

# A choice: what stands in the menu, and what is asked of the name; "" asks for everything.
Choices = Sequence[tuple[str, str]]
_MEDIA: Choices = (
    ("All media", ""), ("Pictures", "picture"), ("Sounds", "sound"), ("Videos", "video"), ("Texts", "text"),
)  # fmt: skip
_STARS: Choices = (
    ("Any stars", ""), *((f"{star_words(k)} and more", f">={k}") for k in range(1, 5)), ("5 stars", "5"),
    ("No stars", "0"),
)  # fmt: skip
_NARROWEST = 56  # px, in a window that has no more to give
_NAME = 18  # characters of a model's or a board's name
_MOST = 30  # models in the menu: more are found by typing


class Chip(QPushButton):
    """One name that can be asked for: its menu has the choices, its words the one that holds."""

    asked = Signal(str, str)  # the name, and what is asked of it

    def __init__(self, key: str, whole: str, choices: Callable[[], Choices], parent: QWidget | None = None) -> None:
        super().__init__(whole, parent)
        self.key, self._whole, self._choices = key, whole, choices
        set_role(self, "filter")
        self.setMinimumWidth(_NARROWEST)
        self.setAccessibleName(f"Only some: {whole.lower()}")
        self.clicked.connect(lambda: drop_down(self.menu_(), self))

    def menu_(self) -> QMenu:
        """The choices, as they are now."""
        menu = QMenu(self)
        now = self.property("asks") or ""
        for words, wanted in self._choices():
            ask = lambda wanted=wanted: self.asked.emit(self.key, wanted)  # type: ignore[misc]  # noqa: E731
            action = menu.addAction(words.replace("&", "&&"), ask)
            action.setCheckable(True)
            action.setChecked(wanted == now)
        return menu

    def show_asked(self, wanted: str) -> None:
        """Say what is asked for now."""
        self.setProperty("asks", wanted)
        words = next((words for words, one in self._choices() if one == wanted), wanted)
        short = words if len(words) <= _NAME else f"{words[: _NAME - 1].rstrip()}…"
        self.setText(short if wanted else self._whole)
        self.setToolTip(plain_tip(words) if short != words else "")
        set_role(self, "filter", "on" if wanted else "")

    def paintEvent(self, event: object) -> None:
        super().paintEvent(event)  # type: ignore[arg-type]
        paint_chevron(self, from_right=13)


class Filters(QWidget):
    """`asked` carries a name and what is asked of it."""

    asked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.models: tuple[str, ...] = ()
        self.boards: tuple[str, ...] = ()
        self.medium = Chip("medium", "All media", lambda: _MEDIA)
        self.when = Chip("after", "Any time", _times)
        self.stars = Chip("rating", "Any stars", lambda: _STARS)
        self.model = Chip("model", "Any model", lambda: _named("Any model", self.models[:_MOST]))
        self.board = Chip("board", "Any board", lambda: _named("Any board", self.boards))
        self.chips = (self.medium, self.when, self.stars, self.model, self.board)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(measures.INSIDE)
        for chip in self.chips:
            chip.asked.connect(self.asked)
            row.addWidget(chip)
        row.addStretch()

    def show_names(self, models: Sequence[str], boards: Sequence[str]) -> None:
        """What there is to choose from."""
        self.models, self.boards = tuple(models), tuple(boards)

    def show_search(self, text: str) -> None:
        """Say what a search asks for."""
        for chip in self.chips:
            chip.show_asked(query.value_of(text, chip.key))


def drop_down(menu: QMenu, under: QWidget) -> None:
    """Open a menu under a button; it is gone when it is closed."""
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.popup(under.mapToGlobal(under.rect().bottomLeft()))


def _named(whole: str, names: Sequence[str]) -> Choices:
    return ((whole, ""), *((name, name) for name in names))


def _times() -> Choices:
    today = datetime.date.today()
    return (
        ("Any time", ""),
        ("Today", "today"),
        ("Since yesterday", "yesterday"),
        ("Last 7 days", (today - datetime.timedelta(6)).isoformat()),
        ("This month", f"{today:%Y-%m}"),
        ("This year", f"{today:%Y}"),
    )
