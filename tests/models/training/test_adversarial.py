"""What both sides of a GAN share: penalties against plain double differentiation, augmentation, averages."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.training import adversarial
from models.training.adversarial import (
    AUGMENTATIONS,
    HINGE,
    LEAST_SQUARES,
    NON_SATURATING,
    WASSERSTEIN,
    GeneratorAverage,
    augment,
    frozen,
    gradient_penalty,
    r1,
    settle,
)


def draw(seed: int = 0) -> torch.Generator:
    return torch.Generator("cpu").manual_seed(seed)


def critic(norm: str) -> nn.Sequential:
    """A small convolutional critic; with batch norm a picture's score depends on the others'."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        between: nn.Module = {
            "none": nn.Identity(), "batch": nn.BatchNorm2d(8), "still": nn.BatchNorm2d(8).eval(),
            "group": nn.GroupNorm(2, 8), "instance": nn.InstanceNorm2d(8, affine=True),
            "layer": nn.LayerNorm([8, 8, 8]),
        }[norm]  # fmt: skip
        return nn.Sequential(
            nn.Conv2d(3, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(8, 8, 3, 1, 1), between, nn.Softplus(),
            nn.AvgPool2d(2), nn.Conv2d(8, 1, 2),
        )  # fmt: skip


def twice(network: nn.Module, at: Tensor, curve: Callable[[Tensor], Tensor]) -> Tensor:
    """The penalty as it is written in the papers: the graph of a gradient is differentiated again."""
    at = at.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(network(at).sum(), at, create_graph=True)
    return curve(gradient.flatten(1).norm(dim=1)).mean()


def gradients(loss: Tensor, network: nn.Module) -> list[Tensor]:
    found = torch.autograd.grad(loss, list(network.parameters()), allow_unused=True)
    return [torch.zeros_like(p) if g is None else g for p, g in zip(network.parameters(), found, strict=True)]


@pytest.mark.parametrize("norm", ["none", "batch", "still", "group", "instance", "layer"])
@pytest.mark.parametrize("kind", ["r1", "wgan"])
def test_penalties_are_those_of_double_differentiation(norm: str, kind: str) -> None:
    network = critic(norm)
    real, made = torch.randn(2, 5, 3, 16, 16, generator=draw())
    if kind == "r1":
        ours = r1(network, real)
        expected = twice(network, real, torch.square)
    else:
        ours = gradient_penalty(network, real, made, draw(3))
        share = torch.rand(5, 1, 1, 1, generator=draw(3))
        expected = twice(network, real + share * (made - real), lambda length: (length - 1).square())
    assert ours.item() == pytest.approx(expected.item(), rel=1e-5)
    for mine, theirs in zip(gradients(ours, network), gradients(expected, network), strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-3, atol=1e-6)


def test_penalties_are_exact_even_where_the_rest_computes_in_short_numbers() -> None:
    network = critic("batch")
    real = torch.randn(8, 3, 16, 16, generator=draw())
    exact = gradients(r1(network, real), network)
    with torch.autocast("cpu", torch.bfloat16):
        short = gradients(r1(network, real), network)
    assert all(torch.equal(one, other) for one, other in zip(exact, short, strict=True))


def test_a_critic_that_looks_elsewhere_is_told() -> None:
    network = critic("none")
    with pytest.raises((ValueError, RuntimeError)):
        r1(lambda pictures: network(torch.zeros_like(pictures)).detach(), torch.randn(2, 3, 16, 16))


@pytest.mark.parametrize("game", [NON_SATURATING, HINGE, WASSERSTEIN, LEAST_SQUARES])
def test_each_side_wants_what_the_other_does_not(game: adversarial.Game) -> None:
    low, high = torch.full((4, 1), -0.5), torch.full((4, 1), 0.5)
    assert game.critic(high, low) < game.critic(low, high)
    assert game.generator(high) < game.generator(low)


def test_augmented_pictures_differ_and_gradients_pass_them() -> None:
    pictures = torch.rand(6, 3, 32, 32, generator=draw()).mul(2).sub(1).requires_grad_()
    for policy in (*((name,) for name in AUGMENTATIONS), AUGMENTATIONS):
        once, again, other = (augment(pictures, draw(seed), policy) for seed in (5, 5, 6))
        assert once.shape == pictures.shape
        assert torch.equal(once, again) and not torch.equal(once, other)
        (gradient,) = torch.autograd.grad(once.sum(), pictures)
        assert gradient.abs().sum() > 0


def test_translation_moves_by_whole_pixels_and_cutout_takes_a_square() -> None:
    pictures = torch.rand(8, 3, 32, 32, generator=draw()) + 0.5
    for before, after in zip(pictures, augment(pictures, draw(2), ("translation",)), strict=True):
        shifts = [(y, x) for y in range(-4, 5) for x in range(-4, 5)]
        padded = F.pad(before, (4, 4, 4, 4))
        assert any(torch.allclose(after, padded[:, 4 + y : 36 + y, 4 + x : 36 + x]) for y, x in shifts)
    cut = augment(pictures, draw(2), ("cutout",))
    gone = (cut == 0).all(1)
    assert torch.equal(cut, pictures * ~gone[:, None])
    assert ((gone.sum((1, 2)) > 0) & (gone.sum((1, 2)) <= 16 * 16)).all()


def test_a_frozen_network_passes_gradients_on_and_gets_none() -> None:
    network = critic("none")
    pictures = torch.randn(2, 3, 16, 16, requires_grad=True)
    with frozen(network):
        network(pictures).sum().backward()
    assert pictures.grad is not None and all(p.grad is None for p in network.parameters())
    assert all(p.requires_grad for p in network.parameters())


def test_the_average_lags_and_its_batch_norms_settle() -> None:
    network = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    average = GeneratorAverage(network, copy.deepcopy(network), batch=10, half_life=100)
    assert average.decay == pytest.approx(0.5**0.1)
    start = network[0].weight.detach().clone()
    with torch.no_grad():
        for _ in range(200):
            network[0].weight.add_(0.01)
            average.update(network)
    now, kept = (n[0].weight.mean() for n in (network, average.model))
    assert start.mean() < kept < now
    batches = [torch.randn(64, 4, generator=draw(k)) for k in range(4)]
    settle(average.model, batches)
    assert not average.model.training and average.model[1].momentum == 0.1
    whole = torch.cat([average.model[0](b) for b in batches])
    assert torch.allclose(average.model[1].running_mean, whole.mean(0), atol=1e-4)
