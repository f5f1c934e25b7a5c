"""What a recipe is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

SIDE = 64


@dataclass(frozen=True)
class Recipe:
    """`parts` differ from the annotations: a class's name, (name, changes), changes alone, None, a function of the parts
    that are there, or `...` for the class's own default. `with_parts` are made though they have a default. `call` are
    arguments of its plain call beside the usual ones, None leaves one out; `settings` differ in ours. `side` is that
    of its start pictures. `why` says what keeps it from being made here."""

    parts: Mapping[str, Any] = field(default_factory=dict)
    call: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    with_parts: tuple[str, ...] = ()
    prompt: str = "a red sailboat"
    side: int = SIDE
    why: str = ""

    def but(self, **parts: Any) -> Recipe:
        """The same with other parts."""
        return replace(self, parts={**self.parts, **parts})


def each(names: str | Iterable[str], recipe: Recipe) -> dict[str, Recipe]:
    """One recipe for several classes, whose names stand apart by spaces."""
    return dict.fromkeys(names.split() if isinstance(names, str) else names, recipe)
