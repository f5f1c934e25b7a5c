"""Words offered under what one types in a prompt: tags of lists on disk, the model's own words, lists of words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from desktop.controls import set_role
from models.prompting.tags import Tag

MOST = 8


class Offers(QListWidget):
    """A list beside the cursor that never has the focus: the editor keeps it, and asks here what to do with its keys.
    `taken` carries the word that was clicked."""

    taken = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        set_role(self, "float")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Words that begin so")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.moved = False  # whether the person has gone to a word: only then does Enter take it
        self.itemClicked.connect(lambda item: self.taken.emit(item.data(Qt.ItemDataRole.UserRole)))
        self.hide()

    def show_at(self, tags: Sequence[Tag], line: QRect) -> None:
        """Offer these at a line of text, in coordinates of the parent: over it where there is room, else under it."""
        self.clear()
        for tag in tags[:MOST]:
            count = f"   {tag.count:,}" if tag.count else ""
            item = QListWidgetItem(f"{tag.text}{f'   ({tag.said})' if tag.said else ''}{count}")
            item.setData(Qt.ItemDataRole.UserRole, tag.text)
            self.addItem(item)
        if not self.count():
            self.hide()
            return
        self.moved = False
        self.setCurrentRow(0)
        height = self.sizeHintForRow(0) * self.count() + 2 * self.frameWidth() + 10
        width = min(max(self.sizeHintForColumn(0) + 28, 160), 420)
        room = self._over.size()
        top = line.top() - height - 4 if line.top() > height + 4 else line.bottom() + 4
        self.setGeometry(QRect(QPoint(max(min(line.left(), room.width() - width - 4), 0), top), self.size()))
        self.resize(width, height)
        self.raise_()
        self.show()

    def current(self) -> str:
        """The word that is marked."""
        item = self.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if item else ""

    def step(self, by: int) -> None:
        """Mark the next word, or the one before."""
        self.moved = True
        self.setCurrentRow((self.currentRow() + by) % self.count())
