"""What trainings with a critic share: the losses of both sides, gradient penalties, augmentation, and the average.

A step of a recipe reads like this, whatever the networks are:

    made = generator(z)
    update(HINGE.critic(critic(real), critic(made.detach())) + 5 * r1(critic, real), critic_optimizer, 4e-4)
    with frozen(critic):
        update(HINGE.generator(critic(made)), generator_optimizer, 2e-4)
    average.update(generator)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import forward_ad

from models.training.forward_mode import WrittenOut
from models.training.lab import Average

N = TypeVar("N", bound=nn.Module)
# Pictures (B, 3, H, W) to scores (B, ...), higher for what looks real; patches of a picture may each have one.
Critic = Callable[[Tensor], Tensor]


# ── losses ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Game:
    """`critic(real, made)` and `generator(made)`: what each side lowers, from scores of any shape to a number."""

    critic: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


# Goodfellow et al. 2014 (arXiv:1406.2661, §3), scores being logits.
NON_SATURATING = Game(
    lambda real, made: F.softplus(-real.float()).mean() + F.softplus(made.float()).mean(),
    lambda made: F.softplus(-made.float()).mean(),
)
# Lim & Ye 2017 (arXiv:1705.02894), Miyato et al. 2018 (arXiv:1802.05957, eq. 16 and 17).
HINGE = Game(
    lambda real, made: F.relu(1 - real.float()).mean() + F.relu(1 + made.float()).mean(),
    lambda made: -made.float().mean(),
)
# Arjovsky et al. 2017 (arXiv:1701.07875, eq. 2); the critic also needs `gradient_penalty`.
WASSERSTEIN = Game(
    lambda real, made: made.float().mean() - real.float().mean(),
    lambda made: -made.float().mean(),
)
# Mao et al. 2017 (arXiv:1611.04076, eq. 9), as pix2pix and CycleGAN have it.
LEAST_SQUARES = Game(
    lambda real, made: ((real.float() - 1).square().mean() + made.float().square().mean()) / 2,
    lambda made: (made.float() - 1).square().mean(),
)


# ── gradient penalties ────────────────────────────────────────────────────────


def r1(critic: Critic, real: Tensor) -> Tensor:
    """Mean square length of the critic's gradient at real pictures (Mescheder et al. 2018, arXiv:1801.04406, eq. 9).

    Add it times γ / 2. Every k-th step with k times the weight does as well (Karras et al. 2020, arXiv:1912.04958,
    §3.1). `critic` must answer the same twice: augment before, not in it.
    """
    return _penalty(critic, real, lambda length: (length.square(), 2 * length))


def gradient_penalty(critic: Critic, real: Tensor, made: Tensor, draw: torch.Generator) -> Tensor:
    """Mean (length - 1)² of the critic's gradient between real and made pictures; add it times 10.

    Gulrajani et al. 2017 (arXiv:1704.00028, eq. 3). A part of the batch, in every step, is an unbiased estimate, too.
    """
    share = torch.rand((len(real), 1, 1, 1), generator=draw).to(real)
    between = torch.lerp(real, made.detach().to(real), share)
    return _penalty(critic, between, lambda length: ((length - 1).square(), 2 * (length - 1)))


def _penalty(critic: Critic, pictures: Tensor, curve: Callable[[Tensor], tuple[Tensor, Tensor]]) -> Tensor:
    """Mean of p(|g|), g the gradient at each picture; `curve` gives p and its derivative at lengths (B,).

    The weights' gradient of Σ p(|g|) is that of Σ v·g with v = p'(|g|) g / |g| held still, and v·g is the critic's
    derivative along v: one pass in forward mode. So nothing is differentiated twice in reverse, for which processors
    have no fast convolutions, and critics that look at whole batches (batch norm) are penalised exactly, too.
    In full precision whatever autocast says: forward mode does not mix formats.
    """
    pictures = pictures.detach().float()
    still = pictures.clone().requires_grad_()
    with torch.autocast(pictures.device.type, enabled=False):
        (gradient,) = torch.autograd.grad(critic(still).sum(), still)
        length = gradient.flatten(1).norm(dim=1)
        value, steepness = curve(length)
        along = gradient * (steepness / length.clamp(min=1e-12)).view(-1, *[1] * (gradient.ndim - 1))
        with forward_ad.dual_level(), WrittenOut():
            scores = critic(forward_ad.make_dual(pictures, along))
            change = forward_ad.unpack_dual(scores).tangent
    if change is None:
        raise ValueError("The critic's scores do not depend on the pictures.")
    surrogate = change.sum() / len(pictures)
    return value.mean() + surrogate - surrogate.detach()


# ── differentiable augmentation ───────────────────────────────────────────────

AUGMENTATIONS = ("colour", "translation", "cutout")


def augment(pictures: Tensor, draw: torch.Generator, policy: Iterable[str] = AUGMENTATIONS) -> Tensor:
    """Pictures (B, C, H, W) in -1..1 after random changes that gradients pass (Zhao et al. 2020, arXiv:2006.10738).

    For few pictures or many epochs: give the critic real and made ones through it, with fresh draws for each.
    """
    changes = {"colour": _colour, "translation": _translation, "cutout": _cutout}
    pictures = pictures.float()
    for name in policy:
        pictures = changes[name](pictures, draw)
    return pictures


def _uniform(pictures: Tensor, draw: torch.Generator) -> Tensor:
    """(B, 1, 1, 1) in 0..1."""
    return torch.rand((len(pictures), 1, 1, 1), generator=draw).to(pictures)


def _colour(pictures: Tensor, draw: torch.Generator) -> Tensor:
    """Brightness, then saturation around each pixel's grey, then contrast around the picture's mean."""
    pictures = pictures + _uniform(pictures, draw) - 0.5
    grey = pictures.mean(1, keepdim=True)
    pictures = torch.lerp(grey, pictures, 2 * _uniform(pictures, draw))
    mean = pictures.mean((1, 2, 3), keepdim=True)
    return torch.lerp(mean, pictures, _uniform(pictures, draw) + 0.5)


def _translation(pictures: Tensor, draw: torch.Generator, share: float = 0.125) -> Tensor:
    """Moved by whole pixels, at most that share of the side; grey comes in."""
    count, _, high, wide = pictures.shape
    moves = [torch.randint(-round(side * share), round(side * share) + 1, (count,), generator=draw)
             for side in (wide, high)]  # fmt: skip
    across, down = (m.to(pictures) * 2 / side for m, side in zip(moves, (wide, high), strict=True))
    one, none = torch.ones_like(across), torch.zeros_like(across)
    theta = torch.stack([torch.stack([one, none, across], 1), torch.stack([none, one, down], 1)], 1)
    grid = F.affine_grid(theta, list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, mode="nearest", padding_mode="zeros", align_corners=False)


def _cutout(pictures: Tensor, draw: torch.Generator, share: float = 0.5) -> Tensor:
    """A square of half the side made grey, wherever its centre falls."""
    high, wide = pictures.shape[2:]
    inside = torch.ones((len(pictures), 1, high, wide), dtype=torch.bool, device=pictures.device)
    for axis, side in ((2, high), (3, wide)):
        places = torch.arange(side, device=pictures.device).view([side if d == axis else 1 for d in range(4)])
        centre = torch.randint(0, side + 1, (len(pictures), 1, 1, 1), generator=draw).to(pictures.device)
        inside = inside & ((places - centre).abs() * 2 < side * share)
    return pictures * ~inside


# ── steps, and the average ────────────────────────────────────────────────────


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Gradients pass the network on to whoever made its input, and none of its own weights' are computed."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)


def adam(network: nn.Module, beta_1: float = 0.0, beta_2: float = 0.99) -> torch.optim.Adam:
    """The optimizer of either side; `update` gives the learning rate of each step."""
    return torch.optim.Adam(network.parameters(), lr=0.0, betas=(beta_1, beta_2), fused=True)


def update(loss: Tensor, optimizer: torch.optim.Optimizer, learning_rate: float) -> float:
    """One step of one side, unclipped: Adam bounds it. Returns the loss."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    move(optimizer, learning_rate)
    return loss.item()


def move(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """The step itself, along gradients that are there already."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()


class GeneratorAverage(Average[N]):
    """The generator whose pictures are shown: the moving average of the one that trains, buffers as they are.

    `half_life` is in pictures, as Karras et al. 2018 (arXiv:1710.10196, §4.1) average theirs over time.
    """

    def __init__(self, network: N, twin: N, batch: int, half_life: float = 10_000) -> None:
        super().__init__(network, twin, 0.5 ** (batch / half_life))

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        super().update(network)
        for kept, now in zip(self.model.buffers(), network.buffers(), strict=True):
            kept.copy_(now)


@torch.no_grad()
def settle(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """Give batch norms the statistics that belong to these very weights, averaged over the batches.

    An averaged generator has those of another network otherwise; Brock et al. 2019 (arXiv:1809.11096, §C.1) call
    them standing statistics. Afterwards the network is as for use (`eval`).
    """
    norms = [part for part in network.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over all batches
    network.train()
    for batch in batches:
        network(batch)
    network.eval()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
