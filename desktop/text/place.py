"""Where on a page a model is to write, what stands before it, and about how much: on from here, this again, or with
another word."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from PySide6.QtGui import QTextCursor, QTextDocument

from desktop.text.pieces import Piece, Pieces
from models.protocol import Token

_ENDS = re.compile(r"[.!?…]+[\"”’')\]]*(?=\s|$)|\n+")
_LEAST = 4  # tokens of a part that is made again
_ROOM = 1.25  # it may come out longer than it was: its last sentence is to be whole


@dataclass(frozen=True)
class Place:
    """`where`: its selection goes as soon as there is something to put there. `prompt` is all that the model reads.

    `tokens` is how many it writes at most, 0 as many as are set. `word` stands first, in the place of another one.
    `again`: what is written ends where a sentence does, if what stood there did.
    """

    where: QTextCursor
    prompt: str
    tokens: int = 0
    word: Token | None = None
    again: bool = False


def part(document: QTextDocument, start: int, end: int) -> QTextCursor:
    """A cursor that has selected a part of a document."""
    cursor = QTextCursor(document)
    cursor.setPosition(start)
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    return cursor


def text_between(document: QTextDocument, start: int, end: int) -> str:
    """Plain text of a part of a document, whatever Qt calls its new lines."""
    return part(document, start, end).selectedText().replace("\u2029", "\n").replace("\u2028", "\n")


def on_from(cursor: QTextCursor) -> Place:
    """Go on where the cursor is; what is selected stays."""
    where = QTextCursor(cursor)
    where.setPosition(cursor.selectionEnd())
    return Place(where, text_between(cursor.document(), 0, where.position()).rstrip(" \t"))


def once_more(document: QTextDocument, pieces: Pieces, start: int, end: int) -> Place | None:
    """Make this part again, about as long as it was; None where it is only white space.

    The space before it is made again too, for models write it with the word; the one after it stays.
    """
    before, text = text_between(document, 0, start), text_between(document, start, end)
    if not text.strip():
        return None
    # White space is one unit a letter wherever it is counted, so its length moves the ends.
    end -= len(text) - len(text.rstrip())
    start += len(text) - len(text.lstrip())
    if text == text.lstrip():
        kept = before.rstrip(" \t")
        start, before = start - (len(before) - len(kept)), kept
    else:
        before = (before + text[: len(text) - len(text.lstrip())]).rstrip(" \t")
        start = units(before)
    tokens = max(_LEAST, round(pieces.tokens(start, end) * _ROOM) + 1)
    return Place(part(document, start, end), before, tokens, again=True)


def instead(document: QTextDocument, pieces: Pieces, piece: Piece, word: str) -> Place:
    """Take another word in the place of this piece, and go on from there: what the same work wrote after it goes. What
    stands behind that keeps its distance: no more is written than was there."""
    end = pieces.run_end(piece)
    last = document.characterCount() - 1
    followed = bool(text_between(document, end, last).strip())
    before = text_between(document, 0, piece.start)
    taken = replace(piece.token, text=word, tokens=1, probability=dict(piece.token.alternatives).get(word))
    tokens = max(1, pieces.tokens(piece.start, end) - 1) if followed else 0
    return Place(part(document, piece.start, end), before + word, tokens, taken)


def sentence_at(document: QTextDocument, position: int) -> tuple[int, int]:
    """Start and end of the sentence that this position lies in."""
    text, place = document.toPlainText(), len(text_between(document, 0, position))
    ends = [found.end() for found in _ENDS.finditer(text)]
    start = max((end for end in ends if end <= place), default=0)
    end = min((end for end in ends if end > place), default=len(text))
    start += len(text[start:end]) - len(text[start:end].lstrip())
    return units(text[:start]), units(text[:end].rstrip())


def units(text: str) -> int:
    """How long a text is as Qt counts, in UTF-16: a letter beyond the first plane is two there."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def ends_a_sentence(text: str) -> bool:
    return bool(re.search(r"[.!?…][\"”’')\]]*\s*$", text))


def whole_sentences(text: str) -> str:
    """The text up to its last sentence's end, if that leaves the better half of it; else all of it."""
    ends = [found.end() for found in _ENDS.finditer(text) if text[found.start()] != "\n"]
    return text[: ends[-1]] if ends and ends[-1] * 2 >= len(text) else text
