"""The program's one type and its measures, alike in every theme."""

from __future__ import annotations

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

FAMILY = "Inter for Everyform"  # shipped in resources/fonts, under a name of its own
# Type, in logical pixels: three sizes, weight before size.
SMALL, BODY, LARGE = 11.5, 13.0, 15.0
# Measures on a grid of 4 px: 16 between groups, 8 inside, corners 7 to 9.
GRID, INSIDE, GROUP = 4, 8, 16
RADIUS_SMALL, RADIUS, RADIUS_LARGE = 6, 7, 9
# A change shows within 100 ms; what moves takes this long.
FADE_MS = 90


def points(pixels: float) -> float:
    """A size in logical pixels as points on this screen: half pixels survive only that way."""
    screen = QApplication.primaryScreen()
    return pixels * 72.0 / (screen.logicalDotsPerInch() if screen else 96.0)


def font(size: float = BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The program's one type, with tabular figures, so that numbers that run do not dance."""
    made = QFont(FAMILY)
    made.setPointSizeF(points(size))
    made.setWeight(weight)
    made.setFeature(QFont.Tag("tnum"), 1)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made
