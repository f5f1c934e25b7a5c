"""The keys of the room of sound, wherever in it the focus is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from desktop.sound.room import SoundRoom

_FAR, _NEAR = 0.05, 0.002  # of what is in sight: an arrow, and one with Shift


class Keys:
    """Space plays and stops, arrows seek (with Shift finely), Home and End go to the ends, up and down zoom, L loops,
    A and B choose between the two takes."""

    def __init__(self, room: SoundRoom) -> None:
        self._room = room

    def press(self, event: QKeyEvent) -> bool:
        """Whether the key was one of these."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        fine = modifiers == Qt.KeyboardModifier.ShiftModifier
        if modifiers and not fine:
            return False
        room, player, key = self._room, self._room.player, event.key()
        if room.scope is None or player.take is None:
            return False
        span = room.scope.timeline.span
        if key == Qt.Key.Key_Space:
            player.toggle()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            by = span * (_NEAR if fine else _FAR)
            player.seek(player.at + (by if key == Qt.Key.Key_Right else -by))
            room.scope.timeline.follow(player.at)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            player.seek(0.0 if key == Qt.Key.Key_Home else player.take.seconds)
            room.scope.timeline.follow(player.at)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            room.scope.zoom(True)
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Minus):
            room.scope.zoom(False)
        elif key == Qt.Key.Key_L:
            room.set_loops(not room.transport.loop.isChecked())
        elif key in (Qt.Key.Key_A, Qt.Key.Key_B):
            room.hear(room.takes.letter("A" if key == Qt.Key.Key_A else "B"))
        else:
            return False
        return True
