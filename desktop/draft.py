"""What is set for the next piece of work: the form's values, as one plain thing to undo, keep and restore."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.presets import form
from models.presets.preset import After
from models.protocol import MAX_COUNT, MAX_SEED, BadInput, Card, Value


@dataclass(frozen=True)
class Draft:
    """Settings by name, the seed and whether it is kept, how many, the files to start from, the task where the files
    do not tell it, and what is done with each finished thing."""

    settings: Mapping[str, Value] = field(default_factory=dict)
    seed: int = 0
    keep_seed: bool = False
    count: int = 1
    inputs: Mapping[str, str] = field(default_factory=dict)
    task: str = ""
    after: After = field(default_factory=After)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "settings": dict(self.settings),
            "seed": self.seed,
            "keep_seed": self.keep_seed,
            "count": self.count,
            "inputs": dict(self.inputs),
            "task": self.task,
            "after": form.told(self.after),
        }


def fresh_seed() -> int:
    """A seed nobody chose. Seven figures at most, so that it can be read out and typed."""
    return secrets.randbelow(10_000_000)


def defaults(card: Card) -> Draft:
    """The card's own values, and a fresh seed."""
    return Draft(settings={p.name: p.default for p in card.parameters}, seed=fresh_seed())


def fitted(card: Card, held: Mapping[str, Any]) -> tuple[Draft, tuple[str, ...]]:
    """A draft from remembered or dropped values that this card can use, and the names of what it cannot.

    A value out of range, or of a setting that the card does not have, gives way to the card's default.
    """
    left: list[str] = []
    settings: dict[str, Value] = {}
    given = held.get("settings")
    given = given if isinstance(given, Mapping) else {}
    known = {p.name: p for p in card.parameters}
    left += [str(name) for name in given if name not in known]
    for name, parameter in known.items():
        settings[name] = parameter.default
        if name in given:
            try:
                settings[name] = parameter.check(given[name])
            except BadInput:
                left.append(name)
    inputs = held.get("inputs")
    names = {i.name for i in card.inputs}
    inputs = {str(k): str(v) for k, v in inputs.items() if k in names} if isinstance(inputs, Mapping) else {}
    seed, count = held.get("seed"), held.get("count")
    return Draft(
        settings=settings,
        seed=seed if isinstance(seed, int) and 0 <= seed <= MAX_SEED else fresh_seed(),
        keep_seed=held.get("keep_seed") is True,
        count=count if isinstance(count, int) and 1 <= count <= MAX_COUNT else 1,
        inputs=inputs,
        task=str(held.get("task")) if held.get("task") in card.tasks else "",
        after=_after(held.get("after")),
    ), tuple(left)


def _after(held: object) -> After:
    """What was to be done afterwards; nothing, where that is not of its form."""
    try:
        return form.after(held) if isinstance(held, dict) else After()
    except ValueError:
        return After()
