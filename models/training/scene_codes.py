"""Scenes as points in a Gaussian space: what a generator of landscapes is told of each picture that it imitates.

Every choice that `models.reader.scene.sample` makes is spelled in bits, each of which is a Gaussian number above or
below a threshold: that at which the values on one side are as likely as the threshold is to be exceeded, given what was
chosen before. So a code is Gaussian over all scenes, whatever a generator learns of codes holds for any numbers at all,
and every number says one thing that a single layer can read. (Which of several things at sea was chosen first is not
known any more, and taken to be the leftmost, which moves a hundredth of the codes a little.) What the painter throws is
turned into Gaussian numbers, too; what has no number (puffs of cloud, flakes, crowns of trees) is left to chance.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.reader.scene import COLOURS, KINDS, KINDS_IN, PLACES, SEASONS, TERRAINS, TIMES, WEATHERS, Scene

# The values in the order of their bits, what looks alike side by side; None pads.
_TIME = ("dawn", "day", "sunset", "night")
_WEATHER = ("clear", "cloudy", None, None, "fog", None, "rain", "snow")
_TERRAIN = ("sea", None, "desert", "town", "meadow", None, "forest", "mountains")
_KIND = (
    "balloon", None, "bird", None, "house", None, "castle", "tent",
    "sailboat", None, "bridge", None, "lighthouse", None, "windmill", "tree",
)  # fmt: skip
_COLOUR = ("blue", "green", "purple", "pink", "red", "orange", "yellow", "white")
# As `sample` chooses.
_CLOUDS, _SAILBOATS = dict(zip(WEATHERS, (4.0, 3.0, 2.0, 2.0, 2.0), strict=True)), 4.0
_HOW_MANY = (0.6, 0.3, 0.1)
# Which places are taken, by the number that they are the bits of; each as likely as others of so many.
_TAKEN = (0.0, *(_HOW_MANY[bin(k).count("1") - 1] / (3, 3, 1)[bin(k).count("1") - 1] for k in range(1, 8)))
# Throws of the painter that move what is large; then those that each thing has, by its turn (`world.render`).
_THROWN = ("sun x", "sun y", "horizon", "wisps", "cloud x 0", "cloud y 0", "fog x", "fog y", "lean", "firs")
_RIDGES = (("peaks 0", 5), ("peaks 1", 5), ("mesa", 4))
_OF_A_THING = ("thing x", "thing y", "thing size", "thing turn")
_EDGE = 1e-4  # no number lies further out than its Gaussian counterpart

_BITS_OF_A_THING = 4 + 3 + 1
LENGTH = (
    2 + 2 + 3 + 3 + 3
    + len(PLACES) * (_BITS_OF_A_THING + len(_OF_A_THING)) + len(_THROWN) + sum(count for _, count in _RIDGES)
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """Scenes as numbers, one row each: `chosen` (N, 5) time, season, terrain, weather and the places that are taken, as
    they stand in the orders above; `things` (N, 3, 3) kind, colour and whether it is far, by place; `turns` (N, 3, 4)
    and `thrown` (N, ...) in 0..1, the throws for each thing and the painter's others."""

    chosen: Tensor
    things: Tensor
    turns: Tensor
    thrown: Tensor

    def part(self, rows: Tensor) -> Told:
        return Told(*(one[rows] for one in (self.chosen, self.things, self.turns, self.thrown)))


def told(scenes: Sequence[Scene]) -> Told:
    """What of these scenes goes into codes."""
    return Told(*(torch.tensor(part) for part in zip(*map(_row, scenes), strict=True)))


def _row(scene: Scene) -> tuple[list[int], list[list[int]], list[list[float]], list[float]]:
    taken = sum(4 >> PLACES.index(thing.place) for thing in scene.things)
    chosen = [_TIME.index(scene.time), SEASONS.index(scene.season), _TERRAIN.index(scene.terrain),
              _WEATHER.index(scene.weather), taken]  # fmt: skip
    things, turns = [[0, 0, 0] for _ in PLACES], [[0.5] * len(_OF_A_THING) for _ in PLACES]
    # As `world.light.Dice` throws them.
    for k, thing in enumerate(scene.things):
        at = PLACES.index(thing.place)
        things[at] = [_KIND.index(thing.kind), _COLOUR.index(thing.colour), int(thing.distance == "far")]
        turns[at] = [random.Random(f"{name} {k} {scene.seed}").random() for name in _OF_A_THING]
    thrown = [random.Random(f"{name} {scene.seed}").random() for name in _THROWN]
    for name, count in _RIDGES:
        rng = random.Random(f"{name} {scene.seed}")
        thrown += [rng.random() for _ in range(count)]
    return chosen, things, turns, thrown


def encode(scenes: Told, length: int, draw: torch.Generator) -> Tensor:
    """(N, length): for each scene one of the many codes that it has, another one with every draw."""
    count = len(scenes.chosen)

    def same(shares: Sequence[float]) -> Tensor:
        return torch.tensor(shares).expand(count, -1)

    shares = (
        same([1.0] * len(_TIME)), same([1.0] * len(SEASONS)), same([float(t is not None) for t in _TERRAIN]),
        same([_CLOUDS[w] if w else 0.0 for w in _WEATHER]), same(_TAKEN),
    )  # fmt: skip
    parts = [_spelled(value, each, draw) for value, each in zip(scenes.chosen.unbind(1), shares, strict=True)]
    kinds, colours = _likely()[scenes.chosen[:, 2]], same([1.0] * len(_COLOUR))
    for k in range(len(PLACES)):
        here = scenes.chosen[:, 4:] & (4 >> k) > 0
        kind, colour, far = scenes.things[:, k].unbind(1)
        said = [_spelled(kind, kinds, draw), _spelled(colour, colours, draw),
                _spelled(far, same((1.0, 1.0)), draw), _gaussian(scenes.turns[:, k])]  # fmt: skip
        both = torch.cat(said, 1)
        parts.append(torch.where(here, both, torch.randn(both.shape, generator=draw)))
        # Each kind and each colour comes once: what is taken is no choice any more.
        kinds = kinds.scatter(1, kind[:, None], torch.where(here, 0.0, kinds.gather(1, kind[:, None])))
        colours = colours.scatter(1, colour[:, None], torch.where(here, 0.0, colours.gather(1, colour[:, None])))
    code = torch.cat([*parts, _gaussian(scenes.thrown)], 1)
    return torch.cat([code, torch.randn((count, length - code.shape[1]), generator=draw)], 1)


def _likely() -> Tensor:
    """(terrains, kinds): how likely each kind is where the scene is."""
    rows = [[_share(kind, terrain) for kind in _KIND] for terrain in _TERRAIN]
    return torch.tensor(rows)


def _share(kind: str | None, terrain: str | None) -> float:
    if kind is None or terrain is None or kind not in KINDS_IN[terrain]:
        return 0.0
    return _SAILBOATS if kind == "sailboat" else 1.0


def _spelled(value: Tensor, shares: Tensor, draw: torch.Generator) -> Tensor:
    """(N, bits) Gaussian numbers that say `value` (N,), one of 2ⁿ with `shares` (N, 2ⁿ); the first halves the most."""
    found = []
    size = shares.shape[1]
    while size > 1:
        blocks = shares.unflatten(1, (-1, size // 2)).sum(2)
        at = value // (size // 2)
        low, high = (blocks.gather(1, (at & ~1 | bit)[:, None]).squeeze(1) for bit in (0, 1))
        threshold = high / (low + high).clamp(min=1e-9)  # above it is the upper half, as likely as that
        chance = torch.rand(len(value), generator=draw)
        uniform = torch.where(at % 2 > 0, 1 - threshold * chance, (1 - threshold) * chance)
        found.append(uniform)
        size //= 2
    return _gaussian(torch.stack(found, 1))


def _gaussian(uniform: Tensor) -> Tensor:
    return torch.special.ndtri(uniform.clamp(_EDGE, 1 - _EDGE))


assert {*_KIND, *_COLOUR, *_TERRAIN, *_WEATHER, *_TIME} == {*KINDS, *COLOURS, *TERRAINS, *WEATHERS, *TIMES, None}
