"""Weights in a prompt, as AUTOMATIC1111's web UI documents them: `(boat)`, `[boat]`, `(boat:1.3)`, `\\(boat\\)`.

Its wiki, Features, "Attention/emphasis": round brackets make what is in them 1.1 times as important, square ones 1.1
times less, a number behind a colon says how much; they multiply where they lie in each other, and a backslash before
a sign makes it a letter. A bracket that is never closed reaches to the end of the prompt.
"""

from __future__ import annotations

import math
import re
from itertools import groupby
from typing import NamedTuple

STEP = 1.1
MOST = 10.0  # beyond it either way nothing but noise comes out
DEEPEST = 40  # brackets in each other; 1.1 to that power is far beyond MOST
# Signs that a backslash makes letters; before any other letter, a backslash is one itself.
SIGNS = "()[]{}|#$%_\\"
# A weight behind a colon. Digits are never given back (`++`): a long row of them would be parted in every way there is.
NUMBER = r":\s*+(?P<number>[+-]?(?:\d++(?:\.\d*+)?|\.\d++))\s*+\)"
TOKEN = re.compile(r"\\[" + re.escape(SIGNS) + "]|" + NUMBER + r"|[()\[\]]")


class Letter(NamedTuple):
    """One letter that the model reads, where it stands in the prompt (`start` to `end`), and its weight."""

    text: str
    weight: float
    start: int
    end: int


def letters(prompt: str) -> list[Letter]:
    """Every letter that is left when the signs are gone, in order."""
    kept: list[tuple[str, int, int]] = []
    weights: list[float] = []
    open_from: dict[str, list[int]] = {"(": [], "[": []}

    def close(bracket: str, by: float) -> None:
        for k in range(open_from[bracket].pop(), len(weights)):
            weights[k] *= by

    def keep(start: int, end: int) -> None:
        kept.extend((prompt[k], k, k + 1) for k in range(start, end))
        weights.extend([1.0] * (end - start))

    at = 0
    for match in TOKEN.finditer(prompt):
        keep(at, match.start())
        at = match.end()
        sign, number = match[0], match["number"]
        if sign[0] == "\\":
            kept.append((sign[1], match.start(), at))
            weights.append(1.0)
        elif sign in open_from and len(open_from[sign]) < DEEPEST:
            open_from[sign].append(len(weights))
        elif sign[-1] == ")" and open_from["("]:
            close("(", STEP if number is None else float(number))
        elif sign == "]" and open_from["["]:
            close("[", 1 / STEP)
        else:  # it closes nothing, and so it is what it is
            keep(match.start(), at)
    keep(at, len(prompt))
    for bracket, by in (("(", STEP), ("[", 1 / STEP)):
        while open_from[bracket]:
            close(bracket, by)
    return [Letter(text, _bounded(by), *where) for (text, *where), by in zip(kept, weights, strict=True)]


def parts(prompt: str) -> list[tuple[str, float]]:
    """The prompt as texts of one weight each, neighbours of the same weight together."""
    return [
        ("".join(one.text for one in same), weight)
        for weight, same in groupby(letters(prompt), key=lambda one: round(one.weight, 9))
    ]


def plain(prompt: str) -> str:
    """The words alone, for a model that cannot weigh them."""
    return "".join(one.text for one in letters(prompt)) if TOKEN.search(prompt) else prompt


def weighs(prompt: str) -> bool:
    """Whether any of it has another weight than 1."""
    return any(weight != 1 for _, weight in parts(prompt)) if TOKEN.search(prompt) else False


def escaped(text: str) -> str:
    """The text with a backslash before every sign, so that all of it is read as letters."""
    return re.sub(r"[()\[\]\\]", r"\\\g<0>", text)


def _bounded(weight: float) -> float:
    return max(-MOST, min(MOST, weight)) if math.isfinite(weight) else 1.0
