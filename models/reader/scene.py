"""What a scene of the starter world is made of: its vocabulary, and a scene drawn at random from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

TIMES = ("dawn", "day", "sunset", "night")
WEATHERS = ("clear", "cloudy", "fog", "rain", "snow")
SEASONS = ("spring", "summer", "autumn", "winter")
TERRAINS = ("sea", "mountains", "forest", "desert", "meadow", "town")
KINDS = ("sailboat", "lighthouse", "house", "windmill", "tree", "balloon", "bridge", "bird", "tent", "castle")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")
PLACES = ("left", "centre", "right")
DISTANCES = ("near", "far")

# Where plants or roofs show what time of year it is; elsewhere the season cannot be seen and is never named.
SEASONAL = ("mountains", "forest", "meadow", "town")
IN_THE_SKY = ("balloon", "bird")
_AT_SEA = ("sailboat", "lighthouse", "house", "balloon", "bridge", "bird", "castle")
_ON_LAND = tuple(k for k in KINDS if k != "sailboat")
KINDS_IN = {terrain: _AT_SEA if terrain == "sea" else _ON_LAND for terrain in TERRAINS}


@dataclass(frozen=True)
class Thing:
    kind: str
    colour: str
    place: str
    distance: str


@dataclass(frozen=True)
class Scene:
    """Attributes, and the seed of everything that no sentence names (ridges, clouds, exact places)."""

    time: str
    weather: str
    season: str
    terrain: str
    things: tuple[Thing, ...]
    seed: int


def sample(seed: int) -> Scene:
    """The scene of a seed: every attribute evenly likely, one to three things at different places."""
    rng = random.Random(f"scene {seed}")
    terrain = rng.choice(TERRAINS)
    count = rng.choices((1, 2, 3), (6, 3, 1))[0]
    # A sailboat lives at sea alone: likelier there, so that over all scenes it is as frequent as other kinds.
    kinds = KINDS_IN[terrain]
    weights = [4 if kind == "sailboat" else 1 for kind in kinds]
    chosen: list[str] = []
    while len(chosen) < count:
        if (kind := rng.choices(kinds, weights)[0]) not in chosen:
            chosen.append(kind)
    places = rng.sample(PLACES, count)
    colours = rng.sample(COLOURS, count)
    things = tuple(Thing(k, c, p, rng.choice(DISTANCES)) for k, c, p in zip(chosen, colours, places, strict=True))
    weather = rng.choices(WEATHERS, (4, 3, 2, 2, 2))[0]
    return Scene(rng.choice(TIMES), weather, rng.choice(SEASONS), terrain, things, seed)
