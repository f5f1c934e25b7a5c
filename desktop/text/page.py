"""The page: plain text in a column that is good to read, written by the person and by the model alike."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QTextEdit, QWidget

from desktop import measures, shortcuts, theme
from desktop.text.pieces import Piece, Pieces
from desktop.text.place import part
from desktop.text.typeface import page_font

LETTERS = 68  # of a line: more are hard to follow
_TYPICAL = "the keeper of the white lighthouse climbed the hundred steps, and Tom rowed home before it was dark. "
_LINE, _PARAGRAPH = 132, 4  # per cent of the type's own height, px
_DWELL_MS = 110  # a pointer on its way elsewhere asks nothing


def column(widget: QWidget) -> int:
    """How wide a line of so many letters is in a widget's type, in px."""
    return round(widget.fontMetrics().horizontalAdvance(_TYPICAL) / len(_TYPICAL) * LETTERS)


class _Headings(QSyntaxHighlighter):
    """Markdown's headings in a weight of their own: the page stays plain text."""

    def highlightBlock(self, text: str) -> None:
        mark = text.partition(" ")[0]
        if mark and len(mark) <= 3 and not mark.strip("#") and len(text) > len(mark) + 1:
            strong, quiet = QTextCharFormat(), QTextCharFormat()
            strong.setFontWeight(QFont.Weight.DemiBold)
            quiet.setForeground(theme.current().color("text_3"))
            self.setFormat(0, len(mark), quiet)
            self.setFormat(len(mark), len(text) - len(mark), strong)


class Page(QTextEdit):
    """`looked_at`: a piece that the pointer rests on or that the cursor is in; None where there is none of the model's.
    `escaped`: the person wants what is under way to stop. While it is `busy` nobody types."""

    looked_at = Signal(object)
    escaped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Page")
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setFont(page_font())
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setPlaceholderText("Write a beginning here, and let the model go on.")
        self.document().setDocumentMargin(0)
        self._headings = _Headings(self.document())
        theme.current().changed.connect(self._headings.rehighlight)
        theme.current().changed.connect(self._tint)
        self._lay_lines()
        self._tint()
        self.pieces = Pieces(self.document())
        self._busy: QTextCursor | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_DWELL_MS)
        self._rest.timeout.connect(self._rested)
        self._pointer = QPoint()
        self.viewport().setMouseTracking(True)
        self.cursorPositionChanged.connect(self._moved)

    # ── the text ──────────────────────────────────────────────────────────────

    def text(self) -> str:
        return self.toPlainText()

    def open(self, text: str, position: int | None = None) -> None:
        """Begin with this text, with nothing to undo, and with the cursor there, or at the end."""
        self.setPlainText(text)
        self._lay_lines()
        last = self.document().characterCount() - 1
        cursor = self.textCursor()
        cursor.setPosition(last if position is None else min(max(position, 0), last))
        self.setTextCursor(cursor)

    def put(self, text: str, whole: bool = False) -> None:
        """Write at the end, or in the place of everything, as one step that undo takes back."""
        cursor = self.textCursor()
        cursor.beginEditBlock()
        if whole:
            cursor.select(QTextCursor.SelectionType.Document)
        else:
            cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text, QTextCharFormat())
        cursor.endEditBlock()
        cursor.movePosition(QTextCursor.MoveOperation.End)
        self.setTextCursor(cursor)

    def set_busy(self, cursor: QTextCursor | None) -> None:
        """A model writes at this cursor; None: it is the person's page again."""
        self._busy = cursor
        self.setReadOnly(cursor is not None)
        self.viewport().update()

    def follow(self, cursor: QTextCursor, was_seen: bool) -> None:
        """Keep what is being written in sight, unless the person has scrolled away from it."""
        if was_seen:
            shown = QTextCursor(cursor)
            shown.clearSelection()
            self.setTextCursor(shown)
            self.ensureCursorVisible()

    def sees(self, cursor: QTextCursor) -> bool:
        return self.viewport().rect().adjusted(0, -4, 0, 8).intersects(self.cursorRect(cursor))

    def show_marks(self, start: int, end: int, look: Piece | None) -> None:
        """Tint a part, and underline the piece that is looked at."""
        now = theme.current()
        marks = []
        space = len(look.token.text) - len(look.token.text.lstrip(" ")) if look else 0
        for begin, stop, accent in ((start, end, 0.16), (look.start + space, look.end, 0.28) if look else (0, 0, 0.0)):
            if stop > begin:
                mark = QTextEdit.ExtraSelection()
                mark.cursor = part(self.document(), begin, stop)  # type: ignore[attr-defined]
                tint = now.color("accent")
                tint.setAlphaF(accent)
                mark.format.setBackground(tint)  # type: ignore[attr-defined]
                marks.append(mark)
        self.setExtraSelections(marks)

    def _tint(self) -> None:
        """What is marked stays good to read: it is what would be made again."""
        now = theme.current().tokens
        tint = now.mixed(now.accent, 0.30, now.ground)
        self.setStyleSheet(f"selection-background-color: {tint}; selection-color: {now.text};")

    def _lay_lines(self) -> None:
        lines = QTextBlockFormat()
        lines.setLineHeight(_LINE, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        lines.setBottomMargin(_PARAGRAPH)
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.setBlockFormat(lines)
        self.document().clearUndoRedoStacks()

    # ── the pointer ───────────────────────────────────────────────────────────

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._pointer = event.position().toPoint()
        if not event.buttons():
            self._rest.start()

    def leaveEvent(self, event: QEvent) -> None:
        self._rest.stop()
        super().leaveEvent(event)

    def _rested(self) -> None:
        cursor = self.cursorForPosition(self._pointer)
        box = self.cursorRect(cursor)
        if not box.top() - 2 <= self._pointer.y() <= box.bottom() + 2:
            return
        # The cursor goes between two letters: the pointer is on the one before, or the one after.
        before = cursor.position() - 1 if self._pointer.x() < box.x() else cursor.position()
        if (piece := self.pieces.at(before)) is not None:
            self.looked_at.emit(piece)

    def _moved(self) -> None:
        if self._busy is None and not self.textCursor().hasSelection():
            position = self.textCursor().position()
            self.looked_at.emit(self.pieces.at(position) or (self.pieces.at(position - 1) if position else None))

    # ── the keys ──────────────────────────────────────────────────────────────

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel:  # also beside the column
            return QCoreApplication.sendEvent(self.verticalScrollBar(), event)
        if shortcuts.leave(event, self.document()):
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
            return
        if not self.textCursor().hasSelection():
            self.setCurrentCharFormat(QTextCharFormat())  # what the person types is no part of a model's piece
        super().keyPressEvent(event)

    def createMimeDataFromSelection(self) -> QMimeData:
        data = QMimeData()
        data.setText(self.textCursor().selection().toPlainText())
        return data

    def insertFromMimeData(self, source: QMimeData) -> None:
        self.textCursor().insertText(source.text(), QTextCharFormat())

    # ── how it looks ──────────────────────────────────────────────────────────

    def resizeEvent(self, event: QResizeEvent) -> None:
        side = max((self.width() - column(self)) // 2, measures.GROUP * 2)
        self.setViewportMargins(side, measures.GROUP * 2, side - 12, measures.GROUP)
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._busy is not None:
            at = self.cursorRect(self._busy)
            painter = QPainter(self.viewport())
            painter.fillRect(at.x() + 2, at.y() + 2, 8, at.height() - 4, theme.current().color("accent"))
