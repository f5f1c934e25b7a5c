"""A person as a point in a Gaussian space, and back: what a network that imitates the painter is told of each portrait.

An attribute has a number for each of its values, and the largest decides, weighed so that every value comes as often
as `sample_portrait` gives it (Gumbel's trick). What has no name (the width of a face, where hills lie) has one each.
What has none here (strands, folds, puffs of cloud) is left to a model's noise.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from models.training.world.people import SHARES, VALUES, Portrait, goes_with

NUMBERS = (
    "across", "down", "lean", "unit", "wide", "jaw", "yaw", "slant", "open", "eye", "arch", "brow", "nose", "mouth",
    "lips", "shoulders", "low", "hill 0", "hill 1", "part", "wall", "frame",
)  # fmt: skip
LENGTH = sum(map(len, VALUES.values())) + len(NUMBERS)


def encode(person: Portrait, length: int) -> list[float]:
    """A code of that person, one of the many: `length` numbers, drawn from what is Gaussian over all people."""
    rng = random.Random(f"code {person.seed}")
    chosen = {attribute: str(getattr(person, attribute)) for attribute in VALUES}
    code: list[float] = []
    for attribute in VALUES:
        part = [rng.gauss(0, 1) for _ in VALUES[attribute]]
        while _largest(part, attribute, chosen) != chosen[attribute]:
            part = [rng.gauss(0, 1) for _ in part]
        code += part
    # As the painter throws them (world.light.Dice).
    thrown = torch.tensor([random.Random(f"{name} {person.seed}").random() for name in NUMBERS])
    code += torch.special.ndtri(thrown.clamp(1e-4, 1 - 1e-4)).tolist()
    return code + [rng.gauss(0, 1) for _ in range(length - len(code))]


def _largest(part: Sequence[float], attribute: str, chosen: Mapping[str, str]) -> str:
    """What `weigh` makes of it, for one person: a hundred times as fast without tensors."""
    values = VALUES[attribute]
    shares = SHARES.get(attribute, (1,) * len(values))
    uniform = (min(max(0.5 + 0.5 * math.erf(x / math.sqrt(2)), 1e-6), 1 - 1e-6) for x in part)
    # log(share) - log(-log u), undone: the largest of it is the smallest of -log(u) / share.
    late = {v: -math.log(u) / s for v, u, s in zip(values, uniform, shares, strict=True)}
    return min((v for v in values if goes_with(attribute, v, chosen)), key=late.__getitem__)


def weigh(part: Tensor, attribute: str) -> Tensor:
    """Gaussian numbers (..., values) to ones whose largest is each value as often as that is seen."""
    shares = torch.tensor(SHARES.get(attribute, (1,) * len(VALUES[attribute])), dtype=torch.float32)
    uniform = torch.special.ndtr(part).clamp(1e-6, 1 - 1e-6)
    return shares.log() - (-uniform.log()).log()


def named(codes: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """What codes (B, length) say: the value's number of every attribute, (B,) each, and the numbers (B, NUMBERS).

    A beard that does not go with the hair, and hair that does not go with the hat, give way as for people.
    """
    found: dict[str, Tensor] = {}
    at = 0
    for attribute, values in VALUES.items():
        weighed = weigh(codes[:, at : at + len(values)], attribute)
        other = {"hair": "hat", "beard": "hair"}.get(attribute)
        if other:
            allowed = torch.tensor([[goes_with(attribute, v, {other: o}) for v in values] for o in VALUES[other]])
            weighed = weighed.masked_fill(~allowed[found[other]], -torch.inf)
        found[attribute] = weighed.argmax(1)
        at += len(values)
    return found, codes[:, at : at + len(NUMBERS)]
