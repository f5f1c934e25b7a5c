"""The words that complete a prompt, read aside: the person's tag lists, a small model's own, lists of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from desktop.aside import Aside
from models.prompting import lists, tags
from models.prompting.tags import Tag, Words
from models.protocol import ModelInfo


class WordList:
    """Those of one model after another. Until they are read, and where they cannot be, there are none."""

    def __init__(self, aside: Aside) -> None:
        self._aside = aside
        self._model = ""
        self._words = Words()

    def of(self, model: ModelInfo) -> None:
        """Read the words for this model."""
        if model.id == self._model:
            return
        self._model = model.id

        def read() -> Words:
            own = tags.of_model(model.path, model.card.tokenizer)
            return Words([*(Tag(f"__{name}__") for name in lists.names()), *own, *tags.listed()])

        def came(found: Any) -> None:
            if model.id == self._model and isinstance(found, Words):
                self._words = found

        self._aside.run(read, came)

    def find(self, typed: str) -> Sequence[Tag]:
        """Those that begin as what was typed; none where that is a word itself."""
        found = self._words.find(typed)
        return () if any(tag.text.casefold() == typed.casefold() for tag in found) else found
