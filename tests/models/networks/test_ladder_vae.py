"""The ladder's arithmetic: what its latents tell, that they are the picture's, and that it learns."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from models.networks.ladder_vae import LadderVAE, divergence

SMALL: dict[str, Any] = {
    "channels": 3, "size": 8, "whole": 6, "widths": (8, 16), "rungs": (2, 1), "latents": (2, 3), "deep": 1,
}  # fmt: skip


def ladder() -> LadderVAE:
    torch.manual_seed(0)
    return LadderVAE(**SMALL)


def lively() -> LadderVAE:
    network = ladder()
    for part in network.parameters():
        nn.init.normal_(part, std=0.2)
    return network


def test_divergence_is_torchs() -> None:
    mean, deviation = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    expected = kl_divergence(Normal(mean, deviation.exp()), Normal(0.0, 1.0)).flatten(1).sum(1)
    assert torch.allclose(divergence(mean, deviation), expected, rtol=1e-5)


def test_what_is_left_out_is_at_its_average() -> None:
    network = lively()
    x = torch.randn(2, 3, 8, 8)
    found, rates = network.encode(x)
    assert tuple(z.shape[1:] for z in found) == network.shapes == ((6,), (3, 4, 4), (2, 8, 8), (2, 8, 8))
    assert all(rate.shape == (2,) and (rate > 0).all() for rate in rates)
    silent = [*found[:2], *(z * 0 for z in found[2:])]
    assert torch.allclose(network.decode(found[:2]), network.decode(silent), atol=1e-5)
    assert not torch.allclose(network.decode(found), network.decode(silent), atol=1e-2)


def test_the_way_down_is_the_same_with_and_without_a_picture() -> None:
    network = lively()
    x = torch.randn(2, 3, 8, 8)
    with torch.no_grad():
        seen = network._climb(x, lambda mean, deviation, at: mean)
    assert torch.allclose(seen, network.decode(network.encode(x)[0]), atol=1e-5)


def test_latents_that_are_not_kept_tell_nothing() -> None:
    network = lively()
    x = torch.randn(3, 3, 8, 8)
    found, rates = network.encode(x)
    keep = torch.tensor([1, 2, 4])
    with torch.no_grad():
        made, told = network(x, torch.Generator().manual_seed(0), keep)
    # The first latent does not depend on how the others are drawn.
    assert told[0] == pytest.approx(rates[0][0].item(), rel=1e-4)
    assert made.shape == x.shape and found[0].shape == (3, 6)


def test_nothing_is_known_before_it_has_learned() -> None:
    network = ladder()
    found, rates = network.encode(torch.randn(2, 3, 8, 8))
    assert all((z == 0).all() for z in found)
    # The Kullback-Leibler divergence of a normal of deviation 1/e from the standard one.
    each = (math.exp(-2) - 1) / 2 + 1
    for rate, shape in zip(rates, network.shapes, strict=True):
        assert rate.tolist() == pytest.approx([each * math.prod(shape)] * 2, rel=1e-5)


def test_it_learns_to_give_a_picture_back() -> None:
    network = ladder()
    x = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    draw = torch.Generator().manual_seed(0)
    for _ in range(60):
        made, told = network(x, draw)
        loss = (made - x).square().mean() / 0.02 + told.mean() / 192
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found, _ = network.encode(x)
    assert (network.decode(found) - x).square().mean() < 0.5
    assert all(z.abs().max() > 0.01 for z in found)


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="half of the one before"):
        LadderVAE(size=6, widths=(8, 8, 8), rungs=(1, 1, 1), latents=(1, 1, 1))


def test_what_is_drawn_of_the_whole_is_what_is_found() -> None:
    """Once settled, its first latent has mean 0 and covariance 1 over pictures, and these come back as before."""
    network = lively()
    last = network.sums_up[-1]
    last.bias.data[:6] += 2
    last.bias.data[6:] = -1
    last.weight.data[6:] *= 0.1  # so that no deviation is the least or the most that there is
    x = torch.randn(300, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    x = x * torch.linspace(0.2, 3, 300).view(-1, 1, 1, 1)
    before, codes = network.decode(network.encode(x[:4])[0]), network.encode(x[:4])[0]
    assert network.settle(x) > 5
    settled = network.encode(x[:4])[0]
    assert torch.allclose(network.decode(settled), before, atol=1e-3)
    assert not torch.allclose(settled[0], codes[0], atol=0.1)
    assert all(torch.allclose(one, other, atol=1e-3) for one, other in zip(settled[1:], codes[1:], strict=True))
    found: list[torch.Tensor] = []

    def pick(mean: torch.Tensor, deviation: torch.Tensor, at: int) -> torch.Tensor:
        found.extend([mean, deviation] if not at else [])
        return mean

    with torch.no_grad():
        network._climb(x, pick)
    assert found[0].mean(0).abs().max() < 1e-3
    assert ((found[0].square() + (2 * found[1]).exp()).mean(0) - 1).abs().max() < 0.02
    assert network.settle(x) < 0.5, "a second time there is little to do"
    assert math.isfinite(network.settle(x[:1]))
