"""A word of a prompt made more or less important by a step: Ctrl+Up and Ctrl+Down, as in AUTOMATIC1111's web UI."""

from __future__ import annotations

import re
from typing import NamedTuple

from models.prompting.scan import scan
from models.prompting.weights import MOST, STEP, TOKEN

STRIDE = 0.1
_WORD = re.compile(r"[\w'’-]+")


class Edit(NamedTuple):
    """Letters `start` to `end` give way to `text`; then those from `first` to `last` are marked."""

    start: int
    end: int
    text: str
    first: int
    last: int


class _Group(NamedTuple):
    """Round brackets from `start` to `end`, what is in them, and their weight."""

    start: int
    inside: int
    until: int
    end: int
    weight: float


def nudge(prompt: str, start: int, end: int, up: bool) -> Edit | None:
    """The change for the letters `start` to `end`, or, where these are none, for the word there or the brackets around
    it; None where there is no word. A weight that becomes 1 takes its brackets with it."""
    around = [one for one in _groups(prompt) if one.start <= start and end <= one.end]
    group = max(around, key=lambda one: one.start, default=None)
    if group is not None and start < end and prompt[start:end].strip() != prompt[group.inside : group.until].strip():
        group = None if (start, end) != (group.start, group.end) else group
    if group is None:
        if start == end:
            found = next((w for w in _WORD.finditer(prompt) if w.start() <= start <= w.end()), None)
            if found is None or _is_sign(prompt, *found.span()):
                return None
            start, end = found.span()
        while start < end and prompt[start].isspace():
            start += 1
        while start < end and prompt[end - 1].isspace():
            end -= 1
        if start == end:
            return None
        group = _Group(start, start, end, end, 1.0)
    weight = round(min(max(group.weight + (STRIDE if up else -STRIDE), 0.0), MOST), 2)
    inside = prompt[group.inside : group.until]
    if weight == 1:
        return Edit(group.start, group.end, inside, group.start, group.start + len(inside))
    text = f"({inside}:{weight:g})"
    return Edit(group.start, group.end, text, group.start + 1, group.start + 1 + len(inside))


def _is_sign(prompt: str, start: int, end: int) -> bool:
    """Whether it is no word that is said: how many of the choices, a variable's name, or a part of a comment."""
    return any(
        piece.start <= start and end <= piece.end
        for piece in scan(prompt).pieces
        if piece.kind in ("choice", "variable", "comment")
    )


def _groups(prompt: str) -> list[_Group]:
    found, opened = [], []
    for match in TOKEN.finditer(prompt):
        sign = match[0]
        if sign == "(":
            opened.append(match.start())
        elif sign[-1] == ")" and sign[0] != "\\" and opened:
            since = opened.pop()
            weight = STEP if match["number"] is None else float(match["number"])
            found.append(_Group(since, since + 1, match.start(), match.end(), weight))
    return found
