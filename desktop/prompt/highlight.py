"""Colours for a prompt while it is typed: signs by what they do, comments aside, faults underlined, the unread dim."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from desktop import theme
from models.prompting.scan import Kind, Problem, scan

# Signs in the colours that the families have, for they are made to be told apart on either ground.
_FAMILY: dict[Kind, str] = {"weight": "flow-matching", "choice": "autoregressive", "list": "hybrid", "variable": "flow"}


def utf16(text: str, index: int) -> int:
    """Where Qt has the letter that Python has at `index`: a character beyond the first plane is two there."""
    return len(text[:index].encode("utf-16-le", "surrogatepass")) // 2


class Highlighter(QSyntaxHighlighter):
    """Of one document. Without `signs` it only dims. `problems` are those that the text itself shows; what is found
    out elsewhere (a list that is not there) is added with `add`."""

    def __init__(self, document: QTextDocument, signs: bool = False) -> None:
        super().__init__(document)
        self.signs = signs
        self.end: int | None = None  # where reading ends, in UTF-16
        self.problems: tuple[Problem, ...] = ()
        self._text: str | None = None
        self._marks: list[tuple[int, int, Kind | Problem]] = []
        self._found: tuple[tuple[int, int, Kind], ...] = ()

    def read(self) -> None:
        """Look at the text anew, if it is another."""
        text = self.document().toPlainText()
        if text == self._text:
            return
        self._text = text
        taken = scan(text) if self.signs else None
        self.problems = tuple(taken.problems) if taken else ()
        self._found = tuple((p.start, p.end, p.kind) for p in taken.pieces) if taken else ()
        self._mark()

    def forget(self) -> None:
        """Whatever was seen counts no more."""
        self._text = None

    def add(self, problems: Sequence[Problem]) -> None:
        """These are all problems of the text as it is now."""
        if tuple(problems) != self.problems:
            self.problems = tuple(problems)
            self._mark()

    def problem_at(self, position: int) -> Problem | None:
        """The problem that lies at a position of the document (in UTF-16)."""
        for start, end, what in self._marks:
            if isinstance(what, Problem) and start <= position <= end:
                return what
        return None

    def dim_from(self, end: int | None) -> None:
        """Dim what follows this position (in UTF-16); None dims nothing."""
        if end != self.end:
            self.end = end
            self.rehighlight()

    def _mark(self) -> None:
        """Lay out what was found in Qt's positions, and paint it."""
        text = self._text or ""
        plain = len(text) == utf16(text, len(text))

        def at(index: int) -> int:
            return index if plain else utf16(text, index)

        marks: list[tuple[int, int, Kind | Problem]] = [(at(a), at(b), kind) for a, b, kind in self._found]
        marks += [(at(p.start), at(p.end), p) for p in self.problems]
        if marks != self._marks:
            self._marks = marks
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        block = self.currentBlock()
        first, length = block.position(), block.length() - 1
        for start, end, what in self._marks:
            begin, until = max(start - first, 0), min(end - first, length)
            if begin < until:
                self._lay(begin, until, what)
        if self.end is not None and (begin := max(self.end - first, 0)) < length:
            grey = QTextCharFormat()
            grey.setForeground(theme.current().color("text_3"))
            self.setFormat(begin, length - begin, grey)

    def _lay(self, begin: int, until: int, what: Kind | Problem) -> None:
        now = theme.current()
        for k in range(begin, until):
            shape = self.format(k)
            if isinstance(what, Problem):
                shape.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
                colour = now.color("accent" if what.fatal else "warn")
                shape.setUnderlineColor(colour)
                colour.setAlpha(48)
                shape.setBackground(colour)
            elif what in _FAMILY:
                shape.setForeground(QColor(now.tokens.family(_FAMILY[what])))
            else:
                shape.setForeground(now.color("text_3"))
                shape.setFontItalic(what == "comment")
            self.setFormat(k, 1, shape)
