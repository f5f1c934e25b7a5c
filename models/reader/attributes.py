"""Scenes as targets of a classifier, and its answers as attributes: shared by the reader and the prompt's encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.reader.grammar import Named
from models.reader.scene import (
    COLOURS,
    DISTANCES,
    KINDS,
    PLACES,
    SEASONAL,
    SEASONS,
    TERRAINS,
    TIMES,
    WEATHERS,
    Scene,
    Thing,
)

# "" is "not said" (a sentence) or "cannot be seen" (a picture).
SETTING = {"time": ("", *TIMES), "weather": ("", *WEATHERS), "season": ("", *SEASONS), "terrain": ("", *TERRAINS)}
OF_A_THING = {"present": ("no", "yes"), "colour": ("", *COLOURS), "place": ("", *PLACES), "distance": ("", *DISTANCES)}
SETTING_SIZE = sum(len(v) for v in SETTING.values())
THING_SIZE = sum(len(v) for v in OF_A_THING.values())


class Heads(nn.Module):
    """Logits of all attributes, from a vector of the whole (B, width) and one for each kind (B, KINDS, width)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.setting = nn.Linear(width, SETTING_SIZE)
        self.thing = nn.Linear(width, THING_SIZE)
        self.weight = nn.Parameter(torch.randn(len(KINDS), width, THING_SIZE) * width**-0.5)
        self.bias = nn.Parameter(torch.zeros(len(KINDS), THING_SIZE))

    def forward(self, whole: Tensor, things: Tensor) -> tuple[Tensor, Tensor]:
        """(B, SETTING_SIZE) and (B, KINDS, THING_SIZE)"""
        return self.setting(whole), self.thing(things) + torch.einsum("bkw,kwa->bka", things, self.weight) + self.bias


def seen(scene: Scene) -> Named:
    """All that a picture of the scene shows."""
    return Named(
        scene.time, scene.weather, scene.season if scene.terrain in SEASONAL else None, scene.terrain, scene.things
    )


def targets(named: Sequence[Named]) -> tuple[Tensor, Tensor]:
    """Class indices: (B, 4) of the setting, (B, KINDS, 4) of the things; -100 for what an absent thing would have."""
    setting = [[values.index(getattr(n, key) or "") for key, values in SETTING.items()] for n in named]
    things = torch.full((len(named), len(KINDS), len(OF_A_THING)), -100)
    things[:, :, 0] = 0
    for row, n in enumerate(named):
        for t in n.things:
            things[row, KINDS.index(t.kind)] = torch.tensor(
                [1, *(OF_A_THING[key].index(getattr(t, key)) for key in ("colour", "place", "distance"))]
            )
    return torch.tensor(setting), things


def _groups(setting: Tensor, things: Tensor) -> Iterator[tuple[str, int, Tensor]]:
    """Each attribute's name, its column in the targets, and its logits with classes last."""
    for table, logits in ((SETTING, setting), (OF_A_THING, things)):
        start = 0
        for column, (name, values) in enumerate(table.items()):
            yield name, column, logits[..., start : start + len(values)]
            start += len(values)


def loss(logits: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor]) -> Tensor:
    """Sum of the attributes' cross-entropies."""
    total = logits[0].new_zeros(())
    for name, column, part in _groups(*logits):
        truth = wanted[0 if name in SETTING else 1][..., column].to(part.device)
        if (truth >= 0).any():
            total = total + F.cross_entropy(part.float().flatten(0, -2), truth.flatten(), ignore_index=-100)
    return total


def answers(logits: tuple[Tensor, Tensor]) -> list[Named]:
    """What the logits say, as attributes (the likeliest class of each)."""
    picked = {name: part.argmax(-1).tolist() for name, _, part in _groups(*logits)}
    result = []
    for row in range(len(logits[0])):
        setting = {key: values[picked[key][row]] or None for key, values in SETTING.items()}
        things = tuple(
            Thing(kind, *(OF_A_THING[key][picked[key][row][k]] for key in ("colour", "place", "distance")))
            for k, kind in enumerate(KINDS)
            if picked["present"][row][k]
        )
        result.append(Named(**setting, things=things))
    return result


def tally(wanted: Sequence[Named], found: Sequence[Named]) -> dict[str, tuple[int, int]]:
    """(right, named) of each attribute: only what is named counts; a thing that is missing has no colour or place."""
    score: dict[str, list[int]] = {}

    def count(name: str, right: bool) -> None:
        pair = score.setdefault(name, [0, 0])
        pair[0] += right
        pair[1] += 1

    for want, have in zip(wanted, found, strict=True):
        for key in SETTING:
            if value := getattr(want, key):
                count(key, getattr(have, key) == value)
        there = {t.kind: t for t in have.things}
        for thing in want.things:
            match = there.get(thing.kind)
            count("thing", match is not None)
            for key in ("colour", "place", "distance"):
                if value := getattr(thing, key):
                    count(key, match is not None and getattr(match, key) == value)
    return {name: (right, named) for name, (right, named) in score.items()}


def shares(score: dict[str, tuple[int, int]]) -> dict[str, float]:
    """Per cent right of each attribute, and of all together."""
    total = tuple(sum(pair[k] for pair in score.values()) for k in (0, 1))
    return {
        **{k: round(100 * r / n, 2) for k, (r, n) in score.items()},
        "all": round(100 * total[0] / max(1, total[1]), 2),
    }
