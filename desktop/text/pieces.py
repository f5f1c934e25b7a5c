"""Which letters of a document a model wrote, piece by piece: kept with the letters themselves, so that editing and undo
move them along."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtGui import QTextCharFormat, QTextCursor, QTextDocument, QTextFormat

from models.protocol import Token

_PIECE = int(QTextFormat.Property.UserProperty) + 1
_LETTERS = 4.0  # of a token, where no model has written yet


@dataclass(frozen=True)
class Piece:
    """A token where it stands: from `start` up to `end` in the document; `run` is the piece of work it came from."""

    start: int
    end: int
    token: Token
    run: int

    @property
    def word(self) -> str:
        """Its letters without the space before them."""
        return self.token.text.strip()


@dataclass(frozen=True)
class _Stretch:
    start: int
    end: int
    text: str
    key: int


class Pieces:
    """The pieces of one document. A piece that was edited is none any more."""

    def __init__(self, document: QTextDocument) -> None:
        self._document = document
        self._known: dict[int, tuple[Token, int]] = {}
        self._runs = 0

    def begin(self) -> int:
        """The number of a new piece of work."""
        self._runs += 1
        return self._runs

    def write(self, cursor: QTextCursor, token: Token, run: int) -> None:
        """Put a token where the cursor is."""
        key = len(self._known) + 1
        self._known[key] = (token, run)
        marked = QTextCharFormat()
        marked.setProperty(_PIECE, key)
        cursor.insertText(token.text, marked)

    def at(self, position: int) -> Piece | None:
        """The piece that the letter after `position` is of."""
        for stretch in self._stretches(position):
            return self._piece(stretch) if stretch.start <= position < stretch.end else None
        return None

    def run_end(self, piece: Piece) -> int:
        """Where what the same piece of work wrote from this piece on ends, in one stretch."""
        end = piece.end
        for stretch in self._stretches(piece.start):
            if stretch.start > end + 1 or self._run(stretch.key) != piece.run:
                break
            end = stretch.end
        return end

    def tokens(self, start: int, end: int) -> int:
        """About how many tokens stand there: known where a model wrote them, guessed of its own measure elsewhere."""
        known, letters = 0, 0
        for stretch in self._stretches(start):
            if stretch.start >= end:
                break
            piece = self._piece(stretch)
            if piece is not None and piece.start >= start and piece.end <= end:
                known += piece.token.tokens
                letters += piece.end - piece.start
        return known + round(max(end - start - letters, 0) / self._letters())

    def _letters(self) -> float:
        """Letters of a token, of the newest that were written."""
        newest = [self._known[key][0] for key in list(self._known)[-200:]]
        tokens = sum(token.tokens for token in newest)
        return max(sum(len(token.text) for token in newest) / tokens, 0.5) if tokens else _LETTERS

    def _run(self, key: int) -> int:
        return self._known[key][1] if key in self._known else 0

    def _piece(self, stretch: _Stretch) -> Piece | None:
        if stretch.key not in self._known:
            return None
        token, run = self._known[stretch.key]
        # A piece with a new line in it lies in two blocks; one that was edited has other letters.
        if not stretch.text or stretch.text not in token.text.split("\n"):
            return None
        return Piece(stretch.start, stretch.end, token, run)

    def _stretches(self, position: int) -> Iterator[_Stretch]:
        """Every stretch of one key from the one at `position` on; an empty line is one of no letters."""
        block = self._document.findBlock(position)
        while block.isValid():
            inside = block.begin()
            if inside.atEnd():
                key = block.charFormat().property(_PIECE)
                yield _Stretch(block.position(), block.position(), "", key if isinstance(key, int) else 0)
            while not inside.atEnd():
                fragment = inside.fragment()
                if fragment.position() + fragment.length() > position:
                    key = fragment.charFormat().property(_PIECE)
                    yield _Stretch(
                        fragment.position(),
                        fragment.position() + fragment.length(),
                        fragment.text(),
                        key if isinstance(key, int) else 0,
                    )
                inside += 1
            block = block.next()
