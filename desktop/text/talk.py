"""What goes on in the chat: questions become requests, answers grow, and a file of one brings its chat back."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.text.bubbles import ASSISTANT, USER
from desktop.text.chat import Chat
from desktop.work import Wanted
from models.protocol import MAX_SEED, Request

TASK = "chat"


class Talk(QObject):
    """`asked` with a `Wanted` for each question. `busy` while an answer comes."""

    asked = Signal(object)

    def __init__(self, chat: Chat, parent: QObject) -> None:
        super().__init__(parent)
        self.chat = chat
        self.busy = False
        self._instead = False  # the next answer takes the place of the last
        chat.sent.connect(lambda text: self.asked.emit(self._question(text, self.chat.turns)))
        chat.again.connect(self.again)

    def wanted(self) -> Wanted | None:
        """What stands in the line, as a question; None where nothing does."""
        text = self.chat.entry.text().strip()
        return self._question(text, self.chat.turns) if text else None

    def again(self) -> None:
        """Ask the last question once more."""
        turns = self.chat.turns
        places = [k for k, (role, _) in enumerate(turns) if role == USER]
        if places and not self.busy:
            self._instead = True
            # The same seed would only give the same answer.
            seed = random.randint(0, MAX_SEED)
            self.asked.emit(self._question(turns[places[-1]][1], turns[: places[-1]], seed))

    def begin(self, request: Request) -> None:
        """An answer to this is about to come."""
        instead, self._instead = self._instead, False
        if instead and self.chat.question() == request.prompt:
            self.chat.ask_again()
        else:
            if self.chat.turns != request.history:
                self.chat.set_turns(request.history)
            if self.chat.entry.text().strip() == request.prompt:
                self.chat.entry.replace_text("")
            self.chat.ask(request.prompt)
        self.busy = True
        self.chat.set_busy(True)

    def end(self) -> None:
        if self.busy:
            self.busy = False
            self.chat.set_busy(False)

    def take_file(self, text: str, record: Mapping[str, Any]) -> None:
        """The chat that an answer is of, unless it is the one that is open."""
        said = tuple((str(role), str(words)) for role, words in record.get("history", ()))
        turns = (*said, (USER, str(record.get("prompt", ""))), (ASSISTANT, text))
        if not any(words.strip() == text.strip() for _, words in self.chat.turns):
            self.chat.set_turns(turns)

    @staticmethod
    def _question(text: str, history: tuple[tuple[str, str], ...], seed: int | None = None) -> Wanted:
        return Wanted(text, task=TASK, count=1, history=history, seed=seed)
