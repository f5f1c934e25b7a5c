"""How a model works, in its card's words, and the facts about this copy of it."""

from __future__ import annotations

import re

from PySide6.QtGui import QColor, QFont, QTextBlock, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QLabel, QTextBrowser, QVBoxLayout, QWidget

from desktop import theme
from desktop.catalog.facts import Facts, of_model
from desktop.colours import Tokens
from desktop.controls import hairline, set_role
from models import folders
from models.protocol import ModelInfo

_TITLE = re.compile(r"\A\s*# [^\n]*\n+(\*[^*\n]+\*\n+)?")


class Guide(QWidget):
    """The page behind "How it works"; `with_facts` below it, where no other page tells them."""

    def __init__(self, parent: QWidget | None = None, *, with_facts: bool = True) -> None:
        super().__init__(parent)
        self._model: ModelInfo | None = None
        self.process = QLabel()
        self.process.setWordWrap(True)
        set_role(self.process, "heading")
        self.text = QTextBrowser()
        self.text.setAccessibleName("How it works")
        self.text.setOpenLinks(False)  # nothing here reaches for a network
        self.text.setSearchPaths([str(folders.resources() / "guides")])  # for its pictures
        self.text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.text.document().setDocumentMargin(0)
        self.facts = Facts()
        line = hairline()
        inside = QVBoxLayout(self)
        inside.setContentsMargins(16, 14, 12, 16)
        inside.setSpacing(12)
        inside.addWidget(self.process)
        inside.addWidget(self.text, 1)
        inside.addWidget(line)
        inside.addWidget(self.facts)
        line.setVisible(with_facts)
        self.facts.setVisible(with_facts)
        theme.current().changed.connect(self._show_again)

    def show_model(self, model: ModelInfo | None) -> None:
        """Tell about this model."""
        self._model = model
        if model is None:
            return
        t = theme.current().tokens
        self.process.setText(model.card.process or model.card.name)
        self.text.setMarkdown(guide_text(model.card.guide))
        self._set_type(t)
        self.facts.tell(of_model(model))

    def _show_again(self) -> None:
        self.show_model(self._model)

    def _set_type(self, t: Tokens) -> None:
        """Markdown's headings are made for pages; here they are words of the panel, set by weight."""
        document = self.text.document()
        document.setIndentWidth(18)
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        block = document.begin()
        while block.isValid():
            level = block.blockFormat().headingLevel()
            shape, letters = QTextBlockFormat(), QTextCharFormat()
            shape.setLineHeight(132, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
            shape.setTopMargin(14 if level and block.blockNumber() else 0)
            shape.setBottomMargin(4 if level else 8)
            letters.setForeground(QColor(t.text if level else t.text_2))
            cursor.setPosition(block.position())
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            if level:
                letters.setFontWeight(QFont.Weight.DemiBold)
                letters.setProperty(QTextFormat.Property.FontSizeAdjustment.value, 0)
            cursor.mergeBlockFormat(shape)
            cursor.mergeCharFormat(letters)
            self._lighten(block)
            block = block.next()
        cursor.endEditBlock()
        self.text.verticalScrollBar().setValue(0)

    def _lighten(self, block: QTextBlock) -> None:
        """Bold as the shipped type has it: a weight that it lacks would be smeared."""
        lighter = QTextCharFormat()
        lighter.setFontWeight(QFont.Weight.DemiBold)
        bold, at = [], block.begin()
        while not at.atEnd():
            if (fragment := at.fragment()).charFormat().fontWeight() > QFont.Weight.DemiBold:
                bold.append((fragment.position(), fragment.length()))
            at += 1
        for start, length in bold:
            cursor = QTextCursor(block)
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(lighter)


def guide_text(guide: str) -> str:
    """A card's guide as markdown: the text itself, or the shipped file that it names."""
    if not guide.endswith(".md"):
        return guide
    file = folders.resources() / guide.removeprefix("resources/")
    try:
        text = file.read_text("utf-8")
    except OSError:
        return ""
    # Its title, and the line under it, stand above the text already.
    return _TITLE.sub("", text, count=1)
