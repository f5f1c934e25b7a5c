"""A variational autoencoder with latents at several sizes: one vector for the whole, then fields that get finer.

Kingma and Welling 2014 (arXiv:1312.6114), as a ladder: Sønderby et al. 2016 (arXiv:1602.02282), Child 2021
(arXiv:2011.10650). Every latent is standard normal before anything is known, also the fine ones: what they mean depends
on the coarser ones, but how likely they are does not (the residual form of Vahdat and Kautz 2020, arXiv:2007.03898,
§3.2, with the prior's mean and width as a part of the decoder). So a picture's latents can be kept, mixed and moved one
level at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NARROWEST, NARROW, WIDEST = -7.0, -1.0, 1.0  # a posterior's logarithmic deviation: at least, at first, at most
# A latent's posterior mean, its logarithmic deviation and its index, to what it is taken to be.
Pick = Callable[[Tensor, Tensor, int], Tensor]


class Block(nn.Module):
    """Pre-activation residual block that adds nothing at first; in the decoder the whole-picture vector tunes it."""

    def __init__(self, width: int, style: int = 0) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = (nn.GroupNorm(math.gcd(width, 16), width) for _ in range(2))
        self.conv_1, self.conv_2 = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.style = nn.Linear(style, 2 * width) if style else None
        _silence(self.conv_2)
        if self.style is not None:
            _silence(self.style)

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        h = self.norm_2(self.conv_1(F.silu(self.norm_1(x))))
        if self.style is not None and style is not None:
            scale, shift = self.style(style)[:, :, None, None].chunk(2, 1)
            h = h * (1 + scale) + shift
        return x + self.conv_2(F.silu(h))


class Rung(nn.Module):
    """One field of latents: where it comes from (`infer`), and what it does to the features on their way to a picture.

    `enter` widens it at each place by as much as the features there ask for.
    """

    def __init__(self, width: int, latents: int, style: int) -> None:
        super().__init__()
        self.latents = latents
        self.infer = nn.Sequential(
            nn.GroupNorm(math.gcd(width, 16), 2 * width), nn.SiLU(), nn.Conv2d(2 * width, width, 1), nn.SiLU(),
            nn.Conv2d(width, 2 * latents, 1))  # fmt: skip
        self.gate = nn.Conv2d(width, latents, 1)
        self.enter = nn.Conv2d(latents, width, 1)
        self.block = Block(width, style)
        _begin_narrow(self.infer[-1])
        _silence(self.gate)

    def posterior(self, h: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithmic deviation of its latents, from both ways' features at its size."""
        return _spread(self.infer(torch.cat([h, seen], 1)))

    def forward(self, h: Tensor, z: Tensor, style: Tensor) -> Tensor:
        return self.block(h + self.enter(z.to(h.dtype) * self.gate(h).clamp(-3, 3).exp()), style)


class LadderVAE(nn.Module):
    """(B, channels, size, size) to latents and back. Its latents are a list: (B, whole), then one field a rung.

    `widths`, `rungs` and `latents` are from the finest size (`size`) to the coarsest, each half as wide as the one
    before: features, fields and channels of each field. `attributes` are directions in the first vector with names,
    `directions` those that change most, the strongest first; both are measured after the training.
    """

    attributes: Tensor
    directions: Tensor

    def __init__(
        self,
        channels: int = 8,
        size: int = 16,
        whole: int = 64,
        widths: Sequence[int] = (48, 96, 96),
        rungs: Sequence[int] = (4, 3, 1),
        latents: Sequence[int] = (4, 8, 12),
        deep: int = 2,
        attributes: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.channels, self.size, self.whole, self.names = channels, size, whole, tuple(attributes)
        sizes = [size >> k for k in range(len(widths))]
        if len({len(widths), len(rungs), len(latents)}) > 1 or sizes[-1] << (len(sizes) - 1) != size or not sizes[-1]:
            raise ValueError("A ladder needs as many widths, rungs and latents as sizes, each half of the one before.")
        self.sees = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.up = nn.ModuleList(nn.Sequential(*(Block(width) for _ in range(deep))) for width in widths)
        self.shrinks = nn.ModuleList(nn.Conv2d(fine, coarse, 2, stride=2) for fine, coarse in pairwise(widths))
        smallest = widths[-1] * sizes[-1] ** 2
        self.sums_up = nn.Sequential(
            nn.GroupNorm(math.gcd(widths[-1], 16), widths[-1]), nn.SiLU(), nn.Flatten(), nn.Linear(smallest, 192),
            nn.SiLU(), nn.Linear(192, 2 * whole))  # fmt: skip
        self.begins = nn.Linear(whole, smallest)
        self.begins_at = (widths[-1], sizes[-1], sizes[-1])
        self.down = nn.ModuleList(
            nn.ModuleList(Rung(width, depth, whole) for _ in range(count))
            for width, count, depth in zip(reversed(widths), reversed(rungs), reversed(latents), strict=True)
        )
        self.grows = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for coarse, fine in pairwise(reversed(widths)))
        self.draws = nn.Sequential(
            nn.GroupNorm(math.gcd(widths[0], 16), widths[0]), nn.SiLU(), nn.Conv2d(widths[0], channels, 3, padding=1)
        )
        self.register_buffer("attributes", torch.zeros(len(self.names), whole))
        self.register_buffer("directions", torch.eye(whole))
        _begin_narrow(self.sums_up[-1])

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of each of its latents, for one picture, from the whole to the finest."""
        fields = [
            (rung.latents, self.size >> (len(self.down) - 1 - level), self.size >> (len(self.down) - 1 - level))
            for level, rungs in enumerate(self._levels)
            for rung in rungs
        ]
        return ((self.whole,), *fields)

    # ── both ways ─────────────────────────────────────────────────────────────

    def forward(self, x: Tensor, draw: torch.Generator, keep: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """(B, channels, size, size) back from latents drawn from the posterior, and what they tell: (B,) in nats.

        `keep` (B,): so many of a picture's latents are drawn; the others are what they are before anything is known.
        """
        told = x.new_zeros(len(x), dtype=torch.float32)

        def pick(mean: Tensor, deviation: Tensor, at: int) -> Tensor:
            nonlocal told
            z = mean + deviation.exp() * torch.randn(mean.shape, generator=draw).to(mean)
            rate = divergence(mean, deviation)
            if keep is not None:
                kept = (keep > at).float()
                z, rate = z * kept.view(-1, *[1] * (z.ndim - 1)), rate * kept
            told = told + rate
            return z

        return self._climb(x, pick), told

    @torch.no_grad()
    def encode(self, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The posterior's mean of every latent of (B, channels, size, size), and what each tells in nats, (B,)."""
        found: list[Tensor] = []
        rates: list[Tensor] = []

        def pick(mean: Tensor, deviation: Tensor, at: int) -> Tensor:
            found.append(mean)
            rates.append(divergence(mean, deviation))
            return mean

        self._climb(x, pick)
        return found, rates

    def decode(self, latents: Sequence[Tensor]) -> Tensor:
        """(B, channels, size, size) of latents as `encode` gives them; those left out at the end are 0."""
        whole = latents[0]
        h = self._begin(whole)
        at = 1
        for level, rungs in enumerate(self._levels):
            if level:
                h = self._grow(h, level)
            for rung in rungs:
                z = latents[at] if at < len(latents) else whole.new_zeros(len(whole), rung.latents, *h.shape[2:])
                h, at = rung(h, z, whole), at + 1
        return self.draws(h)

    def _climb(self, x: Tensor, pick: Pick) -> Tensor:
        """Up to the whole and down again."""
        seen = self._look(x)
        whole = pick(*_spread(self.sums_up(seen[-1])), 0)
        h = self._begin(whole)
        at = 1
        for level, rungs in enumerate(self._levels):
            if level:
                h = self._grow(h, level)
            for rung in rungs:
                h, at = rung(h, pick(*rung.posterior(h, seen[-1 - level]), at), whole), at + 1
        return self.draws(h)

    def _look(self, x: Tensor) -> list[Tensor]:
        """The features of every size on the way up, the finest first."""
        seen: list[Tensor] = []
        h = self.sees(x)
        for level, blocks in enumerate(self.up):
            h = blocks(h if not level else self.shrinks[level - 1](h))
            seen.append(h)
        return seen

    @torch.no_grad()
    def settle(self, x: Tensor) -> float:
        """Move the first latent to where it is drawn: over many pictures (N, channels, size, size) it gets the mean and
        the covariance that it has before anything is known. Returns by how many nats it was elsewhere.

        What decoders are given in training and what they are given for pictures by chance differ otherwise (Hoffman and
        Johnson 2016, "ELBO surgery"; Ghosh et al. 2020, arXiv:1903.12436, §4, fit what was found and draw from that).
        All that listens to this latent is linear in it, so the move is made in the weights, and pictures stay as they
        are there and back; how sure it is of each number, which is told number by number, is moved on the average.
        """
        found = [_spread(self.sums_up(self._look(part)[-1])) for part in x.split(256)]
        means, widths = (torch.cat(parts).double() for parts in zip(*found, strict=True))
        doubt, middle = (2 * widths).exp().mean(0), means.mean(0)
        spread = means.T.cov(correction=0) + doubt.diag()
        values, vectors = torch.linalg.eigh(spread)
        wide, narrow = (vectors * values.pow(power) @ vectors.T for power in (0.5, -0.5))
        told = self.sums_up[-1]
        assert isinstance(told, nn.Linear)
        styles = (rung.block.style for level in self._levels for rung in level)
        listens = [self.begins, *(style for style in styles if style is not None)]
        for layer in listens:
            weight = layer.weight.double()
            layer.bias.copy_(layer.bias.double() + weight @ middle)
            layer.weight.copy_(weight @ wide)
        half = self.whole
        told.weight[:half] = (narrow @ told.weight[:half].double()).float()
        told.bias[:half] = (narrow @ (told.bias[:half].double() - middle)).float()
        told.bias[half:] += ((narrow.square() @ doubt).log() - doubt.log()).float() / 2
        return float((spread.trace() + middle.square().sum() - half - values.log().sum()) / 2)

    @property
    def _levels(self) -> list[list[Rung]]:
        """The rungs of each size, the coarsest first."""
        return [list(level) for level in self.down]  # type: ignore[call-overload]

    def _begin(self, whole: Tensor) -> Tensor:
        return self.begins(whole).unflatten(1, self.begins_at)

    def _grow(self, h: Tensor, level: int) -> Tensor:
        return F.interpolate(self.grows[level - 1](h), scale_factor=2.0, mode="nearest")


def _silence(layer: nn.Module) -> None:
    """Let it add nothing at first."""
    for weights in layer.parameters():
        nn.init.zeros_(weights)


def _begin_narrow(layer: nn.Module) -> None:
    """A posterior that knows nothing yet, but is narrower than the prior: else the decoder sees mostly noise."""
    _silence(layer)
    for name, weights in layer.named_parameters():
        if name == "bias":
            nn.init.constant_(weights[len(weights) // 2 :], NARROW)


def divergence(mean: Tensor, deviation: Tensor) -> Tensor:
    """(B,) nats: Kullback-Leibler divergence of a normal, its deviation logarithmic, from the standard one (Kingma and
    Welling 2014, appendix B)."""
    return ((mean.square() + (2 * deviation).exp() - 1) / 2 - deviation).flatten(1).sum(1)


def _spread(both: Tensor) -> tuple[Tensor, Tensor]:
    mean, deviation = both.float().chunk(2, 1)
    return mean, deviation.clamp(NARROWEST, WIDEST)
