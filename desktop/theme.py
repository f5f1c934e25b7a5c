"""The object that applies a theme's colours to the program, and tells when they change."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget
from shiboken6 import isValid

from desktop.colours import DARK, LIGHT, Tokens
from desktop.measures import BODY, font
from desktop.style import style_sheet
from models import folders

Choice = Literal["system", "dark", "light"]
CHOICES: tuple[Choice, ...] = ("system", "dark", "light")


class Theme(QObject):
    """What is on now: dark or light, and the room's accent. `changed` follows once it is applied.

    A widget that paints itself reads `tokens` while it paints and calls `update` on `changed`;
    all else comes from the palette and from the style sheet. The program's has the accent of the pictures' room, and
    the other rooms' widgets have the same sheet with theirs (`dress`): another sheet for the whole program styles every
    widget in it anew, half a second of work at each change of rooms.
    """

    changed = Signal()

    def __init__(self, choice: Choice = "system", room: str = "picture") -> None:
        super().__init__()
        self._choice: Choice = choice
        self._room = room
        self._applied: Tokens | None = None
        self._dressed: list[tuple[QWidget, str]] = []
        hints = QApplication.styleHints()
        hints.colorSchemeChanged.connect(self._apply)
        self._install_type()
        self._apply()

    @property
    def tokens(self) -> Tokens:
        assert self._applied is not None
        return self._applied

    @property
    def choice(self) -> Choice:
        return self._choice

    def choose(self, choice: Choice) -> None:
        """Dark, light, or as the system is."""
        self._choice = choice
        self._apply()

    def enter_room(self, room: str) -> None:
        """Take the accent of this room; a room without one keeps the pictures'."""
        self._room = room
        self._apply()

    def dress(self, widget: QWidget, room: str = "") -> None:
        """Give a widget, and all that is in it, the accent of that room; without one, of the room that is open. Best
        before it is shown for the first time."""
        self._dressed = [(one, its) for one, its in self._dressed if isValid(one) and one is not widget]
        self._dressed.append((widget, room))
        self._put_on(widget, room)

    def color(self, name: str) -> QColor:
        """A token by its name, for painting: `theme.color("text_2")`."""
        return QColor(getattr(self.tokens, name))

    def _apply(self) -> None:
        hints = QApplication.styleHints()
        schemes = {
            "dark": Qt.ColorScheme.Dark,
            "light": Qt.ColorScheme.Light,
            "system": Qt.ColorScheme.Unknown,
        }
        hints.setColorScheme(schemes[self._choice])
        light = hints.colorScheme() == Qt.ColorScheme.Light if self._choice == "system" else self._choice == "light"
        base = LIGHT if light else DARK
        tokens, before = _of_room(base, self._room), self._applied
        if tokens == before:
            return
        self._applied = tokens
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setPalette(palette(tokens))
        if before is None or before.dark != tokens.dark:
            app.setStyleSheet(style_sheet(_of_room(base, "picture")))
        self._dressed = [(one, its) for one, its in self._dressed if isValid(one)]
        for widget, room in self._dressed:
            self._put_on(widget, room)
        self.changed.emit()

    def _put_on(self, widget: QWidget, room: str) -> None:
        own = _of_room(self.tokens, room or self._room)
        # With the accent of the pictures' room it looks as the whole program does.
        sheet = "" if own == _of_room(self.tokens, "picture") else style_sheet(own)
        if widget.styleSheet() != sheet:
            widget.setStyleSheet(sheet)

    def _install_type(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setStyle(QStyleFactory.create("Fusion"))
        for file in sorted((folders.resources() / "fonts").glob("*.ttf")):
            QFontDatabase.addApplicationFont(str(file))
        app.setFont(font(BODY))


def _of_room(tokens: Tokens, room: str) -> Tokens:
    return replace(tokens, accent=tokens.accents.get(room, tokens.accents["picture"]))


def palette(tokens: Tokens) -> QPalette:
    """Fusion's palette in these colours, for whatever the style sheet does not name."""
    made = QPalette()
    role = QPalette.ColorRole
    for key, colour in {
        role.Window: tokens.panel,
        role.WindowText: tokens.text,
        role.Base: tokens.control,
        role.AlternateBase: tokens.panel,
        role.Text: tokens.text,
        role.Button: tokens.control,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.accent,
        role.ToolTipBase: tokens.control,
        role.ToolTipText: tokens.text,
        role.PlaceholderText: tokens.text_3,
        role.Highlight: tokens.accent,
        role.HighlightedText: tokens.on_accent,
        role.Link: tokens.accent,
        role.LinkVisited: tokens.accent,
        role.Light: tokens.line,
        role.Midlight: tokens.line,
        role.Mid: tokens.line,
        role.Dark: tokens.line,
        role.Shadow: tokens.ground,
        role.Accent: tokens.accent,
    }.items():
        made.setColor(key, QColor(colour))
    for key in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, key, QColor(tokens.text_3))
    return made


_current: Theme | None = None


def current() -> Theme:
    """The one theme of this process, made on first use (a QApplication must exist)."""
    global _current
    if _current is None:
        _current = Theme()
    return _current
