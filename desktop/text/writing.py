"""One piece of work as it is written onto a page, token by token: a single step for undo, however long it takes."""

from __future__ import annotations

from PySide6.QtGui import QTextCursor

from desktop.text import place
from desktop.text.pieces import Pieces
from desktop.text.place import Place
from models.protocol import Token


class Writing:
    """`take` each token, then `end`. Nothing on the page changes before the first one."""

    def __init__(self, where: Place, pieces: Pieces) -> None:
        self.place = where
        self._pieces = pieces
        self._run = pieces.begin()
        self.cursor = QTextCursor(where.where)
        self._old = place.text_between(self.cursor.document(), self.cursor.selectionStart(), self.cursor.selectionEnd())
        self.start = self.cursor.selectionStart()
        self.begun = False

    @property
    def text(self) -> str:
        """What stands there now of what was written."""
        return place.text_between(self.cursor.document(), self.start, self.cursor.position())

    @property
    def same(self) -> bool:
        """Whether it came out as it was."""
        return self.begun and self.text == self._old

    def take(self, token: Token) -> None:
        """One token more, at the end of what is written."""
        if not self.begun:
            token = self._open(token)
        else:
            self.cursor.joinPreviousEditBlock()
        if token.text:
            self._pieces.write(self.cursor, token, self._run)
        self.cursor.endEditBlock()

    def end(self) -> None:
        """Nothing more comes: what was made again ends where a sentence does, as it did before."""
        if not (self.begun and self.place.again):
            return
        text = self.text
        kept = place.whole_sentences(text) if place.ends_a_sentence(self._old) else text
        kept = kept.rstrip()
        if kept and len(kept) < len(text):
            self.cursor.joinPreviousEditBlock()
            self.cursor.setPosition(self.start + place.units(kept), QTextCursor.MoveMode.KeepAnchor)
            self.cursor.removeSelectedText()
            self.cursor.endEditBlock()

    def _open(self, token: Token) -> Token:
        """Begin the step: what stood there goes, the word that was taken comes."""
        self.begun = True
        self.cursor.beginEditBlock()
        self.cursor.removeSelectedText()
        self.start = self.cursor.position()
        if self.place.word:
            self._pieces.write(self.cursor, self.place.word, self._run)
        before = place.text_between(self.cursor.document(), max(self.start - 1, 0), self.start)
        if self.place.word is None and (not before or before.isspace()):
            # The page has that space already; models write theirs with the word.
            rest = token.text.lstrip(" ")
            token = Token(rest, token.item, token.tokens, token.probability, _stripped(token.alternatives))
        return token


def _stripped(alternatives: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    return tuple((text.lstrip(" ") if text.strip() else text, chance) for text, chance in alternatives)
