"""What the canvas tests do and look at."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from desktop.canvas.canvas import PictureCanvas

NONE = Qt.KeyboardModifier.NoModifier


def shown(qtbot: QtBot, canvas: PictureCanvas, path: str) -> None:
    with qtbot.waitSignal(canvas.picture_shown, timeout=5000):
        canvas.show_picture(path)
    canvas.surface.arrival.finish()


def view_of(canvas: PictureCanvas, x: float, y: float) -> QPoint:
    """Where a picture point is seen."""
    return QPointF(*canvas.surface.viewport.to_view((x, y))).toPoint()


def colour_at(canvas: PictureCanvas, x: float, y: float) -> tuple[int, int, int]:
    seen = canvas.surface.grab().toImage()
    point = QPointF(*canvas.surface.viewport.to_view((x, y))) * seen.devicePixelRatio()
    return seen.pixelColor(point.toPoint()).getRgb()[:3]  # type: ignore[return-value]


def near(a: tuple[int, ...], b: tuple[int, ...], by: int = 12) -> bool:
    return all(abs(x - y) <= by for x, y in zip(a, b, strict=True))
