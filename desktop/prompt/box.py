"""The prompt's place under the work: the prompt, what to avoid, the token count and the history."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop import measures
from desktop.aside import Aside
from desktop.controls import set_role, word
from desktop.picker import Picker, Row
from desktop.prompt.editor import PromptEdit
from desktop.prompt.history import History
from models import samples, tokens
from models.protocol import Card, ModelInfo

COUNT_AFTER_MS = 60
WORDLESS = "This model reads no words"
PROMPT, NEGATIVE = 44, 36  # px: two lines each


class PromptBox(QFrame):
    """Prompt and negative prompt of one model. `changed` whenever either is edited; `media` when a file is pasted."""

    changed = Signal()
    media = Signal(QMimeData)

    def __init__(self, aside: Aside, history: History, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._aside, self.history = aside, history
        self._model: ModelInfo | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        set_role(self, "well")
        self.prompt = PromptEdit("Prompt", _hint(None), measures.LARGE)
        self.negative = PromptEdit("Avoid", "What it should not show", measures.BODY)
        self.prompt.setFixedHeight(PROMPT)
        self.negative.setFixedHeight(NEGATIVE)
        self.negative.hide()
        self.line = QFrame()
        self.line.setFixedHeight(1)
        set_role(self.line, "line")
        self.line.hide()
        self.tokens = QLabel()
        set_role(self.tokens, "small")
        self.tokens.setAccessibleName("Tokens of the prompt")
        self.avoid = word("Avoid…", "Shows a second prompt: what the picture should not have.", True)
        self.avoid.toggled.connect(self._show_negative)
        self.past = word("History", "Finds a prompt that was used before (Ctrl+Up and Ctrl+Down go through them).")
        self.past.clicked.connect(self.open_history)
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(2)
        foot.addWidget(self.tokens)
        foot.addStretch(1)
        foot.addWidget(self.avoid)
        foot.addWidget(self.past)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(13, 10, 7, 5)
        inside.setSpacing(4)
        inside.addWidget(self.prompt)
        inside.addWidget(self.line)
        inside.addWidget(self.negative)
        inside.addLayout(foot)
        self._picker = Picker(self, "Find a prompt", "Prompts that you use will be listed here.")
        self._picker.taken.connect(self._take)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COUNT_AFTER_MS)
        self._timer.timeout.connect(self._count)
        for edit in (self.prompt, self.negative):
            edit.textChanged.connect(self._edited)
            edit.media.connect(self.media)
            edit.installEventFilter(self)
        self.prompt.older.connect(lambda: self._step(self.history.older(self.prompt.text())))
        self.prompt.newer.connect(lambda: self._step(self.history.newer()))

    def set_model(self, model: ModelInfo | None, medium: str = "picture") -> None:
        """Count with this model's tokenizer; offer what its card reads. Without one, ask for what makes that medium."""
        self._model = model
        card = model.card if model else None
        self.avoid.setVisible(bool(card and card.negative_prompt))
        self._show_negative(self.avoid.isChecked())
        self.prompt.setEnabled(card is None or bool(card.prompt_limit))
        self.prompt.setPlaceholderText(_hint(card, medium))
        self._timer.start()

    def texts(self) -> tuple[str, str]:
        """The prompt, and what to avoid (empty where the model cannot)."""
        can = self._model is None or self._model.card.negative_prompt
        return self.prompt.text().strip(), self.negative.text().strip() if can else ""

    def set_texts(self, prompt: str, negative: str = "") -> None:
        """Put other texts here; undo in each box takes it back."""
        self.prompt.replace_text(prompt)
        self.negative.replace_text(negative)
        if negative:
            self.avoid.setChecked(True)

    def remember(self) -> None:
        """Note the prompt in the history."""
        if write := self.history.add(self.prompt.text()):
            self._aside.run(write, lambda _: None)

    def open_history(self) -> None:
        """Let the person find a past prompt."""
        rows = [Row(p, p) for p in self.history.prompts]
        self._picker.open_at(rows, self.mapToGlobal(QPoint(0, -6)), self.width(), upwards=True)

    def _show_negative(self, shown: bool) -> None:
        shown = shown and not self.avoid.isHidden()
        self.negative.setVisible(shown)
        self.line.setVisible(shown)
        if shown and self.avoid.hasFocus():
            self.negative.setFocus()

    def _edited(self) -> None:
        self._timer.start()
        self.changed.emit()

    def _take(self, prompt: str) -> None:
        self.prompt.replace_text(prompt)
        self.prompt.setFocus()

    def _step(self, prompt: str | None) -> None:
        if prompt is not None:
            self.prompt.replace_text(prompt)

    def _count(self) -> None:
        model, text = self._model, self.prompt.text()
        if model is not None and not model.card.prompt_limit:
            self.tokens.setText(WORDLESS)
            set_role(self.tokens, "small")
            self.prompt.dim_from(0)
            return
        if model is None or not model.card.tokenizer:
            self.tokens.setText("")
            self.prompt.dim_from(None)
            return
        self._aside.run(
            lambda: tokens.count(model.path, model.card, text), lambda found: self._counted(model, text, found)
        )

    def _counted(self, model: ModelInfo, text: str, found: Any) -> None:
        if model is not self._model or text != self.prompt.text():
            return
        if isinstance(found, Exception):
            self.tokens.setText("")
            self.prompt.dim_from(None)
            return
        used, limit, kept = found
        over = used > limit
        said = f"{used} of {limit} tokens" + (": the rest is not read" if over else "")
        self.tokens.setText(said if limit else "")
        set_role(self.tokens, "small-warn" if over else "small")
        self.prompt.dim_from(kept if over else None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            set_role(self, "well", "focus" if event.type() == QEvent.Type.FocusIn else "")
        return super().eventFilter(watched, event)


def _hint(card: Card | None, medium: str = "picture") -> str:
    """What an empty prompt says, with an example of words that such a model knows."""
    task = card.tasks[0] if card is not None else f"text-to-{medium}"
    ask = {
        "sound": "Say what it should sound like",
        "video": "Say what should be seen to move",
        "text": "Write how it begins",
    }
    if task == "text-to-speech":
        return f"Write what is to be said: {samples.for_task(task)[0]}"
    return f"{ask.get(card.medium if card else medium, 'Say what it should show')}: {samples.for_task(task)[0]}"
