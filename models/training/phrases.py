"""Sentences to be read aloud: the world's own, and any words in a row, for a voice that is to say any sentence."""

from __future__ import annotations

import random
import re
from functools import lru_cache

from models.runtime.pronouncing.words import MARKS, said
from models.training.pictures import UNSEEN
from models.training.pronounced import SMALL, dictionary
from models.training.tales import text

LONGEST = 90  # letters; what is longer would be mostly padding beside it
_OWN, _SMALL, _COMMA = 0.4, 0.45, 0.1  # how often: a sentence of the world's, a small word, a comma after a word
_ENDS = (".", "?", "!", "…")
_ODDS = (16, 3, 2, 1)


def sentence(seed: int) -> str:
    """The sentence of a seed, as words in small letters and marks: numbers are written out."""
    draw = random.Random(f"say {seed}")
    return own(seed) if draw.random() < _OWN else _any(draw)


def own(seed: int) -> str:
    """A sentence of the world's stories and descriptions."""
    draw = random.Random(f"own {seed}")
    found = [one.strip() for one in re.split(r"(?<=[.!?])\s+", text(seed)) if 10 < len(one.strip()) <= LONGEST]
    return joined(said(draw.choice(found))) if found else _any(draw)


def unseen(count: int, trained: int) -> list[str]:
    """Sentences of the world that none of the first `trained` is, no two the same."""
    known = {sentence(seed) for seed in range(trained)}
    found: dict[str, None] = {}
    seed = UNSEEN
    while len(found) < count:
        if (one := own(seed)) not in known:
            found[one] = None
        seed += 1
    return list(found)


def joined(pieces: list[str]) -> str:
    """Words and marks as a text, in which "I" is large: small, it is a letter to espeak-ng."""
    words = ["I" + piece[1:] if piece == "i" or piece.startswith("i'") else piece for piece in pieces]
    return "".join(word if word in MARKS else f" {word}" for word in words).strip()


def _any(draw: random.Random) -> str:
    pieces: list[str] = []
    for _ in range(draw.randint(2, 10)):
        pieces.append(draw.choice(SMALL) if draw.random() < _SMALL else draw.choice(_words()))
        if draw.random() < _COMMA:
            pieces.append(draw.choice(",,,;:"))
    if pieces[-1] in MARKS:
        pieces.pop()
    return joined([*pieces, draw.choices(_ENDS, _ODDS)[0]])


@lru_cache(maxsize=1)
def _words() -> list[str]:
    return [word for word in dictionary() if 2 < len(word) < 13 and set(word) & set("aeiouy")]
