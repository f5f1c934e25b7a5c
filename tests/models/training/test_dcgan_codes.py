"""The lower half of the DCGAN starter's generator, and the codes that it is told."""

from __future__ import annotations

import torch

from models.reader.scene import COLOURS, KINDS, KINDS_IN, PLACES, SEASONS, TERRAINS, TIMES, WEATHERS, sample
from models.training import scene_codes
from models.training.recipes.dcgan import LATENT, SIZE, generator, inputs, lower, upper

SHARES = {"weather": (4, 3, 2, 2, 2), "count": (6, 3, 1)}


def first(numbers: torch.Tensor, shares: list[float]) -> int:
    """Who wins a race that these Gaussian numbers are of."""
    late = -torch.special.ndtr(numbers.double()).log()
    return min((k for k, share in enumerate(shares) if share), key=lambda k: float(late[k]) / shares[k])


def said(code: torch.Tensor) -> tuple[str, str, str, str, tuple[tuple[str, str, str, str], ...]]:
    """A code read from its start, with no use of what wrote it."""
    at = 0

    def take(count: int) -> torch.Tensor:
        nonlocal at
        at += count
        return code[at - count : at]

    time, season, terrain = (
        values[first(take(len(values)), [1] * len(values))] for values in (TIMES, SEASONS, TERRAINS)
    )
    weather = WEATHERS[first(take(len(WEATHERS)), list(SHARES["weather"]))]
    count = 1 + first(take(3), list(SHARES["count"]))
    order = take(len(PLACES)).argsort(descending=True)[:count].tolist()
    stands = [take(len(KINDS) + len(COLOURS) + 5) for _ in PLACES]
    rates = [(4 if kind == "sailboat" else 1) * (kind in KINDS_IN[terrain]) for kind in KINDS]
    colours = [1] * len(COLOURS)
    things = []
    for place in order:
        here = stands[place]
        kind, colour = first(here, rates), first(here[len(KINDS) :], colours)
        rates[kind] = colours[colour] = 0
        far = "far" if here[len(KINDS) + len(COLOURS)] > 0 else "near"
        things.append((KINDS[kind], COLOURS[colour], PLACES[place], far))
    return time, season, terrain, weather, tuple(things)


def test_a_code_says_its_scene() -> None:
    scenes = [sample(seed) for seed in range(200)]
    codes = scene_codes.encode(scene_codes.told(scenes), scene_codes.LENGTH + 3, torch.Generator().manual_seed(0))
    assert codes.shape == (200, scene_codes.LENGTH + 3) and codes.isfinite().all()
    for scene, code in zip(scenes, codes, strict=True):
        things = tuple((t.kind, t.colour, t.place, t.distance) for t in scene.things)
        assert said(code) == (scene.time, scene.season, scene.terrain, scene.weather, things)


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
