"""What the keys do on the canvas, beside what the tool in hand makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from desktop.canvas.brush import Brush
from desktop.canvas.viewport import STEP

if TYPE_CHECKING:
    from desktop.canvas.surface import Surface

_CONTROL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def undoing(event: QKeyEvent) -> str:
    """`undo`, `redo`, or "" for any other key."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if event.key() == Qt.Key.Key_Z and modifiers == _CONTROL:
        return "undo"
    again = (Qt.Key.Key_Z, _CONTROL | _SHIFT), (Qt.Key.Key_Y, _CONTROL)
    return "redo" if (event.key(), modifiers) in again else ""


def before_window(surface: Surface, event: QKeyEvent) -> bool:
    """True for keys that mean something else to the window: with a tool in hand they are the tool's.

    Undo then takes back the last stroke, and Escape puts the tool down.
    """
    if event.key() == Qt.Key.Key_Escape:
        return surface.tool is not surface.hand
    return isinstance(surface.tool, Brush) and bool(undoing(event))


def press(surface: Surface, event: QKeyEvent) -> bool:
    """True where this key was the canvas's. Zoom: Ctrl + - 0 1; Space holds the hand; \\ shows the last picture."""
    key, tool = event.key(), surface.tool
    if isinstance(tool, Brush) and tool.mask and (name := undoing(event)):
        (tool.mask.undo if name == "undo" else tool.mask.redo)()
        tool.edited()
    elif event.modifiers() & _CONTROL and key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
        surface.zoom_by(STEP)
    elif event.modifiers() & _CONTROL and key == Qt.Key.Key_Minus:
        surface.zoom_by(1 / STEP)
    elif event.modifiers() & _CONTROL and key == Qt.Key.Key_0:
        surface.fit()
    elif event.modifiers() & _CONTROL and key == Qt.Key.Key_1:
        surface.actual_size()
    elif key == Qt.Key.Key_Space:
        surface.hold_hand(True)
    elif key == Qt.Key.Key_Backslash:
        surface.hold_last.emit(True)
    elif key == Qt.Key.Key_Escape and surface.tool is not surface.hand:
        surface.escaped.emit()
    else:
        return surface.has_work and surface.tool.key(event)
    return True


def release(surface: Surface, event: QKeyEvent) -> bool:
    """True where a key that was held has come up."""
    if event.key() == Qt.Key.Key_Space:
        surface.hold_hand(False)
    elif event.key() == Qt.Key.Key_Backslash:
        surface.hold_last.emit(False)
    else:
        return False
    return True
