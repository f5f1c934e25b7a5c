"""The row under the page: how much is there, how fast it comes, and the words for what can be done."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QWidget

from desktop import measures
from desktop.controls import word

HEIGHT = 40
PAGE, CHAT = "page", "chat"


class Captions(QWidget):
    """`view_chosen` with "page" or "chat"; the other words are buttons for whoever knows what they do."""

    view_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.caption = QLabel()
        self.caption.setProperty("role", "small")
        self.caption.setAccessibleName("How much is written")
        self.page = word("Page", "Write on a page with the model", True)
        self.chat = word("Chat", "Ask the model, and let it answer", True)
        self._views = QButtonGroup(self)
        for button, view in ((self.page, PAGE), (self.chat, CHAT)):
            self._views.addButton(button)
            button.clicked.connect(lambda _=False, view=view: self.view_chosen.emit(view))
        self.page.setChecked(True)
        self.go_on = word("Continue", "Let the model write on where the cursor is (Ctrl+Enter)")
        self.again = word("Make this part again", "What is marked, or the cursor's sentence; the rest stays (Ctrl+M)")
        self.stop = word("Stop", "Stop what is being written; what is there stays (Esc)")
        self.undo = word("Undo", "Take back the last thing written, whoever wrote it (Ctrl+Z)")
        self.export = word("Export…", "Save all of it as Markdown or plain text")
        row = QHBoxLayout(self)
        row.setContentsMargins(measures.GROUP, 0, measures.GROUP - 5, 0)
        row.setSpacing(0)
        row.addWidget(self.caption, 1)
        self._of_page: list[QWidget] = [self.go_on, self.again]
        for k, group in enumerate(
            ((self.page, self.chat), (self.go_on, self.again, self.stop, self.undo, self.export))
        ):
            if k:
                row.addSpacing(measures.GROUP)
            for n, button in enumerate(group):
                if n:
                    dot = QLabel("·")
                    dot.setProperty("role", "small")
                    row.addWidget(dot)
                    if group[n - 1] in self._of_page:
                        self._of_page.append(dot)
                row.addWidget(button)

    def show_view(self, view: str, can_chat: bool, why: str) -> None:
        """Which of the two is open; `why` the chat cannot be, as a sentence."""
        (self.chat if view == CHAT else self.page).setChecked(True)
        for widget in self._of_page:  # the chat has words of its own for them
            widget.setVisible(view == PAGE)
        self.chat.setEnabled(can_chat)
        self.chat.setToolTip(self.chat.accessibleDescription() if can_chat else why)

    def show_state(self, busy: bool, anything: bool, can_undo: bool) -> None:
        """What can be done now."""
        self.go_on.setEnabled(not busy)
        self.again.setEnabled(anything and not busy)
        self.stop.setEnabled(busy)
        self.undo.setEnabled(can_undo and not busy)
        self.export.setEnabled(anything and not busy)
