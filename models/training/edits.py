"""How many words or sounds would have to be changed, put in or left out to make one row of them the other."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence


def edits(said: Sequence[Hashable], meant: Sequence[Hashable]) -> int:
    """The fewest (Levenshtein 1966)."""
    before = list(range(len(meant) + 1))
    for row, one in enumerate(said, 1):
        here = [row]
        for column, other in enumerate(meant, 1):
            here.append(min(before[column] + 1, here[-1] + 1, before[column - 1] + (one != other)))
        before = here
    return before[-1]


def error_rate(pairs: Iterable[tuple[Sequence[Hashable], Sequence[Hashable]]]) -> float:
    """Edits in per cent of what was meant, over all pairs of what was said and what was meant."""
    wrong, whole = 0, 0
    for said, meant in pairs:
        wrong += edits(said, meant)
        whole += len(meant)
    return round(100 * wrong / max(whole, 1), 2)
