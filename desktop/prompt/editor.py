"""A text box for a prompt: what the encoder will not read is dimmed, and past prompts come with Ctrl+Up."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import QKeyEvent, QSyntaxHighlighter, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from desktop import measures, shortcuts, theme


class _Dimmer(QSyntaxHighlighter):
    """Greys everything from one index of the text on."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self.end: int | None = None

    def highlightBlock(self, text: str) -> None:
        if self.end is None:
            return
        block = self.currentBlock()
        start, length = max(self.end - block.position(), 0), block.length() - 1  # in UTF-16, as Qt counts
        if start < length:
            grey = QTextCharFormat()
            grey.setForeground(theme.current().color("text_3"))
            self.setFormat(start, length - start, grey)


class PromptEdit(QPlainTextEdit):
    """Plain text with its own undo. `older`, `newer`: the person asked for past prompts; `media`: pasted a file."""

    older = Signal()
    newer = Signal()
    media = Signal(QMimeData)

    def __init__(self, name: str, placeholder: str, size: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setFont(measures.font(size))
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self._dimmer = _Dimmer(self.document())
        theme.current().changed.connect(self._dimmer.rehighlight)

    def text(self) -> str:
        return self.toPlainText()

    def replace_text(self, text: str) -> None:
        """Put another text here, as one step that undo takes back."""
        if text == self.toPlainText():
            return
        cursor = self.textCursor()
        cursor.beginEditBlock()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        cursor.endEditBlock()
        cursor.movePosition(QTextCursor.MoveOperation.End)
        self.setTextCursor(cursor)

    def dim_from(self, end: int | None) -> None:
        """Dim what follows this index (in Python characters); None dims nothing."""
        if end is not None:
            # Qt counts in UTF-16: a character beyond the first plane is two there.
            end = len(self.toPlainText()[:end].encode("utf-16-le", "surrogatepass")) // 2
        if end != self._dimmer.end:
            self._dimmer.end = end
            self._dimmer.rehighlight()

    def event(self, event: QEvent) -> bool:
        if shortcuts.leave(event, self.document()):
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.modifiers() == Qt.KeyboardModifier.ControlModifier and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            (self.older if event.key() == Qt.Key.Key_Up else self.newer).emit()
            return
        super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasImage() or source.hasUrls() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if source.hasImage() or any(url.isLocalFile() for url in source.urls()):
            self.media.emit(source)
            return
        super().insertFromMimeData(source)
