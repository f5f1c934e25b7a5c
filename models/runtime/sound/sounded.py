"""A VITS tokenizer that reads sounds of speech (IPA) and not letters, put to work without espeak-ng."""

from __future__ import annotations

import re
from typing import Any

from models.runtime.pronouncing import VARIETIES
from models.runtime.pronouncing.phonemes import phonemes
from models.runtime.pronouncing.words import MARKS


def reads_sounds(tokenizer: Any) -> bool:
    """Whether a text has to be told it in IPA, and the library that its makers did that with is not here."""
    return bool(getattr(tokenizer, "phonemize", False)) and not _espeak_is_here()


def _espeak_is_here() -> bool:
    try:
        from phonemizer.backend import EspeakBackend
    except ImportError:
        return False
    return bool(EspeakBackend.is_available())


class Sounded:
    """Stands in the tokenizer's place: a text in English becomes IPA by our own means, and then its numbers.

    `end` is the mark for a text without one at its end, where the model was never told any such.
    """

    def __init__(self, tokenizer: Any, end: str = "") -> None:
        tokenizer.phonemize = tokenizer.normalize = False  # what it is given is IPA already
        self._tokenizer = tokenizer
        self._known = frozenset(tokenizer.get_vocab())
        self._end = end
        self.accent = VARIETIES[0]

    def sentences(self, text: str) -> list[str]:
        """What is to be said, sentence by sentence, in IPA. Raises BadInput where what tells how words are said is
        missing."""
        sounds = phonemes(text, self.accent)
        if sounds and not sounds.endswith(tuple(MARKS)):
            sounds += self._end
        return re.split(r"(?<=[.?!…]) ", sounds)

    def __call__(self, sentence: str, **options: Any) -> Any:
        """The numbers of one of them; what the model has no number for is left out."""
        return self._tokenizer("".join(c for c in sentence if c in self._known), **options)
