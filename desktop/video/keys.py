"""What the keys do to a film, wherever in the player the focus is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from desktop.video.playing import Playing
from desktop.video.transport import Captions

_LEAP = 10  # frames with Shift


def press(playing: Playing, words: Captions, event: QKeyEvent) -> bool:
    """True where this key was the player's. Space plays; arrows step, with Shift further; Home and End go to the ends
    of the part, I, O and X choose it; L loops, N shows the neighbours, [ and ] change the speed."""
    if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
        return False
    by = _LEAP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
    deeds = {
        Qt.Key.Key_Space: playing.toggle,
        Qt.Key.Key_Left: lambda: playing.step(-by),
        Qt.Key.Key_Right: lambda: playing.step(by),
        Qt.Key.Key_Home: lambda: playing.go(playing.first),
        Qt.Key.Key_End: lambda: playing.go(playing.last),
        Qt.Key.Key_I: lambda: playing.set_in(playing.frame),
        Qt.Key.Key_O: lambda: playing.set_out(playing.frame),
        Qt.Key.Key_X: playing.clear_part,
        Qt.Key.Key_L: words.loop.toggle,
        Qt.Key.Key_N: words.onion.toggle,
        Qt.Key.Key_BracketLeft: lambda: words.choose_speed(words.speed_at - 1),
        Qt.Key.Key_BracketRight: lambda: words.choose_speed(words.speed_at + 1),
    }
    try:
        deed = deeds.get(Qt.Key(event.key()))
    except ValueError:  # a key that Qt has no name for
        return False
    if deed is None:
        return False
    deed()
    return True
