"""Scenes as points in a Gaussian space: what a generator of landscapes is told of each picture that it imitates.

Every choice that `models.reader.scene.sample` makes is a race: each value has a time that is exponential with the rate
of the value's share, and the first one wins, which happens as often as the share says (Gumbel's trick). The times of a
known winner follow from it: it has the shortest of all, and each of the others has that and a time of its own beside.
The code holds the times as Gaussian numbers, so that over all scenes it is Gaussian, and what a generator has learned
of the codes of scenes holds for any numbers at all. What throws have no name (ridges, puffs of cloud) has no number.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.reader.scene import COLOURS, KINDS, KINDS_IN, PLACES, SEASONS, TERRAINS, TIMES, WEATHERS, Scene

# As `sample` chooses.
_WEATHER, _COUNT, _SAILBOATS = (4.0, 3.0, 2.0, 2.0, 2.0), (6.0, 3.0, 1.0), 4.0
# Throws of the painter that move what is large; then those that each thing has, by its turn (`world.render`).
_THROWN = ("sun x", "sun y", "horizon", "wisps", "cloud x 0", "cloud y 0", "fog x", "fog y", "lean", "firs")
_RIDGES = (("peaks 0", 5), ("peaks 1", 5), ("mesa", 4))
_OF_A_THING = ("thing x", "thing y", "thing size", "thing turn")
_EDGE = 1e-4  # of what is thrown: no number lies further out than its Gaussian counterpart

_CHOICES = (len(TIMES), len(SEASONS), len(TERRAINS), len(WEATHERS), len(_COUNT), len(PLACES))
_NUMBERS = len(_THROWN) + sum(count for _, count in _RIDGES)
LENGTH = sum(_CHOICES) + len(PLACES) * (len(KINDS) + len(COLOURS) + 1 + len(_OF_A_THING)) + _NUMBERS


@dataclass(frozen=True)
class Told:
    """Scenes as numbers, one row each: `chosen` (N, 5) time, season, terrain, weather, number of things less one;
    `things` (N, 3, 4) kind, colour, place and whether it is far, the places that are free in the rest of the rows;
    `thrown` and `turns` (N, ..., 3) in 0..1, the painter's throws and those of each thing."""

    chosen: Tensor
    things: Tensor
    thrown: Tensor
    turns: Tensor

    def part(self, rows: Tensor) -> Told:
        return Told(*(one[rows] for one in (self.chosen, self.things, self.thrown, self.turns)))


def told(scenes: Sequence[Scene]) -> Told:
    """What of these scenes goes into codes."""
    rows = [_row(scene) for scene in scenes]
    chosen, things, thrown, turns = (torch.tensor(part) for part in zip(*rows, strict=True))
    return Told(chosen, things, thrown, turns)


def _row(scene: Scene) -> tuple[list[int], list[list[int]], list[float], list[list[float]]]:
    chosen = [TIMES.index(scene.time), SEASONS.index(scene.season), TERRAINS.index(scene.terrain),
              WEATHERS.index(scene.weather), len(scene.things) - 1]  # fmt: skip
    things = [
        [KINDS.index(t.kind), COLOURS.index(t.colour), PLACES.index(t.place), int(t.distance == "far")]
        for t in scene.things
    ]
    free = [k for k in range(len(PLACES)) if k not in [thing[2] for thing in things]]
    things += [[0, 0, place, 0] for place in free]
    # As `world.light.Dice` throws them.
    thrown = [random.Random(f"{name} {scene.seed}").random() for name in _THROWN]
    for name, count in _RIDGES:
        rng = random.Random(f"{name} {scene.seed}")
        thrown += [rng.random() for _ in range(count)]
    turns = [[random.Random(f"{name} {k} {scene.seed}").random() for name in _OF_A_THING] for k in range(len(PLACES))]
    return chosen, things, thrown, turns


def encode(scenes: Told, length: int, draw: torch.Generator) -> Tensor:
    """(N, length): for each scene one of the many codes that it has, another one with every draw."""
    count, things = len(scenes.chosen), scenes.things
    time, season, terrain, weather, several = scenes.chosen.unbind(1)
    parts = [_race(time, _even(count, len(TIMES)), draw), _race(season, _even(count, len(SEASONS)), draw),
             _race(terrain, _even(count, len(TERRAINS)), draw), _race(weather, _shares(count, _WEATHER), draw),
             _race(several, _shares(count, _COUNT), draw)]  # fmt: skip
    # Things stand at the first places; which of the free ones would be next says nothing.
    seats = torch.randn((count, len(PLACES)), generator=draw).sort(1, descending=True).values
    free = torch.rand((count, len(PLACES)), generator=draw)
    taken = torch.arange(len(PLACES)) <= several[:, None]
    order = torch.where(taken, torch.arange(len(PLACES)) - 3.0, free).argsort(1)
    turn = things[..., 2].gather(1, order)
    parts.append(torch.zeros_like(seats).scatter_(1, turn, seats))
    rates = {"kind": _kinds(terrain), "colour": _even(count, len(COLOURS))}
    stands = torch.zeros((count, len(PLACES), len(KINDS) + len(COLOURS) + 1 + len(_OF_A_THING)))
    for k in range(len(PLACES)):
        here, row = taken[:, k], things[:, k]
        found = []
        for at, name in enumerate(("kind", "colour")):
            raced = _race(row[:, at], rates[name], draw)
            found.append(torch.where(here[:, None], raced, torch.randn(raced.shape, generator=draw)))
            # Each kind and each colour comes once: what is taken no longer takes part.
            gone = torch.zeros_like(rates[name], dtype=torch.bool).scatter_(1, row[:, at, None], here[:, None])
            rates[name] = rates[name].masked_fill(gone, 0)
        far = torch.randn((count, 1), generator=draw).abs() * (2 * row[:, 3:].float() - 1)
        moved = _gaussian(scenes.turns[:, k])
        rest = torch.where(here[:, None], torch.cat([far, moved], 1), torch.randn((count, 5), generator=draw))
        stands.scatter_(1, row[:, 2, None, None].expand(-1, 1, stands.shape[2]), torch.cat([*found, rest], 1)[:, None])
    parts += [stands.flatten(1), _gaussian(scenes.thrown)]
    code = torch.cat(parts, 1)
    return torch.cat([code, torch.randn((count, length - code.shape[1]), generator=draw)], 1)


def _even(count: int, values: int) -> Tensor:
    return torch.ones(count, values)


def _shares(count: int, shares: Sequence[float]) -> Tensor:
    return torch.tensor(shares).expand(count, -1)


def _kinds(terrain: Tensor) -> Tensor:
    """(N, KINDS): how likely each is where the scene is."""
    rows = [
        [(_SAILBOATS if k == "sailboat" else 1.0) if k in KINDS_IN[where] else 0.0 for k in KINDS] for where in TERRAINS
    ]
    return torch.tensor(rows)[terrain]


def _race(winner: Tensor, rates: Tensor, draw: torch.Generator) -> Tensor:
    """(N, values) Gaussian numbers of a race that the value `winner` (N,) has won; a rate of 0 takes no part."""
    first = -torch.rand((len(rates), 1), generator=draw).clamp(min=1e-12).log() / rates.sum(1, keepdim=True)
    others = -torch.rand(rates.shape, generator=draw).clamp(min=1e-12).log()
    late = first + others / rates.clamp(min=1e-12)
    late = late.scatter(1, winner[:, None], first)
    # An exponential time's probability of being longer is what is uniform; the earliest is the largest number.
    longer = torch.where(rates > 0, (-late * rates).exp(), torch.rand(rates.shape, generator=draw))
    return torch.special.ndtri(longer.clamp(1e-6, 1 - 1e-6))


def _gaussian(thrown: Tensor) -> Tensor:
    return torch.special.ndtri(thrown.clamp(_EDGE, 1 - _EDGE))
