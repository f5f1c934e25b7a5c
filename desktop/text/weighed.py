"""What the model weighed in the place of one piece: the likeliest words with their chances, each to be taken."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from desktop import measures, theme
from desktop.controls import set_role
from desktop.text.pieces import Piece

WIDTH = 212
ROWS = 6  # the five likeliest, and the one that was drawn where it is none of them
_QUIET = "Rest on a word that the model wrote, and see here what else it weighed."
_UNKNOWN = "What was weighed here is not known: it was written by hand, or in an earlier session."
_MARKS = {"\n": "new line", "\t": "tab", " ": "space"}


class Row(QAbstractButton):
    """One word, its share as a bar, and its chance."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.word, self.chance, self.taken = "", 0.0, False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.current().changed.connect(self.update)

    def show_word(self, word: str, chance: float, taken: bool) -> None:
        """`taken`: it is the one that stands there."""
        self.word, self.chance, self.taken = word, chance, taken
        self.setEnabled(not taken)
        self.setCursor(Qt.CursorShape.ArrowCursor if taken else Qt.CursorShape.PointingHandCursor)
        said = f"{named(word)}, {percent(chance)}"
        self.setAccessibleName(f"{said}: stands there" if taken else f"Take {said}, and go on from there")
        self.setToolTip("" if taken else "End the text here." if not word else f"Take “{named(word)}”, and go on")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH - 2 * measures.GROUP, 34)

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        live = self.underMouse() or self.hasFocus()
        text = QRectF(0, 2, self.width(), 20)
        painter.setPen(now.color("text" if self.taken or live else "text_2"))
        painter.setFont(measures.font(measures.BODY, QFont.Weight.DemiBold if self.taken else QFont.Weight.Normal))
        room = text.width() - 48
        words = painter.fontMetrics().elidedText(named(self.word), Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        painter.setPen(now.color("text_2" if self.taken or live else "text_3"))
        painter.setFont(measures.font(measures.SMALL))
        painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, percent(self.chance))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.color("line"))
        painter.drawRoundedRect(QRectF(0, 25, self.width(), 3), 1.5, 1.5)
        painter.setBrush(now.color("accent") if self.taken or live else now.color("text_3"))
        painter.drawRoundedRect(QRectF(0, 25, max(self.width() * min(self.chance, 1.0), 3), 3), 1.5, 1.5)
        if self.hasFocus():
            painter.setPen(now.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(-3.5, 0.5, 3.5, -0.5), 4, 4)


class Weighed(QWidget):
    """`taken` with the piece and the word that the person wants in its place; `again` for the part to make again."""

    taken = Signal(object, str)
    again = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("What the model weighed")
        self.piece: Piece | None = None
        self.title = QLabel(_QUIET)
        self.title.setWordWrap(True)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        set_role(self.title, "small")
        self.rows = [Row(self) for _ in range(ROWS)]
        self.part = QPushButton("Make this sentence again")
        self.part.setFont(measures.font(measures.SMALL, QFont.Weight.DemiBold))
        set_role(self.part, "chip")
        self.part.setToolTip("Makes what is marked, or the sentence that the cursor is in, again; the rest stays")
        self.part.clicked.connect(self.again)
        column = QVBoxLayout(self)
        column.setContentsMargins(measures.GROUP, measures.GROUP * 2, measures.GROUP, measures.GROUP)
        column.setSpacing(measures.INSIDE)
        column.addWidget(self.title)
        for row in self.rows:
            row.clicked.connect(lambda _=False, row=row: self.taken.emit(self.piece, row.word))
            column.addWidget(row)
            row.hide()
        column.addSpacing(measures.INSIDE)
        column.addWidget(self.part)
        column.addStretch(1)

    def show_piece(self, piece: Piece | None) -> None:
        """What was weighed where this piece stands; None: nothing is looked at."""
        self.piece = piece
        shown: list[tuple[str, float]] = []
        if piece is not None and piece.token.alternatives:
            shown = list(piece.token.alternatives)
            if piece.token.probability is not None and piece.token.text not in dict(shown):
                shown.append((piece.token.text, piece.token.probability))
        word = named(piece.token.text) if piece is not None else ""
        self.title.setText(f"At “{word}”, the model weighed" if shown else _UNKNOWN if piece is not None else _QUIET)
        for row, found in zip(self.rows, [*shown, *[None] * ROWS], strict=False):
            row.setVisible(found is not None)
            if found is not None and piece is not None:
                row.show_word(*found, found[0] == piece.token.text)

    def show_part(self, word: str, usable: bool) -> None:
        """What the button would make again: "sentence", or "part" where something is marked."""
        self.part.setText(f"Make this {word} again")
        self.part.setEnabled(usable)


def named(word: str) -> str:
    """A piece as it can be read: white space by its name."""
    if not word:
        return "The end"
    return word.strip() or " ".join(_MARKS.get(letter, letter) for letter in word)


def percent(chance: float) -> str:
    return f"{chance:.0%}" if chance >= 0.01 else "under 1%"
