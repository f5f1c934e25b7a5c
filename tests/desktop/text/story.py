"""A story as a model would tell it: pieces with what was weighed before each."""

from __future__ import annotations

import random
import re

from models.protocol import Token

OPENING = "Every evening Mira climbed the hundred steps to light the lamp, and her brother Tom rowed home before dark."
STORY = (
    "\n\nOne autumn the sea rose higher than the harbour wall. “Stay until the morning,” said Mira, because the storm "
    "had not yet reached the bay. But Tom had promised the baker his fish, and a promise was a thing he had never "
    "dropped in the water.\n\nSo he tied the red sail twice, and went out."
)
OTHERS = {"storm": (" wind", " night", " fog", " rain"), "sea": (" tide", " wind", " river", " moon")}


def tokens(text: str, seed: int = 3) -> list[Token]:
    """A piece a word, with its space before it; five alternatives each, the chances falling."""
    chance = random.Random(seed)
    made = []
    for piece in re.findall(r"\n+|[^\S\n]?[^\s]+", text):
        share = chance.uniform(0.46, 0.9)
        others = OTHERS.get(piece.strip(), (" so", " and", " then", " because"))
        left = [(1 - share) * 0.55**k for k in range(1, 5)]
        told = ((piece, share), *zip(others, left, strict=True))
        made.append(Token(piece, probability=share, alternatives=tuple(told)))
    return made
