"""The one shadow of the program: soft, and under the work only."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QGradient, QLinearGradient, QPainter, QRadialGradient

_SPREAD = 36.0
_DROP = 10.0


def _stops(gradient: QGradient, strength: int) -> QGradient:
    for k in range(9):
        # A Gaussian's own fall-off: straight ramps show an edge where they end.
        share = k / 8
        colour = QColor(0, 0, 0, round(strength * math.exp(-4.2 * share * share) * (1 - share)))
        gradient.setColorAt(share, colour)
    return gradient


def paint(painter: QPainter, rect: QRectF, strength: int) -> None:
    """Lay the shadow of `rect` around it; `strength` is its alpha at the edge, 0 to 255."""
    body = rect.translated(0, _DROP).adjusted(6, 6, -6, -6)
    if body.width() <= 0 or body.height() <= 0:
        return
    left, top, right, bottom = body.left(), body.top(), body.right(), body.bottom()
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    for x0, y0, x1, y1, area in (
        (left, 0, left - _SPREAD, 0, QRectF(left - _SPREAD, top, _SPREAD, body.height())),
        (right, 0, right + _SPREAD, 0, QRectF(right, top, _SPREAD, body.height())),
        (0, top, 0, top - _SPREAD, QRectF(left, top - _SPREAD, body.width(), _SPREAD)),
        (0, bottom, 0, bottom + _SPREAD, QRectF(left, bottom, body.width(), _SPREAD)),
    ):
        painter.fillRect(area, QBrush(_stops(QLinearGradient(x0, y0, x1, y1), strength)))
    for x, y, dx, dy in ((left, top, -1, -1), (right, top, 0, -1), (left, bottom, -1, 0), (right, bottom, 0, 0)):
        corner = QRectF(x + dx * _SPREAD, y + dy * _SPREAD, _SPREAD, _SPREAD)
        painter.fillRect(corner, QBrush(_stops(QRadialGradient(QPointF(x, y), _SPREAD), strength)))
    painter.fillRect(body, QColor(0, 0, 0, strength))
    painter.restore()
