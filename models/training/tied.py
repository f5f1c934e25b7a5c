"""The numbers that a scene is drawn from: what a generator's z says in its lessons.

A generator that starts from numbers which mean nothing has all of a world to find by itself. Here each picture gets a
z that tells what is on it: of the units of a choice the greatest allowed one stands for what was chosen, and a number
of its own for each exact place and size. Over all scenes z is standard normal (up to the things that come one in ten
times), so that afterwards any z makes a scene.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from statistics import NormalDist

import torch
from torch import Tensor

from models.reader.scene import COLOURS, DISTANCES, KINDS, KINDS_IN, PLACES, SEASONS, TERRAINS, TIMES, WEATHERS, Scene
from models.training.world.light import Dice

SLOTS = 3
_NORMAL = NormalDist()
_WEATHER = (4, 3, 2, 2, 2)  # as the sampler weighs them
_KIND = tuple(4 if kind == "sailboat" else 1 for kind in KINDS)
_COUNTS = (0.6, 0.9)  # the chance of one thing, and of one or two
_ROLLS = ("thing x", "thing y", "thing size")
_LIGHT = ("sun x", "sun y", "horizon")


def _even(names: Sequence[str]) -> tuple[int, ...]:
    return (1,) * len(names)


OF_A_THING = sum(map(sum, (_KIND, _even(PLACES), _even(COLOURS), _even(DISTANCES)))) + len(_ROLLS)
WIDTH = sum(map(sum, (_even(TERRAINS), _even(TIMES), _WEATHER, _even(SEASONS)))) + 1 + len(_LIGHT) + SLOTS * OF_A_THING


def numbers(scenes: Sequence[Scene], way: int = 0) -> Tensor:
    """(N, WIDTH), the same for the same scenes and way: many numbers say the same."""
    dice = Dice(scenes, "cpu")
    rolls = {name: dice(name).flatten().tolist() for name in _LIGHT}
    for slot in range(SLOTS):
        rolls |= {f"{name} {slot}": dice(f"{name} {slot}").flatten().tolist() for name in _ROLLS}
    rows = []
    for k, scene in enumerate(scenes):
        rng = random.Random(f"numbers {way} {scene.seed}")
        rows.append(_row(rng, scene, {name: values[k] for name, values in rolls.items()}))
    return torch.tensor(rows)


def _row(rng: random.Random, scene: Scene, rolls: dict[str, float]) -> list[float]:
    row = [
        *_choice(rng, TERRAINS, scene.terrain),
        *_choice(rng, TIMES, scene.time),
        *_choice(rng, WEATHERS, scene.weather, weights=_WEATHER),
        *_choice(rng, SEASONS, scene.season),
        _count(rng, len(scene.things)),
        *(_quantile(rolls[name]) for name in _LIGHT),
    ]
    for slot in range(SLOTS):
        if slot >= len(scene.things):
            row += [rng.gauss(0, 1) for _ in range(OF_A_THING)]
            continue
        thing, before = scene.things[slot], scene.things[:slot]
        kinds = [k for k in KINDS_IN[scene.terrain] if k not in {t.kind for t in before}]
        row += _choice(rng, KINDS, thing.kind, kinds, _KIND)
        row += _choice(rng, PLACES, thing.place, [p for p in PLACES if p not in {t.place for t in before}])
        row += _choice(rng, COLOURS, thing.colour, [c for c in COLOURS if c not in {t.colour for t in before}])
        row += _choice(rng, DISTANCES, thing.distance)
        row += [_quantile(rolls[f"{name} {slot}"]) for name in _ROLLS]
    return row


def _choice(
    rng: random.Random,
    names: Sequence[str],
    chosen: str,
    allowed: Iterable[str] | None = None,
    weights: Sequence[int] | None = None,
) -> list[float]:
    """Standard normal numbers, as many for each name as it weighs; the greatest allowed one is the chosen name's."""
    units = [name for name, weight in zip(names, weights or _even(names), strict=True) for _ in range(weight)]
    drawn = [rng.gauss(0, 1) for _ in units]
    possible = set(names if allowed is None else allowed)
    top = max((i for i, name in enumerate(units) if name in possible), key=drawn.__getitem__)
    own = rng.choice([i for i, name in enumerate(units) if name == chosen])
    drawn[top], drawn[own] = drawn[own], drawn[top]
    return drawn


def _count(rng: random.Random, things: int) -> float:
    """Higher for more things."""
    low, high = (0.0, *_COUNTS, 1.0)[things - 1 : things + 1]
    return _quantile(rng.uniform(low, high))


def _quantile(share: float) -> float:
    return _NORMAL.inv_cdf(min(max(share, 1e-4), 1 - 1e-4))
