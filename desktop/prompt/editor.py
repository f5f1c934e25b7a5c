"""A text box for words to a model: its own undo, pasted files handed on, and what will not be read dimmed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from desktop import measures, shortcuts, theme
from desktop.prompt.highlight import Highlighter, utf16


class PromptEdit(QPlainTextEdit):
    """Plain text with its own undo. `media`: pasted a file."""

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
        self.highlighter = Highlighter(self.document())
        theme.current().changed.connect(self.highlighter.rehighlight)

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
        self.highlighter.dim_from(None if end is None else utf16(self.toPlainText(), end))

    def event(self, event: QEvent) -> bool:
        if shortcuts.leave(event, self.document()):
            return False
        return super().event(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasImage() or source.hasUrls() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if source.hasImage() or any(url.isLocalFile() for url in source.urls()):
            self.media.emit(source)
            return
        super().insertFromMimeData(source)
