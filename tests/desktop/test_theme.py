"""The look: every text can be read in both themes, the type is the shipped one, and a change reaches everything."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QColor, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop import measures, theme
from desktop.colours import DARK, LIGHT, Tokens
from desktop.controls import set_role
from desktop.style import style_sheet

THEMES = pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
READABLE = 4.5  # WCAG 2.2, text of any size


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = (QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF())
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@THEMES
@pytest.mark.parametrize("text", ["text", "text_2", "text_3"])
@pytest.mark.parametrize("under", ["ground", "panel", "control", "hover"])
def test_text_can_be_read_on_every_grey(tokens: Tokens, text: str, under: str) -> None:
    assert contrast(getattr(tokens, text), getattr(tokens, under)) >= READABLE


@THEMES
def test_words_on_and_in_an_accent_can_be_read(tokens: Tokens) -> None:
    for room, accent in tokens.accents.items():
        assert contrast(tokens.on_accent, accent) >= READABLE, room
        chosen = tokens.mixed(accent, 0.14 if tokens.dark else 0.10, tokens.panel)
        assert contrast(tokens.text, chosen) >= READABLE, room
    assert contrast(tokens.good, tokens.good_ground) >= READABLE
    assert contrast(tokens.warn, tokens.warn_ground) >= READABLE
    for under in (tokens.panel, tokens.control):
        assert contrast(tokens.warn, under) >= READABLE


@THEMES
def test_families_can_be_told_apart_and_seen(tokens: Tokens) -> None:
    colours = list(tokens.families.values())
    assert len(set(colours)) == len(colours)
    for family, colour in tokens.families.items():
        assert contrast(colour, tokens.panel) >= 3, family  # what is no text, WCAG 1.4.11
        under = tokens.mixed(colour, 0.13, tokens.panel)
        assert contrast(tokens.text_2, under) >= READABLE, family


@THEMES
def test_every_colour_of_the_sheet_is_a_colour(tokens: Tokens) -> None:
    sheet = style_sheet(tokens)
    assert "None" not in sheet
    assert sheet.count("{") == sheet.count("}")


def test_choosing_applies_at_once(qtbot: QtBot) -> None:
    look = theme.current()
    look.choose("dark")
    with qtbot.waitSignal(look.changed):
        look.choose("light")
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    assert look.tokens is not None
    assert not look.tokens.dark
    assert app.palette().color(QPalette.ColorRole.Window).name() == LIGHT.panel
    assert LIGHT.ground in app.styleSheet()
    with qtbot.assertNotEmitted(look.changed):
        look.choose("light")
    look.choose("dark")


def test_a_room_changes_the_accent_alone(qtbot: QtBot) -> None:
    look = theme.current()
    look.choose("dark")
    look.enter_room("sound")
    assert look.tokens.accent == DARK.accents["sound"]
    assert look.tokens.ground == DARK.ground
    look.enter_room("picture")


def test_each_room_has_its_accent_and_a_switch_styles_only_what_is_shared(qtbot: QtBot) -> None:
    look = theme.current()
    look.choose("dark")
    look.enter_room("picture")
    buttons = [QPushButton("Make") for _ in range(3)]
    styled: list[QWidget] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.StyleChange and isinstance(watched, QWidget):
                styled.append(watched)
            return False

    watch = Watch()
    for button in buttons:
        set_role(button, "primary")
        button.setFixedSize(60, 50)
        qtbot.addWidget(button)
        button.installEventFilter(watch)
    _, gallery, shared = buttons
    look.dress(gallery, "gallery")
    look.dress(shared)
    for button in buttons:
        button.show()

    def accents() -> list[str]:
        return [button.grab().toImage().pixelColor(8, 25).name() for button in buttons]

    assert accents() == [DARK.accents[room] for room in ("picture", "gallery", "picture")]
    styled.clear()
    look.enter_room("gallery")
    assert accents() == [DARK.accents[room] for room in ("picture", "gallery", "gallery")]
    assert set(styled) == {shared}
    look.choose("light")
    assert accents() == [LIGHT.accents[room] for room in ("picture", "gallery", "gallery")]
    look.choose("dark")
    look.enter_room("picture")
    assert accents() == [DARK.accents[room] for room in ("picture", "gallery", "picture")]


def test_the_shipped_type_is_used_with_tabular_figures(qtbot: QtBot) -> None:
    theme.current()
    font = measures.font(measures.BODY)
    assert QFontInfo(font).family() == measures.FAMILY
    from PySide6.QtGui import QFontMetricsF

    metrics = QFontMetricsF(font)
    assert len({round(metrics.horizontalAdvance(digit * 10), 3) for digit in "0123456789"}) == 1
