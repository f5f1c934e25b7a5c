"""A chat with a model that brings a template for one: what was said as bubbles, and a line to say more."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop import measures
from desktop.controls import set_role, word
from desktop.prompt.editor import PromptEdit
from desktop.text.bubbles import ASSISTANT, USER, Bubble
from desktop.text.page import column

Turn = tuple[str, str]
_ENTRY = 46  # px: two lines
_SIDE = 30  # px beside a bubble's text
_EMPTY = "Ask something, and the answer comes here."


class Chat(QWidget):
    """`sent` with a question of the person's; `again` for another answer to the last; `to_page` with an answer that the
    person wants to work on; `escaped`: what is under way is to stop; `changed` whenever something was said."""

    sent = Signal(str)
    again = Signal()
    to_page = Signal(str)
    escaped = Signal()
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Chat")
        self._bubbles: list[Bubble] = []
        self._lines: list[QHBoxLayout] = []  # each bubble's place
        self._busy = False
        self._inside = QWidget()
        self._inside.setFont(measures.font(measures.LARGE))
        self._inside.setMaximumWidth(column(self._inside) + 2 * _SIDE)
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(measures.GROUP, measures.GROUP * 2, measures.GROUP, measures.GROUP)
        self._column.setSpacing(measures.GROUP)
        self.empty = QLabel(_EMPTY)
        set_role(self.empty, "second")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column.addWidget(self.empty, 1)
        self._words = self._last_words()
        self._column.addWidget(self._words)
        self._column.addStretch(1)
        around = QWidget()
        middle = QHBoxLayout(around)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.addStretch(1)
        middle.addWidget(self._inside, 100)
        middle.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(around)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._grown)
        self._at_end = True
        self._scroll.verticalScrollBar().valueChanged.connect(self._scrolled)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._scroll, 1)
        rows.addLayout(self._entry())
        self._refresh()

    # ── what was said ─────────────────────────────────────────────────────────

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All that was said, in order, as (role, text)."""
        return tuple((bubble.role, bubble.text) for bubble in self._bubbles)

    def set_turns(self, turns: tuple[Turn, ...]) -> None:
        while self._bubbles:
            self._drop()
        for role, text in turns:
            self._add(role, text)
        self._refresh()

    def question(self) -> str:
        """The last question."""
        return next((bubble.text for bubble in reversed(self._bubbles) if bubble.role == USER), "")

    def ask(self, text: str) -> None:
        """A question of the person's, and the place of its answer."""
        self._add(USER, text)
        self._add(ASSISTANT, "")
        self._at_end = True
        self._refresh()
        self.changed.emit()

    def ask_again(self) -> None:
        """The last answer's place, empty again."""
        if self._bubbles and self._bubbles[-1].role == ASSISTANT:
            self._bubbles[-1].show_text("")
        elif self._bubbles:
            self._add(ASSISTANT, "")
        self._refresh()
        self.changed.emit()

    def take(self, piece: str) -> None:
        """More of the answer."""
        if self._bubbles:
            answer = self._bubbles[-1]
            answer.show_text(answer.text + piece if answer.text else piece.lstrip())

    def set_busy(self, busy: bool) -> None:
        """An answer is under way, or has ended; one without a word leaves no bubble."""
        self._busy = busy
        if not busy and self._bubbles and self._bubbles[-1].role == ASSISTANT and not self._bubbles[-1].text:
            self._drop()
        self._refresh()
        if not busy:
            self.changed.emit()

    def take_back(self) -> bool:
        """Take the last question and its answer back; the question is in the line again. False where there is none."""
        if self._busy or not self._bubbles:
            return False
        question = self.question()
        while self._bubbles and self._bubbles[-1].role == ASSISTANT:
            self._drop()
        if self._bubbles:
            self._drop()
        self.entry.replace_text(question)
        self.entry.setFocus()
        self._refresh()
        self.changed.emit()
        return True

    # ── inside ────────────────────────────────────────────────────────────────

    def _entry(self) -> QHBoxLayout:
        self.entry = PromptEdit("Message", "Say something", measures.LARGE)
        self.entry.setFixedHeight(_ENTRY)
        self.entry.installEventFilter(self)
        self.entry.textChanged.connect(self._refresh)
        well = QFrame()
        well.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        set_role(well, "well")
        self._well = well
        self.send = QPushButton("Send")
        self.send.setToolTip("Send it (Enter; Shift+Enter begins a new line)")
        self.send.clicked.connect(self._send)
        inside = QHBoxLayout(well)
        inside.setContentsMargins(13, 8, 8, 8)
        inside.addWidget(self.entry, 1)
        inside.addWidget(self.send, 0, Qt.AlignmentFlag.AlignBottom)
        well.setMaximumWidth(self._inside.maximumWidth())
        row = QHBoxLayout()
        row.setContentsMargins(measures.GROUP, 0, measures.GROUP, measures.INSIDE)
        row.addStretch(1)
        row.addWidget(well, 100)
        row.addStretch(1)
        return row

    def _last_words(self) -> QWidget:
        words = QWidget()
        row = QHBoxLayout(words)
        row.setContentsMargins(9, 0, 0, 0)
        row.setSpacing(0)
        self.once_more = word("Answer again", "Another answer to the last question")
        self.once_more.clicked.connect(self.again)
        self.page = word("Put it on the page", "Copies the last answer to the end of the page, to write on with")
        self.page.clicked.connect(lambda: self.to_page.emit(self._bubbles[-1].text))
        self.back = word("Take back", "Takes the last question and its answer back (Ctrl+Z)")
        self.back.clicked.connect(self.take_back)
        for button in (self.once_more, self.page, self.back):
            row.addWidget(button)
        row.addStretch(1)
        return words

    def _add(self, role: str, text: str) -> None:
        bubble = Bubble(role, text)
        line = bubble.row()
        self._column.insertLayout(self._column.indexOf(self._words), line)
        self._bubbles.append(bubble)
        self._lines.append(line)

    def _drop(self) -> None:
        bubble = self._bubbles.pop()
        line = self._lines.pop()
        self._column.removeItem(line)
        bubble.setParent(None)
        bubble.deleteLater()
        line.deleteLater()

    def _send(self) -> None:
        text = self.entry.text().strip()
        if text and not self._busy:
            self.entry.replace_text("")
            self.sent.emit(text)

    def _refresh(self) -> None:
        said = bool(self._bubbles)
        self.empty.setVisible(not said)
        self._words.setVisible(said and not self._busy)
        self.page.setVisible(said and self._bubbles[-1].role == ASSISTANT)
        self.send.setEnabled(not self._busy and bool(self.entry.text().strip()))

    def _scrolled(self, value: int) -> None:
        self._at_end = value >= self._scroll.verticalScrollBar().maximum() - 24

    def _grown(self) -> None:
        if self._at_end:  # later: the range has changed, the page is not laid out yet
            bar = self._scroll.verticalScrollBar()
            QTimer.singleShot(0, self, lambda: bar.setValue(bar.maximum()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            set_role(self._well, "well", "focus" if event.type() == QEvent.Type.FocusIn else "")
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not shift:
                self._send()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.escaped.emit()
                return True
        return super().eventFilter(watched, event)
