"""Landscapes as points in a Gaussian space: what a generator is told of each picture that it imitates.

Every choice that `models.reader.scene.sample` makes of the land is spelled in bits, each of which is a Gaussian number
above or below a threshold: that at which the values on one side are as likely as it is to be exceeded. So a code is
Gaussian over all landscapes, whatever a generator learns of codes holds for any numbers at all, and every number says
one thing that a single layer can read. What the painter throws is turned into Gaussian numbers, too; what has no number
(puffs of cloud, flakes, crowns of trees) is left to chance.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.reader.scene import SEASONS, TERRAINS, TIMES, WEATHERS, Scene

# The values in the order of their bits, what looks alike side by side; None pads.
TIME = ("dawn", "day", "sunset", "night")
WEATHER = ("clear", "cloudy", None, None, "fog", None, "rain", "snow")
TERRAIN = ("sea", None, "desert", "town", "meadow", None, "forest", "mountains")
# As `sample` chooses.
_CLOUDS = dict(zip(WEATHERS, (4.0, 3.0, 2.0, 2.0, 2.0), strict=True))
_SHARES = (
    (1.0,) * len(TIME), (1.0,) * len(SEASONS), tuple(float(terrain in TERRAINS) for terrain in TERRAIN),
    tuple(_CLOUDS[weather] if weather else 0.0 for weather in WEATHER),
)  # fmt: skip
# Throws of the painter that move what is large.
_THROWN = ("sun x", "sun y", "horizon", "wisps", "cloud x 0", "cloud y 0", "fog x", "fog y", "lean", "firs")
_RIDGES = (("peaks 0", 5), ("peaks 1", 5), ("mesa", 4))
_EDGE = 1e-4  # no number lies further out than its Gaussian counterpart

_BITS = tuple(len(each).bit_length() - 1 for each in _SHARES)
LENGTH = sum(_BITS) + len(_THROWN) + sum(count for _, count in _RIDGES)


@dataclass(frozen=True)
class Told:
    """Landscapes as numbers, one row each: `chosen` (N, 4) time, season, terrain and weather, as they stand in the
    orders above, and `thrown` (N, ...) in 0..1."""

    chosen: Tensor
    thrown: Tensor

    def part(self, rows: Tensor) -> Told:
        return Told(self.chosen[rows], self.thrown[rows])


def told(scenes: Sequence[Scene]) -> Told:
    """What of these landscapes goes into codes."""
    chosen = [
        [TIME.index(s.time), SEASONS.index(s.season), TERRAIN.index(s.terrain), WEATHER.index(s.weather)]
        for s in scenes
    ]
    return Told(torch.tensor(chosen), torch.tensor([_thrown(scene.seed) for scene in scenes]))


def _thrown(seed: int) -> list[float]:
    """As `world.light.Dice` throws them."""
    thrown = [random.Random(f"{name} {seed}").random() for name in _THROWN]
    for name, count in _RIDGES:
        rng = random.Random(f"{name} {seed}")
        thrown += [rng.random() for _ in range(count)]
    return thrown


def encode(scenes: Told, length: int, draw: torch.Generator, known: Sequence[int] = ()) -> Tensor:
    """(N, length): for each landscape one of the many codes that it has, another one with every draw.

    `known` are choices (0 time, 1 season, 2 terrain, 3 weather) that a generator is told otherwise: they take no place
    among the first numbers, which are what a generator hears best.
    """
    said = [_spelled(value, shares, draw) for value, shares in zip(scenes.chosen.unbind(1), _SHARES, strict=True)]
    sure = torch.cat([*(part for k, part in enumerate(said) if k not in known), _gaussian(scenes.thrown)], 1)
    return torch.cat([sure, torch.randn((len(sure), length - sure.shape[1]), generator=draw)], 1)


def _spelled(value: Tensor, shares: Sequence[float], draw: torch.Generator) -> Tensor:
    """(N, bits) Gaussian numbers that say `value` (N,), one of 2ⁿ with those shares; the first halves the most."""
    found = []
    size = len(shares)
    while size > 1:
        blocks = torch.tensor(shares).unflatten(0, (-1, size // 2)).sum(1)
        at = value // (size // 2)
        low, high = (blocks[at & ~1 | bit] for bit in (0, 1))
        upper = high / (low + high)
        chance = torch.rand(len(value), generator=draw)
        found.append(torch.where(at % 2 > 0, 1 - upper * chance, (1 - upper) * chance))
        size //= 2
    return _gaussian(torch.stack(found, 1))


def _gaussian(uniform: Tensor) -> Tensor:
    return torch.special.ndtri(uniform.clamp(_EDGE, 1 - _EDGE))


assert {*TIME, *WEATHER, *TERRAIN} == {*TIMES, *WEATHERS, *TERRAINS, None}
