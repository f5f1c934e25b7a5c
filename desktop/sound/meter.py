"""How loud it is: peak and mean of each channel, and the highest of the last moments held."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop import measures, theme

if TYPE_CHECKING:
    from desktop.sound.voice import Level

LOWEST_DB = -54.0
_HELD_S = 1.2
_FALLS_DB = 24.0  # a second, once it is no longer held
_WORDS = 64  # px


def decibels(amplitude: float) -> float:
    """Below full scale; -inf for silence."""
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


class Meter(QWidget):
    """`show_level` with each Level, or None for silence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Level")
        self.level: Level | None = None
        self.held_db = -math.inf
        self._since = 0.0
        theme.current().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(164, 30)

    def show_level(self, level: Level | None, now: float | None = None) -> None:
        """The newest level; `now` in seconds of a clock that only goes forwards."""
        now = time.monotonic() if now is None else now
        peak = decibels(max(level.peak, default=0.0)) if level is not None else -math.inf
        late = now - self._since - _HELD_S
        if level is None:
            self.held_db = -math.inf
        elif peak >= self.held_db or (late > 0 and peak >= self.held_db - late * _FALLS_DB):
            self.held_db, self._since = peak, now
        self.level = level
        self.setAccessibleDescription(self.told)
        self.update()

    @property
    def told(self) -> str:
        """The held peak in words."""
        return f"{self.held_db:.1f} dB".replace("-", "−") if self.held_db > LOWEST_DB else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        now, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        channels = len(self.level.peak) if self.level else 1
        width, high = self.width() - _WORDS, 10 if channels == 1 else 5
        top = (self.height() - channels * (high + 2) + 2) / 2
        for k in range(channels):
            row = QRectF(0, top + k * (high + 2), width, high)
            painter.setBrush(now.color("control"))
            painter.drawRoundedRect(row, 2, 2)
            if self.level is None:
                continue
            for value, colour in ((self.level.peak[k], "line"), (self.level.rms[k], "accent")):
                painter.setBrush(now.color(colour))
                painter.drawRoundedRect(
                    QRectF(row.left(), row.top(), row.width() * _share(decibels(value)), high), 2, 2
                )
        if self.held_db > LOWEST_DB:
            painter.setBrush(now.color("warn" if self.held_db > -0.5 else "text"))
            painter.drawRect(QRectF(max(width * _share(self.held_db) - 2, 0), top, 2, channels * (high + 2) - 2))
        painter.setFont(measures.font(measures.SMALL))
        painter.setPen(now.color("text_3"))
        words = QRectF(width + 8, 0, _WORDS - 8, self.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.told or "−∞ dB")


def _share(decibels: float) -> float:
    return min(max(1 - decibels / LOWEST_DB, 0.0), 1.0)
