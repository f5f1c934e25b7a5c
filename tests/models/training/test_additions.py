"""What the recipes of the upscaler, the sketch control and the style stand on."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from diffusers import ControlNetModel

from models.networks import miniature
from models.training.recipes import scenes_sketch, scenes_style, upscaler


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def soft(count: int, side: int) -> torch.Tensor:
    """Pictures (N, 3, side, side) in 0..1 of soft patches with hard edges."""
    coarse = torch.rand(count, 3, side // 8, side // 8, generator=generator())
    return (F.interpolate(coarse, (side, side), mode="bilinear") * 6).round() / 6


# ── the upscaler ──────────────────────────────────────────────────────────────


def test_the_network_begins_as_the_best_linear_enlargement() -> None:
    pictures = soft(24, 64)
    with torch.no_grad():
        model = upscaler.network()
        upscaler.begin(model, pictures)
        low = upscaler.small(pictures)
        made = upscaler.enlarged(model, low, 1)
        even = upscaler.enlarged(model, torch.full((1, 3, 8, 8), 0.3), 8)
    ours, plain = ((t - pictures)[..., 16:-16, 16:-16].square().mean() for t in (made, upscaler.bicubic(low)))
    assert ours < plain
    assert torch.allclose(even, torch.full_like(even, 0.3), atol=1e-4)


def test_training_pairs_fit_together() -> None:
    pictures = soft(4, 128) * 2 - 1
    real = upscaler.cut(pictures, generator())
    low = upscaler.shrunk(real, generator())
    assert real.shape == (4, 3, 64, 64) and low.shape == (4, 3, 16, 16)
    assert real.min() >= 0 and real.max() <= 1 and low.min() >= 0 and low.max() <= 1
    assert (F.avg_pool2d(real, 4) - low).abs().mean() < 0.03


def test_the_critics_game_is_even_where_both_look_alike() -> None:
    scores = torch.randn(4, 1, 8, 8, generator=generator())
    even = upscaler.realer(torch.zeros(4), torch.zeros(4))
    assert even.item() == pytest.approx(0.6931, abs=1e-3)
    assert upscaler.realer(scores + 3, scores) < even < upscaler.realer(scores - 3, scores)


def test_halfway_between_two_networks_is_halfway_between_their_weights() -> None:
    with torch.no_grad():
        one, other = upscaler.network(), upscaler.network()
    middle = upscaler.between(one, other, 0.5)
    for name, value in middle.state_dict().items():
        assert torch.allclose(value, (one.state_dict()[name] + other.state_dict()[name]) / 2, atol=1e-6)


# ── the sketch control ────────────────────────────────────────────────────────


def test_an_untrained_control_says_nothing_and_hears_at_once() -> None:
    unet = miniature.stable_diffusion().unet
    control = scenes_sketch.network(unet)
    assert isinstance(control, ControlNetModel)
    noisy, times, states = torch.randn(1, 4, 8, 8), torch.tensor([500]), torch.randn(1, 7, 32)
    lines = torch.rand(1, 1, 64, 64)
    down, middle = control(noisy, times, states, scenes_sketch.chalk(lines), return_dict=False)
    assert all(not part.any() for part in (*down, middle))
    assert control.controlnet_cond_embedding(scenes_sketch.chalk(lines)).abs().mean() > 0.01


def test_following_lines_is_measured() -> None:
    pictures, lines = torch.zeros(2, 3, 64, 64), torch.ones(2, 1, 64, 64)
    pictures[0, :, 20:], pictures[1, :, :, 40:] = 1, 1
    lines[0, :, 20], lines[1, :, :, 40] = 0, 0
    assert scenes_sketch.followed(pictures, lines) > 0.8
    assert scenes_sketch.followed(pictures, lines.flip(0)) < 0.3


# ── the style ─────────────────────────────────────────────────────────────────


def test_prints_have_four_inks_and_keep_strong_colours() -> None:
    grey = torch.linspace(0, 1, 64).view(1, 1, 1, -1).expand(1, 3, 64, -1)
    made = scenes_style.printed(grey)
    assert scenes_style.off_the_inks(made) < 0.4 * scenes_style.off_the_inks(grey)
    assert made[0, :, 32, 0].tolist() == pytest.approx(scenes_style.INKS[0], abs=0.02)
    assert made[0, :, 32, -1].tolist() == pytest.approx(scenes_style.INKS[-1], abs=0.02)
    red = grey.clone()
    red[:, :, 20:40, 20:40] = torch.tensor([0.9, 0.1, 0.1]).view(1, 3, 1, 1)
    kept = scenes_style.printed(red)[0, :, 30, 30]
    assert kept[0] > 0.7 and kept[1] < 0.35


def test_only_the_changes_are_trained_and_they_begin_as_none() -> None:
    unet = miniature.stable_diffusion().unet
    given = torch.randn(1, 4, 8, 8), torch.tensor([500]), torch.randn(1, 7, 32)
    with torch.no_grad():
        before = unet(*given).sample
        trained = scenes_style.adapted(unet)
        assert torch.allclose(unet(*given).sample, before, atol=1e-6)
    assert trained and all(p.requires_grad for p in trained)
    assert sum(p.requires_grad for p in unet.parameters()) == len(trained)
