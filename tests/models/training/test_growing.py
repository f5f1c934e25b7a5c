"""A U-Net that grows from its middle: each level runs alone, and what it learns there is the whole network's."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from models.training.growing import Growing, shrunk, stage
from models.training.lab import Average, Budget, Lab
from models.training.recipes import ddpm

CHANNELS = (8, 8, 16, 32)


@pytest.fixture(scope="module")
def model() -> Growing:
    torch.manual_seed(0)
    return Growing(ddpm.network(CHANNELS))


@pytest.mark.parametrize("level", range(4))
def test_each_level_takes_pictures_of_its_size(model: Growing, level: int) -> None:
    side = 32 >> level
    assert model(torch.randn(2, 3, side, side), torch.tensor([1, 900]), level).shape == (2, 3, side, side)


def test_a_level_teaches_the_inner_blocks_and_no_outer_ones(model: Growing) -> None:
    torch.nn.init.normal_(model.heads[1][2].weight)  # type: ignore[index,arg-type]
    model.zero_grad()
    model(torch.randn(2, 3, 8, 8), torch.tensor([1, 900]), 2).pow(2).sum().backward()
    learns = {name for name, weights in model.named_parameters() if weights.grad is not None}
    assert any(name.startswith("unet.down_blocks.2") for name in learns)
    assert any(name.startswith("unet.mid_block") for name in learns)
    assert any(name.startswith("unet.up_blocks.0") for name in learns)
    outer = ("unet.down_blocks.0", "unet.down_blocks.1", "unet.up_blocks.2", "unet.up_blocks.3", "unet.conv", "stems.0")
    assert not [name for name in learns if name.startswith(outer)]


def test_stages_go_from_the_inside_out() -> None:
    shares = ddpm.SHARES["cpu"]
    levels = [stage(step, shares, 100) for step in range(100)]
    assert levels == sorted(levels, reverse=True)
    assert [levels.count(level) for level in (3, 2, 1, 0)] == [round(100 * share) for share in shares]
    assert stage(100, shares, 100) == 0


def test_the_schedule_ends_in_noise_and_survives_as_betas() -> None:
    snr = ddpm.log_snr()
    assert snr[0].item() == pytest.approx(9, abs=1e-6) and snr[-1].item() == pytest.approx(-9, abs=1e-6)
    kept = ddpm.schedule().alphas_cumprod.double()
    assert torch.allclose(torch.log(kept / (1 - kept)), snr, atol=0.02)
    # Halfway between its ends a picture of 64² would be half noise: at 128² there is more.
    assert snr[500].item() == pytest.approx(2 * math.log(64 / 128), abs=0.1)


@pytest.mark.parametrize("level", [0, 2])
def test_a_smaller_copy_sees_the_same_noise_less(level: int) -> None:
    """Shrinking the whole noisy picture gives the small one, at the shares that the level is told, up to a factor."""
    snr = torch.tensor([-1.0])
    picture, grain = ddpm.shares(snr, 0)
    small_picture, small_grain = ddpm.shares(snr, level)
    noise = shrunk(torch.randn(4, 3, 256, 256, generator=torch.Generator().manual_seed(0)), level) * grain
    assert (small_picture**2 + small_grain**2).item() == pytest.approx(1, abs=1e-5)
    assert (noise.std() / picture).item() == pytest.approx((small_grain / small_picture).item(), rel=0.02)


@pytest.mark.parametrize("stops", [False, True])
def test_the_average_begins_anew_with_every_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stops: bool) -> None:
    """Else the outer blocks' first weights would be a fourth of what is shipped."""
    begun = []

    class Watched(Average[Any]):
        def begin_anew(self, network: torch.nn.Module) -> None:
            super().begin_anew(network)
            begun.append(network)

    class Greys:
        count = 4

        def __init__(self, *_: Any) -> None:
            pass

        def batch(self, seeds: torch.Tensor) -> torch.Tensor:
            return torch.zeros(len(seeds), 3, 32, 32)

    monkeypatch.setattr(ddpm, "Average", Watched)
    monkeypatch.setattr(ddpm, "Land", Greys)
    monkeypatch.setattr(ddpm, "look", lambda *_: None)
    monkeypatch.setattr(ddpm, "save", lambda *_: None)
    monkeypatch.setitem(ddpm.CHANNELS, "cpu", CHANNELS)
    monkeypatch.setitem(ddpm.SHARES, "cpu", (0.5, 0.25, 0.25))
    for minutes in (0, math.inf) if stops else (math.inf,):  # a run that stops after a step goes on
        ddpm.run(Lab(ddpm.RECIPE, tmp_path, tmp_path, torch.device("cpu"), Budget(4, 1, 4), minutes))
    assert len(begun) == 2
