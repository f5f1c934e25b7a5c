"""The editor of a prompt with signs: coloured as one types, weights by Ctrl+Up and Ctrl+Down, words completed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QHelpEvent, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from desktop.prompt.completion import Offers
from desktop.prompt.editor import PromptEdit
from desktop.prompt.highlight import utf16
from models.prompting import weights
from models.prompting.nudge import nudge
from models.prompting.tags import Tag

FEWEST = 2  # letters before words are offered
AT_ONCE = 4_000  # letters that are coloured with each key; longer texts a moment later
_LATER_MS = 120


class SignEdit(PromptEdit):
    """`older`, `newer`: the person asked for past prompts. `complete` gives words that begin as what was typed.
    `entered` when it has the focus; `menu` carries its context menu, for what else belongs there."""

    older = Signal()
    newer = Signal()
    entered = Signal()
    menu = Signal(QMenu)

    def __init__(self, name: str, placeholder: str, size: float, parent: QWidget | None = None) -> None:
        super().__init__(name, placeholder, size, parent)
        self.highlighter.signs = True
        self.complete: Callable[[str], Sequence[Tag]] = lambda typed: ()
        self._offers: Offers | None = None
        self._typed = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_LATER_MS)
        self._later.timeout.connect(self.highlighter.read)
        self.textChanged.connect(self._read)

    def set_signs(self, signs: bool) -> None:
        """Whether signs mean something to the model that is chosen."""
        if signs != self.highlighter.signs:
            self.highlighter.signs = signs
            self.highlighter.forget()
            self.highlighter.read()

    # ── weights ───────────────────────────────────────────────────────────────

    def weigh(self, up: bool) -> None:
        """Make what is marked, or the word at the cursor, more or less important by a step."""
        text, cursor = self.toPlainText(), self.textCursor()
        start, end = (_python(text, at) for at in (cursor.selectionStart(), cursor.selectionEnd()))
        edit = nudge(text, start, end, up)
        if edit is None:
            return
        marked = cursor.hasSelection()
        cursor.setPosition(utf16(text, edit.start))
        cursor.setPosition(utf16(text, edit.end), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(edit.text)  # one step for undo
        now = self.toPlainText()
        cursor.setPosition(utf16(now, edit.first if marked else edit.last))
        cursor.setPosition(utf16(now, edit.last), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    # ── words ─────────────────────────────────────────────────────────────────

    def offer(self) -> None:
        """Show the words that begin as what stands before the cursor."""
        typed = self._before()
        tags = self.complete(typed) if len(typed) >= FEWEST else ()
        if not tags or [tag.text.casefold() for tag in tags] == [typed.casefold()]:
            self.close_offers()
            return
        if self._offers is None or self._offers.parentWidget() is not self.window():
            self._offers = Offers(self.window())
            self._offers.taken.connect(self._take)
        line = self.cursorRect()
        corner = self.viewport().mapTo(self.window(), line.topLeft())
        self._offers.show_at(tags, QRect(corner, line.size()))

    @property
    def offers(self) -> Offers | None:
        """The words that are offered now."""
        return self._offers if self._offers is not None and self._offers.isVisible() else None

    def close_offers(self) -> None:
        if self._offers is not None:
            self._offers.hide()

    def _before(self) -> str:
        """What is being typed: back to a space, a comma or a sign. A list's name counts from its two lines on."""
        cursor = self.textCursor()
        line = cursor.block().text().encode("utf-16-le", "surrogatepass")[: cursor.positionInBlock() * 2]
        before = line.decode("utf-16-le", "surrogatepass")
        if cursor.hasSelection():
            return ""
        at = len(before)
        while at and (before[at - 1].isalnum() or before[at - 1] in "_-'/"):
            at -= 1
        return before[at:]

    def _take(self, word: str) -> None:
        self.close_offers()
        cursor = self.textCursor()
        typed = self._before()
        if typed:
            cursor.setPosition(cursor.position() - utf16(typed, len(typed)), QTextCursor.MoveMode.KeepAnchor)
        signs = self.highlighter.signs and not word.startswith("__")
        cursor.insertText(weights.escaped(word) if signs else word)
        self.setTextCursor(cursor)

    # ── Qt ────────────────────────────────────────────────────────────────────

    def _read(self) -> None:
        if self.document().characterCount() <= AT_ONCE:
            self.highlighter.read()
        else:
            self._later.start()
        if self._typed:
            self.offer()
        else:
            self.close_offers()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        up_or_down = key in (Qt.Key.Key_Up, Qt.Key.Key_Down)
        if up_or_down and held == Qt.KeyboardModifier.ControlModifier:
            if self.highlighter.signs:
                self.weigh(key == Qt.Key.Key_Up)
            return
        if up_or_down and held == Qt.KeyboardModifier.AltModifier:
            (self.older if key == Qt.Key.Key_Up else self.newer).emit()
            return
        if (shown := self.offers) is not None and held == Qt.KeyboardModifier.NoModifier:
            if up_or_down:
                shown.step(-1 if key == Qt.Key.Key_Up else 1)
                return
            if key == Qt.Key.Key_Tab or (key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and shown.moved):
                self._take(shown.current())
                return
            if key == Qt.Key.Key_Escape:
                self.close_offers()
                return
        self._typed = bool(event.text()) and held in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        try:
            super().keyPressEvent(event)
        finally:
            self._typed = False
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End):
            self.close_offers()

    def focusNextPrevChild(self, next: bool) -> bool:
        # Tab takes an offered word before it leaves.
        return False if next and self.offers is not None else super().focusNextPrevChild(next)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.createStandardContextMenu(event.pos())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.menu.emit(menu)
        menu.popup(event.globalPos())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.entered.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.close_offers()
        super().focusOutEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            spot: QPoint = self.viewport().mapFrom(self, event.pos())
            found = self.highlighter.problem_at(self.cursorForPosition(spot).position())
            QToolTip.showText(event.globalPos(), found.sentence if found else "", self)
            return True
        return super().event(event)


def _python(text: str, position: int) -> int:
    """Where Python has the letter that Qt has at a position."""
    return len(text.encode("utf-16-le", "surrogatepass")[: position * 2].decode("utf-16-le", "surrogatepass"))
