"""Models as a person wants to see them: some of them, in some order. Plain data in, plain data out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from models.protocol import MEDIA, BadInput, Found, ModelInfo, listed

ORDERS = ("name", "size", "date")
T = TypeVar("T", ModelInfo, Found)


@dataclass(frozen=True)
class Wish:
    """Empty fields ask for nothing. `words` are looked for in everything that is told of a model; all must be there.

    `order`: "name" from a to z, "size" the largest first, "date" the newest first; empty: as they come.
    """

    words: str = ""
    medium: str = ""
    family: str = ""
    architecture: str = ""
    base: str = ""
    order: str = ""


def arranged(models: Iterable[T], wish: Wish) -> tuple[T, ...]:
    """Those that the wish is for, in its order. Raises BadInput where no model could be of that medium or order."""
    if wish.medium and wish.medium not in MEDIA:
        raise BadInput(f"There is no medium {wish.medium!r}: choose {listed(MEDIA)}.")
    if wish.order and wish.order not in ORDERS:
        raise BadInput(f"Models cannot be sorted by {wish.order!r}: choose {listed(ORDERS)}.")
    words = wish.words.casefold().split()
    some = [model for model in models if _fits(model, wish) and all(word in said(model) for word in words)]
    if wish.order:
        some.sort(key=_KEYS[wish.order])
    return tuple(some)


def said(model: ModelInfo | Found) -> str:
    """Everything that words may be looked for in, in small letters."""
    more: tuple[str, ...]
    if isinstance(model, ModelInfo):
        card = model.card
        more = (card.name, card.architecture, card.family, card.medium, *card.tasks, model.base)
    else:
        more = (model.kind, model.medium, *model.bases)
    formats = [kind for kind, _ in model.precision]
    where = re.split(r"[/\\]", model.path)[-3:]
    return "\n".join((model.id, model.name, model.detail, model.licence, *more, *formats, *where)).casefold()


def _fits(model: ModelInfo | Found, wish: Wish) -> bool:
    if isinstance(model, ModelInfo):
        card = model.card
        medium, family, kind = str(card.medium), card.family, card.architecture
        bases: tuple[str, ...] = (model.base,)
    else:
        medium, family, kind, bases = model.medium, "", model.kind, model.bases
    return (
        wish.medium in ("", medium)
        and wish.family in ("", family)
        and wish.architecture.casefold() in ("", kind.casefold())
        and (not wish.base or wish.base.casefold() in (base.casefold() for base in bases))
    )


def _name(model: ModelInfo | Found) -> tuple[list[tuple[int, int, str]], str]:
    """Numbers in a name count as numbers: 2 comes before 10."""
    pieces = re.findall(r"\d+|\D+", model.name.casefold())
    return [(0, int(p), "") if p.isdecimal() and len(p) < 19 else (1, 0, p) for p in pieces], model.id


_KEYS: dict[str, Callable[[ModelInfo | Found], Any]] = {
    "name": _name,
    "size": lambda model: (-model.size_bytes, model.id),
    "date": lambda model: (-model.changed, model.id),
}
