"""How much is written and how fast it comes, in a few words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.aside import Aside
from desktop.text import pace
from models import tokens
from models.protocol import ModelInfo

_AFTER_MS = 350  # counting waits until nobody types


class Tally(QObject):
    """`told` whenever the words change. `text` gives what is to be counted now."""

    told = Signal(str)

    def __init__(self, aside: Aside, text: Callable[[], str], parent: QObject) -> None:
        super().__init__(parent)
        self._aside, self._text = aside, text
        self._model: ModelInfo | None = None
        self.pace = pace.Pace()
        self._running = False
        self._known: tuple[str, ModelInfo | None] | None = None  # what was counted last, and for which model
        self._counted = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_AFTER_MS)
        self._timer.timeout.connect(self.count)

    def set_model(self, model: ModelInfo | None) -> None:
        """Tokens are this model's from now on."""
        self._model = model
        self._timer.start()

    def begin(self) -> None:
        self.pace, self._running = pace.Pace(), True
        self.tell()

    def take(self, tokens: int) -> None:
        self.pace.take(tokens)
        self.tell()

    def end(self) -> None:
        self._running = False
        self.tell()

    def changed(self) -> None:
        """The text is another one: it is counted in a moment."""
        self._timer.start()

    def count(self) -> None:
        """Words here and now, tokens as soon as they are counted aside."""
        text, model = known = self._text(), self._model
        if known == self._known:  # only the cursor has moved
            return
        self._known = known
        words = pace.words(text)
        self._counted = f"{words:,} word{'' if words == 1 else 's'}"
        self.tell()
        if model is None or not model.card.tokenizer or not text:
            return

        def counted(found: Any) -> None:
            if not isinstance(found, Exception) and known is self._known:
                self._counted += f" · {found[0]:,} tokens"
                self.tell()

        self._aside.run(lambda: tokens.count(model.path, model.card, text), counted)

    def tell(self) -> None:
        speed = pace.rate(self.pace.now if self._running else self.pace.whole)
        written = f"{self.pace.tokens:,} written" if self._running else ""
        self.told.emit(" · ".join(part for part in (speed, written, self._counted) if part))
