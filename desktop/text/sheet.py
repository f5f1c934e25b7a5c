"""The page with what was weighed beside it: where a model's work goes on it, and what the person asks of a part."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop import theme
from desktop.controls import hairline
from desktop.empty import Empty
from desktop.text import place
from desktop.text.page import Page
from desktop.text.pieces import Piece
from desktop.text.place import Place
from desktop.text.weighed import WIDTH, Weighed
from desktop.text.writing import Writing
from models.protocol import Token

NOTHING_HERE = "There is nothing here to make again: mark some text, or put the cursor in a sentence."
SAME = "It came out as it was: the likeliest words were taken again. Raise the temperature, or take another word."
ENDED = "The model ended the text here without a word more. Write on a little, or take another word before it."
_EMPTY_TOP = 96  # px of page that stay free above the empty room's words


class Sheet(QWidget):
    """`asked` with a `Place` that is to be written at; `notice` with a sentence for the person; `changed` with every
    edit and move of the cursor; `escaped`: what is under way is to stop."""

    asked = Signal(object)
    notice = Signal(str)
    changed = Signal()
    escaped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.page = Page()
        self.weighed = Weighed()
        self.empty = Empty("", "", self.page.viewport())
        self.empty.setCursor(Qt.CursorShape.ArrowCursor)
        self.writing: Writing | None = None
        self._looked: Piece | None = None
        self._waiting: Place | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.page, 1)
        row.addWidget(hairline(upright=True))
        row.addWidget(self.weighed)
        self.setFocusProxy(self.page)
        self.page.viewport().installEventFilter(self)
        self.page.textChanged.connect(self._changed)
        self.page.selectionChanged.connect(self._refresh)
        self.page.cursorPositionChanged.connect(self._refresh)
        self.page.looked_at.connect(self.look_at)
        self.page.escaped.connect(self.escaped)
        self.weighed.again.connect(self.again)
        self.weighed.taken.connect(self.take_word)
        theme.current().changed.connect(self._mark)
        self._refresh()

    # ── what the person asks ──────────────────────────────────────────────────

    def here(self) -> Place:
        """Where Generate goes on: at the cursor."""
        return place.on_from(self.page.textCursor())

    def go_on(self) -> None:
        """Go on at the cursor."""
        self._ask(self.here())

    def again(self) -> None:
        """Make what is marked again, or the sentence that the cursor is in."""
        if self.busy:
            return
        start, end = self._part()
        where = place.once_more(self.page.document(), self.page.pieces, start, end)
        if where is None:
            self.notice.emit(NOTHING_HERE)
        else:
            self._ask(where)

    def take_word(self, piece: Piece, word: str) -> None:
        """Another word in the place of a piece, and on from there; the empty word ends the text."""
        if self.busy or self.page.pieces.at(piece.start) != piece:
            return
        if word:
            self._ask(place.instead(self.page.document(), self.page.pieces, piece, word))
            return
        cursor = place.part(self.page.document(), piece.start, self.page.pieces.run_end(piece))
        cursor.removeSelectedText()
        self.page.setTextCursor(cursor)

    def look_at(self, piece: Piece | None) -> None:
        """Show what was weighed in the place of a piece."""
        if self.busy and piece is None:
            return
        self._looked = piece
        self.weighed.show_piece(piece)
        self._mark()

    # ── what is written ───────────────────────────────────────────────────────

    @property
    def busy(self) -> bool:
        return self.writing is not None

    def begin(self, where: Place) -> None:
        """A model is about to write there."""
        self._waiting, self._looked = where, None
        self.writing = Writing(where, self.page.pieces)
        self.page.set_busy(self.writing.cursor)
        self.weighed.show_piece(None)
        self._refresh()
        self._mark()

    def new_part(self, prompt: str) -> Place:
        """Words from elsewhere as a paragraph of their own at the end of the page, to go on from; the model reads them
        alone. The page as it is, where it ends with them."""
        if not self.page.text().rstrip().endswith(prompt.strip()) or not prompt.strip():
            between = "\n\n" if self.page.text().strip() and prompt.strip() else ""
            self.page.put(between + prompt)
        cursor = QTextCursor(self.page.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        return Place(cursor, prompt)

    def take(self, token: Token) -> None:
        """One more token of what is being written."""
        if self.writing is None:
            return
        seen = self.page.sees(self.writing.cursor)
        first = not self.writing.begun
        self.writing.take(token)
        self.page.follow(self.writing.cursor, seen or first)
        self._mark()

    def end(self, done: bool) -> None:
        """It is over. A part that was to be made again and was not finished is as it was."""
        written, self.writing, self._waiting = self.writing, None, None
        self.page.set_busy(None)
        if written is None:
            return
        if written.begun and written.place.again and not done:
            self.page.document().undo()
        elif written.begun:
            written.end()
            self.page.setTextCursor(QTextCursor(written.cursor))
            if written.place.again and written.same:
                self.notice.emit(SAME)
        elif done:
            self.notice.emit(ENDED)
        self._refresh()
        self._mark()

    # ── inside ────────────────────────────────────────────────────────────────

    def _ask(self, where: Place) -> None:
        if not self.busy:
            self._waiting = where
            self._mark()
            self.asked.emit(where)

    def _part(self) -> tuple[int, int]:
        cursor = self.page.textCursor()
        if cursor.hasSelection():
            return cursor.selectionStart(), cursor.selectionEnd()
        return place.sentence_at(self.page.document(), cursor.position())

    def _mark(self) -> None:
        start = end = 0
        if self.writing is not None and self.writing.begun:
            start, end = (self.writing.start, self.writing.cursor.position()) if self.writing.place.again else (0, 0)
        elif self._waiting is not None:
            start, end = self._waiting.where.selectionStart(), self._waiting.where.selectionEnd()
        looked = self._looked
        if looked is not None and self.page.pieces.at(looked.start) != looked:
            looked = self._looked = None  # it was edited, or is gone
            self.weighed.show_piece(None)
        self.page.show_marks(start, end, looked)

    def _changed(self) -> None:
        if not self.busy:
            self._waiting = None
        self._refresh()

    def _refresh(self) -> None:
        marked = self.page.textCursor().hasSelection()
        self.weighed.show_part("part" if marked else "sentence", not self.busy and not self.page.document().isEmpty())
        self.empty.setVisible(self.page.document().isEmpty() and not self.busy and bool(self.empty.sentence.text()))
        self._place_empty()
        self.changed.emit()

    def set_empty(self, sentence: str, word: str, suggestions: tuple[str, ...]) -> None:
        """What an empty page says under its first lines."""
        self.empty.say(sentence, word, suggestions)
        self._refresh()

    def show_weighed(self, shown: bool) -> None:
        self.weighed.setVisible(shown)

    def _place_empty(self) -> None:
        space = self.page.viewport().rect()
        space.setTop(min(_EMPTY_TOP, space.height() // 4))
        self.empty.setGeometry(space)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place_empty()
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.weighed.setVisible(self.width() >= WIDTH * 3)
