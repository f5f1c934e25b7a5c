"""The words that complete a prompt, read aside: the person's tag lists, a small model's own, lists of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.aside import Aside
from models.prompting import listfiles, lists, tags
from models.prompting.tags import Tag, Words
from models.protocol import ModelInfo

_Seen = tuple[str, object]  # a model, and how the files were when its words were read


class WordList(QObject):
    """Those of one model after another. Until they are read, and where they cannot be, there are none.

    `changed` when they are others, or `problems` are: sentences on files that cannot be read.
    """

    changed = Signal()

    def __init__(self, aside: Aside, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._aside = aside
        self._model: ModelInfo | None = None
        self._seen: _Seen | None = None
        self._words = Words()
        self.problems: tuple[str, ...] = ()

    def of(self, model: ModelInfo) -> None:
        """The words for this model."""
        if self._model is None or model.id != self._model.id:
            self._model = model
            self.look()

    def look(self) -> None:
        """Read them again where a file is another one, or the model is."""
        model, seen = self._model, self._seen
        if model is None:
            return

        def read() -> tuple[_Seen, Words, tuple[str, ...]] | None:
            now = (model.id, (listfiles.stamps(lists.folder()), listfiles.stamps(tags.folder(), (tags.ENDING,))))
            if now == seen:
                return None
            own = tags.of_model(model.path, model.card.tokenizer)
            listed, problems = tags.listed()
            words = Words([*(Tag(f"__{name}__") for name in lists.names()), *own, *listed])
            return now, words, (*lists.problems(), *problems)

        def came(found: Any) -> None:
            if isinstance(found, tuple) and model is self._model:
                self._seen, self._words, self.problems = found
                self.changed.emit()

        self._aside.run(read, came, self)

    def find(self, typed: str) -> Sequence[Tag]:
        """Those that begin as what was typed; none where that is a word itself."""
        found = self._words.find(typed)
        return () if any(tag.text.casefold() == typed.casefold() for tag in found) else found
