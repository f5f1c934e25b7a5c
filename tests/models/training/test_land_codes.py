"""Codes of landscapes: they say what they are of, and are Gaussian over all of them."""

from __future__ import annotations

from statistics import NormalDist

import torch

from models.reader.scene import SEASONS, TERRAINS, TIMES, WEATHERS
from models.training import land_codes
from models.training.land import sample_land
from models.training.recipes.dcgan import LATENT


def read(numbers: list[float], values: tuple[str | None, ...], shares: dict[str, float]) -> str:
    """The value that bits spell: the upper half of those left where a number is so high as that half is likely."""
    left = list(values)
    for number in numbers:
        low, high = left[: len(left) // 2], left[len(left) // 2 :]
        sums = [sum(shares.get(str(value), 0.0) for value in half) for half in (low, high)]
        left = high if NormalDist().cdf(number) > sums[0] / sum(sums) else low
    (found,) = left
    assert found is not None
    return found


def test_a_code_says_its_landscape() -> None:
    scenes = [sample_land(seed) for seed in range(300)]
    codes = land_codes.encode(land_codes.told(scenes), land_codes.LENGTH + 3, torch.Generator().manual_seed(0))
    assert codes.shape == (300, land_codes.LENGTH + 3) and codes.isfinite().all()
    clouds = dict(zip(WEATHERS, (4.0, 3.0, 2.0, 2.0, 2.0), strict=True))
    for scene, code in zip(scenes, codes.tolist(), strict=True):
        assert read(code[:2], land_codes.TIME, dict.fromkeys(TIMES, 1.0)) == scene.time
        assert read(code[2:4], SEASONS, dict.fromkeys(SEASONS, 1.0)) == scene.season
        assert read(code[4:7], land_codes.TERRAIN, dict.fromkeys(TERRAINS, 1.0)) == scene.terrain
        assert read(code[7:10], land_codes.WEATHER, clouds) == scene.weather


def test_what_is_known_already_takes_no_place() -> None:
    told = land_codes.told([sample_land(seed) for seed in range(20)])
    whole, rest = (
        land_codes.encode(told, 60, torch.Generator().manual_seed(0), known) for known in ((), (0, 2))
    )  # time and terrain
    assert rest.shape == whole.shape == (20, 60)
    assert torch.equal(rest[:, :2], whole[:, 2:4]), "the season"
    assert torch.equal(rest[:, 2 : land_codes.LENGTH - 5], whole[:, 7 : land_codes.LENGTH])


def test_over_all_landscapes_codes_are_gaussian() -> None:
    told = land_codes.told([sample_land(seed) for seed in range(1500)])
    draws = [land_codes.encode(told, LATENT, torch.Generator().manual_seed(k)) for k in range(4)]
    assert not torch.equal(draws[0], draws[1])
    codes = torch.cat(draws)
    assert codes.mean(0).abs().max() < 0.12 and (codes.std(0) - 1).abs().max() < 0.08
    assert torch.corrcoef(codes.T).fill_diagonal_(0).abs().max() < 0.12
    # Not the moments alone: the share within one deviation, of each number.
    assert ((codes.abs() < 1).float().mean(0) - 0.683).abs().max() < 0.05
