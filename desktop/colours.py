"""Every colour of the program: four greys and three texts a theme, one accent a room, one colour a family."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor


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
    "compare": "#8dc28a",
    "sound": "#5aa9e6",
    "video": "#b58be0",
    "text": "#5fbf90",
    "gallery": "#d6b36a",
    "models": "#9aa7b8",
}
_LIGHT_ACCENTS = {
    "picture": "#b8452a",
    "compare": "#3f7437",
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
