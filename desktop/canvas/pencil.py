"""The pencil: draws the lines of a sketch over the picture that is made of them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from desktop.canvas.brush import Brush


class Pencil(Brush):
    """A brush as thin as the lines that sketch models learn from: about a pixel in 128."""

    cursor = Qt.CursorShape.CrossCursor
    share = 1 / 128

    def tint(self) -> QColor:
        """Ink, also where the picture under it is dark: a little of it shows through."""
        return QColor(20, 20, 24, 215)
