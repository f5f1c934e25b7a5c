"""The lower half of the DCGAN starter's generator, and the codes that it is told."""

from __future__ import annotations

from statistics import NormalDist

import torch

from models.reader.scene import (
    COLOURS,
    DISTANCES,
    KINDS_IN,
    PLACES,
    SEASONS,
    TERRAINS,
    TIMES,
    WEATHERS,
    Thing,
    sample,
)
from models.training import scene_codes
from models.training.recipes.dcgan import LATENT, SIZE, generator, inputs, lower, upper


def read(numbers: list[float], values: tuple[str | None, ...], shares: dict[str, float]) -> str:
    """The value that bits spell: the upper half of those left where a number is so high as that half is likely."""
    left = list(values)
    for number in numbers:
        low, high = left[: len(left) // 2], left[len(left) // 2 :]
        sums = [sum(shares.get(str(value), 0.0) for value in half) for half in (low, high)]
        below = sums[0] / sum(sums)
        left = high if NormalDist().cdf(number) > below else low
    (found,) = left
    assert found is not None
    return found


def said(code: list[float]) -> tuple[object, ...]:
    """A code read from its start."""
    rest = iter(code)

    def take(values: tuple[str | None, ...], shares: dict[str, float]) -> str:
        return read([next(rest) for _ in range(len(values).bit_length() - 1)], values, shares)

    def even(values: tuple[str, ...]) -> dict[str, float]:
        return dict.fromkeys(values, 1.0)

    time, season = take(scene_codes._TIME, even(TIMES)), take(SEASONS, even(SEASONS))
    terrain = take(scene_codes._TERRAIN, even(TERRAINS))
    weather = take(scene_codes._WEATHER, dict(zip(WEATHERS, (4, 3, 2, 2, 2), strict=True)))
    taken = int(take(tuple("01234567"), dict(zip("1243567", (0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1), strict=True))))
    kinds = {kind: 4.0 if kind == "sailboat" else 1.0 for kind in KINDS_IN[terrain]}
    colours = even(COLOURS)
    things = []
    for k, place in enumerate(PLACES):
        if not taken & (4 >> k):
            _ = [next(rest) for _ in range(12)]
            continue
        kind, colour = take(scene_codes._KIND, kinds), take(scene_codes._COLOUR, colours)
        del kinds[kind], colours[colour]
        things.append((kind, colour, place, take(("near", "far"), even(DISTANCES))))
        _ = [next(rest) for _ in range(4)]
    return time, season, terrain, weather, things


def order(thing: Thing) -> int:
    return PLACES.index(thing.place)


def test_a_code_says_its_scene() -> None:
    scenes = [sample(seed) for seed in range(200)]
    codes = scene_codes.encode(scene_codes.told(scenes), scene_codes.LENGTH + 3, torch.Generator().manual_seed(0))
    assert codes.shape == (200, scene_codes.LENGTH + 3) and codes.isfinite().all()
    for scene, code in zip(scenes, codes, strict=True):
        things = [(t.kind, t.colour, t.place, t.distance) for t in sorted(scene.things, key=order)]
        assert said(code.tolist()) == (scene.time, scene.season, scene.terrain, scene.weather, things)


def test_over_all_scenes_codes_are_gaussian() -> None:
    told = scene_codes.told([sample(seed) for seed in range(1500)])
    draws = [scene_codes.encode(told, LATENT, torch.Generator().manual_seed(k)) for k in range(4)]
    assert not torch.equal(draws[0], draws[1])
    codes = torch.cat(draws)
    assert codes.mean(0).abs().max() < 0.12 and (codes.std(0) - 1).abs().max() < 0.08
    assert torch.corrcoef(codes.T).fill_diagonal_(0).abs().max() < 0.12
    # Not the moments alone: the share within one deviation, of each number.
    assert ((codes.abs() < 1).float().mean(0) - 0.683).abs().max() < 0.05


@torch.no_grad()
def test_the_halves_are_the_generator() -> None:
    torch.manual_seed(0)
    whole = generator().eval()
    (z,) = inputs(torch.Generator().manual_seed(0), None, 2)
    made = upper(whole)(lower(whole)(z[:, :, None, None]))
    assert made.shape == (2, 3, SIZE, SIZE) and torch.equal(made, whole(z))
