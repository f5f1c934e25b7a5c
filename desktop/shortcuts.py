"""Which keys an editor of text leaves to the window's commands, though Qt would have it take them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QTextDocument

_EDITING = (Qt.Key.Key_A, Qt.Key.Key_C, Qt.Key.Key_V, Qt.Key.Key_X)


def leave(event: QEvent, document: QTextDocument) -> bool:
    """Whether this is such a key: Emacs' old ones (Ctrl+K, Ctrl+U ...), and an undo with nothing to undo. It is told
    to go on then, and the editor's `event` is to answer False."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    if event.matches(QKeySequence.StandardKey.Undo):
        leaves = not document.isUndoAvailable()
    elif event.matches(QKeySequence.StandardKey.Redo):
        leaves = not document.isRedoAvailable()
    else:
        letter = Qt.Key.Key_A <= event.key() <= Qt.Key.Key_Z
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        leaves = letter and control and event.key() not in _EDITING
    if leaves:
        event.ignore()
    return leaves
