"""A person as a point in a Gaussian space, and back: what a network that imitates the painter is told of each portrait.

Each attribute has one number, and where that lies among all that are possible says the value: every value has a stretch
as wide as it is frequent in `sample_portrait`. (A number for each value, the largest of which decides, is as Gaussian;
but to find the largest of eleven is more than a small network learns.) What has no name (the width of a face, where
hills lie) has one number each. What has none here (strands, folds, puffs of cloud) is left to a model's noise.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from models.training.world.people import SHARES, VALUES, Portrait, goes_with

NUMBERS = (
    "across", "down", "lean", "unit", "wide", "jaw", "yaw", "slant", "open", "eye", "arch", "brow", "nose", "mouth",
    "lips", "shoulders", "low", "hill 0", "hill 1", "part", "wall", "frame",
)  # fmt: skip
LENGTH = sum(map(len, VALUES.values())) + len(NUMBERS)  # of what a code lays out


def encode(person: Portrait, length: int) -> list[float]:
    """A code of that person, one of the many: `length` numbers, drawn from what is Gaussian over all people."""
    rng = random.Random(f"code {person.seed}")
    chosen = {attribute: str(getattr(person, attribute)) for attribute in VALUES}
    thrown = []
    for attribute, values in VALUES.items():
        shares = _shares(attribute, chosen)
        at = values.index(chosen[attribute])
        thrown.append((sum(shares[:at]) + rng.uniform(0.02, 0.98) * shares[at]) / sum(shares))
    # As the painter throws them (world.light.Dice).
    thrown += [random.Random(f"{name} {person.seed}").random() for name in NUMBERS]
    code: list[float] = torch.special.ndtri(torch.tensor(thrown).clamp(1e-4, 1 - 1e-4)).tolist()
    return code + [rng.gauss(0, 1) for _ in range(length - len(code))]


def _shares(attribute: str, chosen: Mapping[str, str]) -> list[float]:
    """How often each value is seen in people of whom that much is chosen."""
    values = VALUES[attribute]
    shares = SHARES.get(attribute, (1,) * len(values))
    return [share * goes_with(attribute, value, chosen) for value, share in zip(values, shares, strict=True)]


def named(codes: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """What codes (B, length) say: the value's number of every attribute, (B,) each, and the numbers (B, NUMBERS).

    Which stretches there are for hair depends on the hat, and for a beard on the hair, as for people.
    """
    found: dict[str, Tensor] = {}
    for at, attribute in enumerate(VALUES):
        other = {"hair": "hat", "beard": "hair"}.get(attribute)
        cases = [{other: o} for o in VALUES[other]] if other else [{}]
        shares = torch.tensor([_shares(attribute, case) for case in cases], dtype=torch.float32)
        ends = (shares / shares.sum(1, keepdim=True)).cumsum(1)[found[other] if other else torch.zeros(1).long()]
        thrown = torch.special.ndtr(codes[:, at : at + 1])
        # What nobody can have has a stretch of no width, of which the next one begins at the same place.
        found[attribute] = (thrown >= ends[:, :-1]).sum(1)
    return found, codes[:, len(VALUES) : len(VALUES) + len(NUMBERS)]


def laid_out(codes: Tensor) -> Tensor:
    """(B, LENGTH): what codes (B, length) say, without the chance that says it: 2 for the value of each attribute that
    holds and 0 for the others, less their mean; then the numbers."""
    said, numbers = named(codes)
    parts = [2 * F.one_hot(said[name], len(values)) - 2 / len(values) for name, values in VALUES.items()]
    return torch.cat([*parts, numbers], 1)
