"""The Text room's middle, as the window knows it: page and chat, what is written in them, and what is kept."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from desktop.aside import Aside, sentence
from desktop.middle import Middle
from desktop.saving import Saving
from desktop.text import exporting, keeping
from desktop.text.captions import CHAT, PAGE, Captions
from desktop.text.chat import Chat
from desktop.text.place import Place
from desktop.text.sheet import Sheet
from desktop.text.talk import TASK, Talk
from desktop.text.tally import Tally
from desktop.work import Sign, Wanted
from models.protocol import MAX_SEED, Medium, ModelInfo, Request, Token

NO_CHAT = "{name} brings no template for a chat: write on the page with it."
_CONTINUE = "continue"
_SAVE_MS = 900


class TextWork(Middle):
    """See `desktop.work.Work`."""

    medium: Medium = "text"
    writes = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet, self.chat, self.captions = Sheet(), Chat(), Captions()
        self._aside = Aside(self)
        self.talk = Talk(self.chat, self)
        self.tally = Tally(self._aside, self._text, self)
        self._model: ModelInfo | None = None
        self._coming: Place | None = None  # where the next piece of work goes
        self._wished = 0
        self._stack = QStackedWidget()
        self._stack.addWidget(self.sheet)
        self._stack.addWidget(self.chat)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._stack, 1)
        rows.addWidget(self.captions)
        self._saving = Saving(
            lambda: keeping.saving(self._desk(), keeping.path()),
            _SAVE_MS, self._aside, self.notice.emit, lambda: not self.busy, self,
        )  # fmt: skip
        self._connect()
        desk = keeping.load(keeping.path())
        self._record: Mapping[str, Any] = desk.record
        self._path = desk.path
        self.sheet.page.open(desk.text, desk.cursor)
        self.chat.set_turns(desk.turns)
        self.show_view(PAGE)
        self._saving.stop()

    def _connect(self) -> None:
        sheet, chat, words = self.sheet, self.chat, self.captions
        sheet.asked.connect(self._ask_at)
        sheet.notice.connect(self.notice)
        sheet.changed.connect(self._changed)
        sheet.escaped.connect(self.stop_wanted)
        sheet.empty.acted.connect(self.empty_acted)
        sheet.empty.suggested.connect(self._open_with)
        sheet.page.document().undoAvailable.connect(self._changed)
        self.talk.asked.connect(self.asked)
        chat.to_page.connect(self._to_page)
        chat.escaped.connect(self.stop_wanted)
        chat.changed.connect(self._changed)
        words.view_chosen.connect(self.show_view)
        words.go_on.clicked.connect(sheet.go_on)
        words.again.clicked.connect(self.again)
        words.stop.clicked.connect(self.stop_wanted)
        words.undo.clicked.connect(self.undo)
        words.export.clicked.connect(self.ask_export)
        self.tally.told.connect(words.caption.setText)

    # ── what the person does ──────────────────────────────────────────────────

    @property
    def view(self) -> str:
        return CHAT if self._stack.currentWidget() is self.chat else PAGE

    def show_view(self, view: str) -> None:
        """Open the page, or the chat where the model can."""
        chat = view == CHAT and self._can_chat
        self._stack.setCurrentWidget(self.chat if chat else self.sheet)
        self.setFocusProxy(self.chat.entry if chat else self.sheet.page)
        self._changed()

    def again(self) -> None:
        """Make the marked part, the sentence or the last answer again."""
        (self.talk if self.view == CHAT else self.sheet).again()

    def undo(self) -> None:
        if self.view == CHAT:
            self.chat.take_back()
        elif not self.busy:
            self.sheet.page.undo()

    def ask_export(self) -> None:
        """Let the person say where it is to be saved."""
        first = self.chat.question() if self.view == CHAT else self.sheet.page.text()
        name, kind = QFileDialog.getSaveFileName(self, "Export", exporting.file_name(first), exporting.FILTERS)
        if name:
            ending = ".txt" if "*.txt" in kind else ".md"
            self.export(name if Path(name).suffix.lower() in (".txt", ".md") else name + ending)

    def export(self, path: str) -> None:
        """Write what is open to that file, aside; a sentence says where it is, or why not."""
        work = (
            partial(exporting.chat, path, self.chat.turns, self._record)
            if self.view == CHAT
            else partial(exporting.page, path, self.sheet.page.text(), self._record)
        )

        def written(found: Any) -> None:
            self.notice.emit(sentence(found) if isinstance(found, Exception) else f"Saved as {found}.")

        self._aside.run(work, written)

    # ── what is being made ────────────────────────────────────────────────────

    @property
    def busy(self) -> bool:
        return self.sheet.busy or self.talk.busy

    def begin(self, request: Request) -> None:
        if self.busy:
            self.end(False)
        self.tally.begin()
        if request.task == TASK:
            self.talk.begin(request)
            self.show_view(CHAT)
        else:
            coming, self._coming = self._coming, None
            self.show_view(PAGE)
            if coming is None or coming.prompt != request.prompt:
                coming = self.sheet.new_part(request.prompt)
            self.sheet.begin(coming)
        self._changed()

    def show_preview(self, sign: Sign) -> None:
        if not isinstance(sign, Token) or sign.item:
            return  # of several, the first is written here; all are files
        if self.talk.busy:
            self.chat.take(sign.text)
        else:
            self.sheet.take(sign)
        self.tally.take(sign.tokens)

    def end(self, done: bool) -> None:
        self.talk.end()
        self.sheet.end(done)
        self.tally.end()
        self._changed()

    # ── what is finished ──────────────────────────────────────────────────────

    @property
    def path(self) -> str:
        return self._path

    def show_file(self, path: str) -> None:
        self._wished += 1
        wished = self._wished
        # What is written here now is on the page already, and so is what was left there the last time.
        here = self.busy or (path == self._path and bool(self._text().strip()))

        def arrived(found: Any) -> None:
            if wished != self._wished:
                return  # another one was asked for meanwhile
            if isinstance(found, Exception):
                self.notice.emit(sentence(found))
            else:
                self._take_file(path, found, here)

        self._aside.run(lambda: _read(path), arrived)

    def clear(self) -> None:
        """An empty page; undo brings back what was on it."""
        self._wished += 1
        self._path = ""
        self.sheet.page.put("", whole=True)

    # ── around it ─────────────────────────────────────────────────────────────

    def set_model(self, model: ModelInfo | None) -> None:
        self._model = model
        self.tally.set_model(model)
        self.show_view(self.view)

    def set_empty(self, sentence: str, word: str = "", suggestions: Sequence[str] = ()) -> None:
        self.sheet.set_empty(sentence, word, tuple(suggestions))

    def wanted(self) -> Wanted | None:
        if self.view == CHAT:
            return self.talk.wanted()
        self._coming = self.sheet.here()
        wanted = self._wanted(self._coming)
        # On an empty page the window's own words begin, if it has any.
        return wanted if wanted.prompt else replace(wanted, prompt=None)

    def deeds(self) -> Mapping[str, Callable[[], object]]:
        return {"part": self.again}

    def remember(self) -> dict[str, object]:
        return {"view": self.view}

    def recall(self, held: Mapping[str, object]) -> None:
        self.show_view(str(held.get("view", PAGE)))

    def enter(self) -> None:
        (self.chat.entry if self.view == CHAT else self.sheet.page).setFocus()

    def finish(self) -> None:
        self._aside.finish()
        self._saving.now()

    # ── inside ────────────────────────────────────────────────────────────────

    @property
    def _can_chat(self) -> bool:
        """Only a model that brings a template for it has the task."""
        return self._model is not None and TASK in self._model.card.tasks

    def _ask_at(self, where: Place) -> None:
        self._coming = where
        self.asked.emit(self._wanted(where))

    def _wanted(self, where: Place) -> Wanted:
        card = self._model.card if self._model else None
        task = _CONTINUE if card is None or _CONTINUE in card.tasks else ""
        settings = {"max_new_tokens": where.tokens} if where.tokens else {}
        # The same seed would only write the same words again.
        seed = random.randint(0, MAX_SEED) if where.again else None
        return Wanted(where.prompt, task=task, settings=settings, count=1, seed=seed)

    def _open_with(self, text: str) -> None:
        self.sheet.page.put(text, whole=True)
        self.sheet.go_on()

    def _to_page(self, text: str) -> None:
        self.show_view(PAGE)
        self.sheet.page.put(("\n\n" if self.sheet.page.text().strip() else "") + text)

    def _take_file(self, path: str, found: tuple[str, Mapping[str, Any]], here: bool) -> None:
        text, record = found
        self._path, self._record = path, record
        if here:
            pass
        elif record.get("task") == TASK:
            self.talk.take_file(text, record)
        elif text.strip() and text.strip() not in self.sheet.page.text() and not self.busy:
            self.sheet.page.put(f"{record.get('prompt', '')}{text}", whole=True)
        self.shown.emit(path)
        self._changed()

    def _changed(self, *_: object) -> None:
        name = self._model.name if self._model else "A model"
        self.captions.show_view(self.view, self._can_chat, NO_CHAT.format(name=name))
        if self.view == CHAT:
            anything = can_undo = bool(self.chat.turns)
        else:
            document = self.sheet.page.document()
            anything, can_undo = not document.isEmpty(), document.isUndoAvailable()
        self.captions.show_state(self.busy, anything, can_undo)
        self._saving.soon()
        self.tally.changed()

    def _text(self) -> str:
        return self.sheet.page.text() if self.view == PAGE else "\n".join(text for _, text in self.chat.turns)

    def _desk(self) -> keeping.Desk:
        page = self.sheet.page
        return keeping.Desk(page.text(), page.textCursor().position(), self.chat.turns, self._record, self._path)


def _read(path: str) -> tuple[str, dict[str, Any]]:
    from models.outputs import read

    return read.open_text(path), read.bare(read.read_settings(path))
