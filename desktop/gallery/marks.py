"""The marks on what is kept: a heart for a favourite, stars for how good it is."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF


def draw_heart(painter: QPainter, at: QPointF) -> None:
    """White with a dark hem, to be seen on any picture."""
    path = QPainterPath(at + QPointF(0, 5))
    path.cubicTo(at + QPointF(-9, -1), at + QPointF(-5, -7), at + QPointF(0, -2))
    path.cubicTo(at + QPointF(5, -7), at + QPointF(9, -1), at + QPointF(0, 5))
    _on_any(painter, path)


def draw_stars(painter: QPainter, at: QPointF, count: int) -> None:
    """As many stars in a row on a dark ground, the first one's middle at `at`."""
    ground = QPainterPath()
    ground.addRoundedRect(at.x() - 8, at.y() - 8, count * 12 + 4, 16, 8, 8)
    painter.fillPath(ground, QColor(0, 0, 0, 96))
    for k in range(count):
        _on_any(painter, star(at + QPointF(k * 12.0, 0), 5.0))


def star(middle: QPointF, far: float) -> QPainterPath:
    """A star with five points, the points `far` from its middle."""
    corners = QPolygonF()
    for corner in range(10):
        radius = far if corner % 2 == 0 else far * 0.45
        angle = math.pi * (corner / 5 - 0.5)
        corners.append(middle + QPointF(radius * math.cos(angle), radius * math.sin(angle)))
    path = QPainterPath()
    path.addPolygon(corners)
    path.closeSubpath()
    return path


def _on_any(painter: QPainter, path: QPainterPath) -> None:
    painter.setPen(QPen(QColor(0, 0, 0, 120), 2))
    painter.drawPath(path)
    painter.fillPath(path, QColor(255, 255, 255))
