"""The look: colours of the dark and the light theme, type, measures, and the object that applies them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from models import folders

Choice = Literal["system", "dark", "light"]
CHOICES: tuple[Choice, ...] = ("system", "dark", "light")

# Type, in logical pixels: three sizes, weight before size.
SMALL, BODY, LARGE = 11.5, 13.0, 15.0
# Measures on a grid of 4 px: 16 between groups, 8 inside, corners 7 to 9.
GRID, INSIDE, GROUP = 4, 8, 16
RADIUS_SMALL, RADIUS, RADIUS_LARGE = 6, 7, 9
# A change shows within 100 ms; what moves takes this long.
FADE_MS = 90


@dataclass(frozen=True)
class Tokens:
    """Every colour of one theme, as #rrggbb. `accent` belongs to the room that is open."""

    dark: bool
    ground: str
    panel: str
    control: str
    hover: str
    line: str
    text: str
    text_2: str
    text_3: str
    on_accent: str
    accent: str
    accents: dict[str, str]
    families: dict[str, str]
    good: str
    good_ground: str
    warn: str
    warn_ground: str
    shadow_alpha: int

    def family(self, key: str) -> str:
        """The colour of a family's key, as a card has it; a quiet grey for one not known yet."""
        return self.families.get(key, self.text_3)

    def mixed(self, colour: str, share: float, under: str) -> str:
        """`colour` laid over `under` with `share` from 0 to 1: a tint without transparency."""
        a, b = QColor(colour), QColor(under)
        return QColor(
            round(a.red() * share + b.red() * (1 - share)),
            round(a.green() * share + b.green() * (1 - share)),
            round(a.blue() * share + b.blue() * (1 - share)),
        ).name()


_DARK_ACCENTS = {
    "picture": "#e8795a",
    "sound": "#5aa9e6",
    "video": "#b58be0",
    "text": "#5fbf90",
    "gallery": "#d6b36a",
    "models": "#9aa7b8",
}
_LIGHT_ACCENTS = {
    "picture": "#b8452a",
    "sound": "#1f6aa8",
    "video": "#7a48b0",
    "text": "#1f7450",
    "gallery": "#835d12",
    "models": "#505d70",
}

DARK = Tokens(
    dark=True,
    ground="#111214",
    panel="#17181b",
    control="#222428",
    hover="#27292d",
    line="#2e3136",
    text="#eceded",
    text_2="#b4b6bb",
    text_3="#8d9097",
    on_accent="#1a0f0b",
    accent=_DARK_ACCENTS["picture"],
    accents=_DARK_ACCENTS,
    families={
        "diffusion": "#e8795a",
        "flow-matching": "#e0ab55",
        "autoregressive": "#74bdd9",
        "gan": "#8f9fe0",
        "vae": "#b9bcc4",
        "flow": "#d78fb4",
        "hybrid": "#8dc28a",
    },
    good="#a9c7ae",
    good_ground="#1a211c",
    warn="#e0b873",
    warn_ground="#251f15",
    shadow_alpha=120,
)

LIGHT = Tokens(
    dark=False,
    ground="#efece6",
    panel="#f8f6f2",
    control="#fffefc",
    hover="#f1eee8",
    line="#dbd6cd",
    text="#1d1b18",
    text_2="#4c4943",
    text_3="#67635b",
    on_accent="#fffefc",
    accent=_LIGHT_ACCENTS["picture"],
    accents=_LIGHT_ACCENTS,
    families={
        "diffusion": "#c2502f",
        "flow-matching": "#a87413",
        "autoregressive": "#2b7f9e",
        "gan": "#5566bd",
        "vae": "#757a86",
        "flow": "#b04f82",
        "hybrid": "#47803f",
    },
    good="#2f5a38",
    good_ground="#e7efe3",
    warn="#6e4c0a",
    warn_ground="#f6ecd5",
    shadow_alpha=46,
)


class Theme(QObject):
    """What is on now: dark or light, and the room's accent. `changed` follows once it is applied.

    A widget that paints itself reads `tokens` while it paints and calls `update` on `changed`;
    all else comes from the palette and from the one style sheet.
    """

    changed = Signal()

    def __init__(self, choice: Choice = "system", room: str = "picture") -> None:
        super().__init__()
        self._choice: Choice = choice
        self._room = room
        self._applied: Tokens | None = None
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
        tokens = replace(base, accent=base.accents.get(self._room, base.accents["picture"]))
        if tokens == self._applied:
            return
        self._applied = tokens
        from desktop.style import style_sheet

        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setPalette(palette(tokens))
        app.setStyleSheet(style_sheet(tokens))
        self.changed.emit()

    def _install_type(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setStyle(QStyleFactory.create("Fusion"))
        for file in sorted((folders.resources() / "fonts").glob("*.otf")):
            QFontDatabase.addApplicationFont(str(file))
        app.setFont(font(BODY))


def points(pixels: float) -> float:
    """A size in logical pixels as points on this screen: half pixels survive only that way."""
    screen = QApplication.primaryScreen()
    return pixels * 72.0 / (screen.logicalDotsPerInch() if screen else 96.0)


def font(size: float = BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The program's one type, with tabular figures, so that numbers that run do not dance."""
    made = QFont("Inter")
    made.setPointSizeF(points(size))
    made.setWeight(weight)
    made.setFeature(QFont.Tag("tnum"), 1)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made


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
