"""The small curve of what is left while a model works."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop import measures, theme


class Curve(QWidget):
    """What is left, from 1 down to 0: bright as far as it has come, faint where it still has to go."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.word = ""
        self._points: list[tuple[float, float]] = []
        self.setAccessibleName("What is left")

    def restart(self) -> None:
        self._points = []
        self.update()

    def add(self, share: float, left: float) -> None:
        """At `share` of the way (0 to 1), `left` is left (1 to 0)."""
        if self._points and share < self._points[-1][0]:
            return
        self._points.append((min(max(share, 0.0), 1.0), min(max(left, 0.0), 1.0)))
        self.setAccessibleDescription(f"{self.word}: {self._points[-1][1]:.0%}")
        self.update()

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        return tuple(self._points)

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(2, 10, -2, -24)

        def at(point: tuple[float, float]) -> QPointF:
            return QPointF(area.left() + point[0] * area.width(), area.bottom() - point[1] * area.height())

        came = [(0.0, 1.0), *self._points]
        painter.setPen(QPen(now.color("line"), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPath(_through([at(came[-1]), at((1.0, 0.0))]))
        if self._points:
            painter.setPen(QPen(now.color("accent"), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPath(_through([at(p) for p in came]))
        painter.setFont(measures.font(measures.SMALL))
        painter.setPen(now.color("text_3"))
        word = QRectF(area.left() + area.width() * 0.5, 4, area.width() * 0.5, 20)
        painter.drawText(word, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.word)


def _through(points: list[QPointF]) -> QPainterPath:
    """A smooth line through points that go from left to right, without overshooting.

    Cubic Hermite with the tangents of Fritsch and Carlson (1980), so that what only falls is drawn only falling.
    """
    path = QPainterPath(points[0])
    spans = [max(b.x() - a.x(), 1e-6) for a, b in itertools.pairwise(points)]
    slopes = [(b.y() - a.y()) / h for a, b, h in zip(points, points[1:], spans, strict=False)]
    if not slopes:
        return path
    tangents = [slopes[0]]
    for before, after in itertools.pairwise(slopes):
        # The harmonic mean is 0 where the direction changes and never steeper than twice the flatter side.
        tangents.append(0.0 if before * after <= 0 else 2 * before * after / (before + after))
    tangents.append(slopes[-1])
    for k, span in enumerate(spans):
        start, end = points[k], points[k + 1]
        third = span / 3
        path.cubicTo(
            QPointF(start.x() + third, start.y() + third * tangents[k]),
            QPointF(end.x() - third, end.y() - third * tangents[k + 1]),
            end,
        )
    return path
