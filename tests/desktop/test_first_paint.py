"""What waits for the first paint: it comes after it, once, and also where nothing is ever painted."""

from __future__ import annotations

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.first_paint import FirstPaint


class Told(QWidget):
    """Keeps in what order it was painted and called."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def paintEvent(self, event: QPaintEvent) -> None:
        self.heard.append("painted")


def test_it_comes_after_the_paint_and_once(qtbot: QtBot) -> None:
    widget = Told()
    qtbot.addWidget(widget)
    FirstPaint(widget, lambda: widget.heard.append("called"), at_latest_ms=None)
    widget.show()
    qtbot.waitUntil(lambda: "called" in widget.heard)
    assert widget.heard[0] == "painted"
    widget.repaint()
    assert widget.heard.count("called") == 1


def test_what_is_never_painted_keeps_nobody_waiting(qtbot: QtBot) -> None:
    widget = Told()
    qtbot.addWidget(widget)
    FirstPaint(widget, lambda: widget.heard.append("called"), at_latest_ms=1)
    qtbot.waitUntil(lambda: widget.heard == ["called"])
