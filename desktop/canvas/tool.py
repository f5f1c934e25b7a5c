"""What a tool of the canvas can answer to; the hand, the brush and the wipe are the tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter

if TYPE_CHECKING:
    from desktop.canvas.surface import Surface


class Tool(QObject):
    """Positions are in the surface's logical pixels; the surface repaints what a tool asks for."""

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self.surface = surface

    def press(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The left button went down."""

    def move(self, at: QPointF, held: bool) -> None:
        """The pointer moved; `held` while the button that pressed is down."""

    def release(self, at: QPointF) -> None:
        """The button went up."""

    def leave(self) -> None:
        """The pointer left the canvas, or the tool was put down."""

    def key(self, event: QKeyEvent) -> bool:
        """True where this key was the tool's."""
        return False

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Draw over the picture, which lies in `rect`."""
