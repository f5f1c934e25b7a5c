"""A sailboat at some hour of the day, drawn with gradients: something good to look at in tests and screenshots."""

from __future__ import annotations

import random

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPen, QPolygonF

from models.protocol import Preview

_SKIES = (
    ("#2b2f5f", "#a9677c", "#f08a5b", "#f6b26b"),
    ("#6fa8d6", "#a9cfe8", "#d9e9ef", "#f3ead2"),
    ("#0b1030", "#141b45", "#26305f", "#3b4474"),
    ("#9fb4b8", "#b9c6c2", "#d4d6c8", "#e6dcc0"),
)


def scene(width: int = 256, height: int = 256, hour: int = 0) -> QImage:
    """An RGB picture; `hour` chooses the sky, and where the boat lies."""
    picture = QImage(width, height, QImage.Format.Format_RGB32)
    chance = random.Random(hour)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    colours = _SKIES[hour % len(_SKIES)]
    sky = QLinearGradient(0, 0, 0, 0.58)
    for k, colour in enumerate(colours):
        sky.setColorAt(k / (len(colours) - 1), QColor(colour))
    painter.fillRect(QRectF(0, 0, 1, 0.58), sky)
    for shade, base, tall in ((118, 0.58, 0.2), (165, 0.58, 0.1)):
        ridge = QPolygonF([QPointF(0, base)])
        for k in range(8):
            ridge.append(QPointF(k / 7, base - tall * (0.35 + 0.65 * chance.random())))
        ridge.append(QPointF(1, base))
        painter.setBrush(QColor(colours[1]).darker(shade))
        painter.drawPolygon(ridge)
    sea = QLinearGradient(0, 0.58, 0, 1)
    sea.setColorAt(0, QColor(colours[3]).darker(108))
    sea.setColorAt(0.3, QColor(colours[1]).darker(125))
    sea.setColorAt(1, QColor(colours[0]).darker(125))
    painter.fillRect(QRectF(0, 0.58, 1, 0.42), sea)
    for _ in range(26):
        y = 0.6 + 0.38 * chance.random()
        x = 0.52 + 0.2 * (chance.random() - 0.5) * (1 + y)
        painter.setPen(QPen(QColor(255, 226, 178, 120), 0.005))
        painter.drawLine(QPointF(x, y), QPointF(x + 0.05 + 0.07 * chance.random(), y))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.translate(0.1 * (chance.random() - 0.5), 0)
    for colour, points in (
        ("#f1e7d2", ((0.29, 0.47), (0.29, 0.68), (0.4, 0.67))),
        ("#dfcdb2", ((0.275, 0.51), (0.275, 0.68), (0.205, 0.67))),
        ("#b9483f", ((0.19, 0.7), (0.41, 0.7), (0.37, 0.75), (0.23, 0.75))),
    ):
        painter.setBrush(QColor(colour))
        painter.drawPolygon(QPolygonF([QPointF(*p) for p in points]))
    painter.end()
    return picture


def previews(steps: int = 30, side: int = 32, hour: int = 0, total: int | None = None) -> list[Preview]:
    """A scene as it comes out of noise, one preview a step."""
    target = scene(side, side, hour).convertToFormat(QImage.Format.Format_RGB888)
    clean = b"".join(bytes(target.constScanLine(y))[: side * 3] for y in range(side))
    chance = random.Random(5)
    noise = bytes(chance.randrange(256) for _ in range(len(clean)))
    made = []
    for step in range(1, steps + 1):
        level = max(0.0, 1 - step / (total or steps)) ** 1.3
        mixed = bytes(round(c * (1 - level) + n * level) for c, n in zip(clean, noise, strict=True))
        made.append(Preview(side, side, mixed, step=step, level=level))
    return made
