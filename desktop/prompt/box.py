"""The prompt's place under the work: the prompt, what to avoid, what there is to tell of it, history and styles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QInputDialog, QLabel, QMessageBox, QVBoxLayout, QWidget

from desktop import measures
from desktop.aside import Aside, sentence
from desktop.controls import set_role, word
from desktop.picker import Picker, Row
from desktop.prompt import shelves
from desktop.prompt.history import History
from desktop.prompt.signs import SignEdit
from desktop.prompt.stylebook import StyleBook
from desktop.prompt.told import Told, told
from desktop.prompt.wordlist import WordList
from models import samples
from models.prompting import reading, styles
from models.prompting.item import AVOID, takes_signs
from models.protocol import BadInput, Card, ModelInfo

COUNT_AFTER_MS = 60
KEEP_STYLE = "Keep what is written as a style…"
YOUR_STYLES = "Rename or delete styles…"
WORDLESS = "This model reads no words"
PROMPT, NEGATIVE = 44, 36  # px: two lines each
MOST_LINES = 7  # that a prompt grows to before it scrolls


class PromptBox(QFrame):
    """Prompt and negative prompt of one model. `changed` whenever either is edited; `media` when a file is pasted;
    `refused` says why something could not be done. `seed` gives the one that is shown, and whether it is kept."""

    changed = Signal()
    media = Signal(QMimeData)
    refused = Signal(str)

    def __init__(self, aside: Aside, history: History, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._aside, self.history = aside, history
        self._model: ModelInfo | None = None
        self.seed: Callable[[], tuple[int, bool]] = lambda: (0, False)
        self._words = WordList(aside, self)
        self._words.changed.connect(self.look_again)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        set_role(self, "well")
        self.prompt = SignEdit("Prompt", _hint(None), measures.LARGE)
        self.negative = SignEdit("Avoid", "What it should not show", measures.BODY)
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
        self.told = QLabel()
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.told.setAccessibleName("What is to be said of the prompt")
        set_role(self.told, "small")
        self.told.hide()
        self.avoid = word("Avoid…", "Shows a second prompt: what the picture should not have.", True)
        self.avoid.toggled.connect(self._show_negative)
        self.past = word("History", "Finds a prompt that was used before (Alt+Up and Alt+Down go through them).")
        self.past.clicked.connect(self.open_history)
        self.style_names = word("Styles", "Lays a style around the prompt and what to avoid; undo takes it off each.")
        self.style_names.clicked.connect(self.open_styles)
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(2)
        foot.addWidget(self.tokens)
        foot.addStretch(1)
        foot.addWidget(self.avoid)
        foot.addWidget(self.style_names)
        foot.addWidget(self.past)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(13, 10, 7, 5)
        inside.setSpacing(4)
        inside.addWidget(self.prompt)
        inside.addWidget(self.line)
        inside.addWidget(self.negative)
        inside.addWidget(self.told)
        inside.addLayout(foot)
        self._picker = Picker(self, "Find a prompt", "Prompts that you use will be listed here.")
        self._picker.taken.connect(self._take)
        self._styles = Picker(self, "Find a style", "There are no styles.")
        self._styles.taken.connect(self._put_on)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COUNT_AFTER_MS)
        self._timer.timeout.connect(self._count)
        for edit in (self.prompt, self.negative):
            edit.textChanged.connect(self._edited)
            edit.media.connect(self.media)
            edit.complete = self._words.find
            edit.entered.connect(self._words.look)
            edit.menu.connect(lambda menu: shelves.offer(menu, self.refused.emit))
            edit.installEventFilter(self)
        self.prompt.document().documentLayout().documentSizeChanged.connect(lambda _: self._grow())
        self.prompt.older.connect(lambda: self._step(self.history.older(self.prompt.text())))
        self.prompt.newer.connect(lambda: self._step(self.history.newer()))

    def set_model(self, model: ModelInfo | None, medium: str = "picture") -> None:
        """Count with this model's tokenizer; offer what its card reads. Without one, ask for what makes that medium."""
        self._model = model
        card = model.card if model else None
        self.avoid.setVisible(bool(card and card.negative_prompt))
        self._show_negative(self.avoid.isChecked())
        self.prompt.setEnabled(card is None or bool(card.prompt_limit))
        for edit in (self.prompt, self.negative):
            edit.set_signs(takes_signs(card))
        self.style_names.setVisible(takes_signs(card))
        if model is not None:
            self._words.of(model)
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

    def open_styles(self) -> None:
        """Let the person choose a style for what is written."""
        try:
            rows = [Row(one.name, one, " ".join(one.prompt.split())[:60]) for one in styles.known()]
            kept = bool(styles.own())
        except BadInput as error:
            self.refused.emit(str(error))
            return
        if self.prompt.text().strip():
            rows.append(Row(KEEP_STYLE, KEEP_STYLE))
        if kept:
            rows.append(Row(YOUR_STYLES, YOUR_STYLES))
        self._styles.open_at(rows, self.mapToGlobal(QPoint(0, -6)), self.width(), upwards=True)

    def look_again(self) -> None:
        """The seed is another one, or a list is, and so is what it says."""
        self._timer.start()

    def _put_on(self, style: styles.Style | str) -> None:
        if isinstance(style, str):
            if style == KEEP_STYLE:
                self._keep_style()
            else:
                StyleBook(self).open()
            return
        prompt, negative = style.around(self.prompt.text().strip(), self.negative.text().strip())
        can = self._model is None or self._model.card.negative_prompt
        self.set_texts(prompt, negative if can else self.negative.text())
        self.prompt.setFocus()

    def _keep_style(self) -> None:
        """Ask for a name, and keep what is written under it; `{prompt}` in it is where other words will go."""
        name, given = QInputDialog.getText(self, "Keep as a style", "What is it called?")
        if not given or not name.strip():
            return
        kept = styles.Style(" ".join(name.split()), self.prompt.text().strip(), self.texts()[1])
        try:
            there = next((one.name for one in styles.known() if one.name.casefold() == kept.name.casefold()), "")
        except BadInput as error:
            self.refused.emit(str(error))
            return
        question = f"There is a style {there} already. Put this one in its place?"
        if there and QMessageBox.question(self, "Keep as a style", question) != QMessageBox.StandardButton.Yes:
            return
        self._aside.run(lambda: styles.keep(kept), self._style_kept, self)

    def _style_kept(self, found: Any) -> None:
        if isinstance(found, Exception):
            self.refused.emit(sentence(found))

    def _grow(self) -> None:
        """As many lines as there are, within reason."""
        lines = min(max(round(self.prompt.document().size().height()), 2), MOST_LINES)
        self.prompt.setFixedHeight(PROMPT + (lines - 2) * self.prompt.fontMetrics().lineSpacing())

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
        model, text, negative = self._model, self.prompt.text(), self.negative.text()
        if model is not None and not model.card.prompt_limit:
            self._tell(Told(WORDLESS))
            self.prompt.dim_from(0)
            return
        seed, kept = self.seed()
        path, card = (model.path, model.card) if model else ("", None)

        def look() -> tuple[reading.Reading, reading.Reading]:
            return reading.read(text, seed, path, card), reading.read(negative, seed, path, card, AVOID)

        def seen(found: Any) -> None:
            if model is self._model and (text, negative) == (self.prompt.text(), self.negative.text()):
                self._seen(found, seed if kept else None)

        self._aside.run(look, seen, self)

    def _seen(self, found: Any, seed: int | None) -> None:
        if isinstance(found, Exception):
            self._tell(Told())
            self.prompt.dim_from(None)
            self.negative.dim_from(None)
            return
        prompt, negative = found
        for edit, one in ((self.prompt, prompt), (self.negative, negative)):
            edit.highlighter.read()  # a long text waits to be coloured: its faults would lie in the text before it
            edit.highlighter.add(one.problems)
            edit.dim_from(one.kept)
        problems = self._words.problems if self.prompt.highlighter.signs else ()
        self._tell(told(prompt, negative if self.negative.isVisible() else None, seed, problems))

    def _tell(self, what: Told) -> None:
        self.tokens.setText(what.tokens)
        set_role(self.tokens, "small-warn" if what.over else "small")
        self.told.setText(what.sentence)
        self.told.setVisible(bool(what.sentence))
        set_role(self.told, "small-warn" if what.warns else "small-second")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            set_role(self, "well", "focus" if event.type() == QEvent.Type.FocusIn else "")
        return super().eventFilter(watched, event)


def _hint(card: Card | None, medium: str = "picture") -> str:
    """What an empty prompt says, with an example of words that such a model knows."""
    task = card.tasks[0] if card is not None else f"text-to-{medium}"
    usual = (samples.for_card(card) if card is not None else samples.for_task(task))[0]
    ask = {
        "sound": "Say what it should sound like",
        "video": "Say what should be seen to move",
        "text": "Write how it begins",
    }
    if task == "text-to-speech":
        return f"Write what is to be said: {usual}"
    return f"{ask.get(card.medium if card else medium, 'Say what it should show')}: {usual}"
