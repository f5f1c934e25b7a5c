"""Glow (Kingma and Dhariwal 2018, arXiv:1807.03039), of normflows' blocks; the way through is told step by step.

A picture of 256 levels becomes real numbers by noise within each level; then nothing is lost on the way to z and back.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from normflows import MultiscaleFlow
from normflows.distributions import DiagGaussian
from normflows.flows import AffineCouplingBlock, GlowBlock, Merge, Squeeze
from torch import Tensor, nn

# What comes from a picture stays within tens. Far from all pictures a flow's way out may explode (Behrmann et al. 2021,
# arXiv:2006.09347, §3): a noise in some hundreds would end as no number at all.
MOST = 1e3


class Glow(MultiscaleFlow):
    """The flow of pictures (B, 3, side, side). `blocks` and `hidden` have one entry a level, the coarsest first.

    Each level halves the picture; half of its numbers go on to the next coarser one, the others are its z. The mean
    and width of a z depend on what went on, as in the paper's split, by a coupling that ends each level. z of zero is
    therefore what a level expects to see, given the coarser ones.
    """

    def __init__(self, side: int, blocks: Sequence[int], hidden: Sequence[int]) -> None:
        levels = len(blocks)
        if side % 2**levels or len(hidden) != levels:
            raise ValueError(f"a side of {side} cannot be halved {levels} times, or hidden has not {levels} entries")
        shapes, flows = [], []
        for level, (count, width) in enumerate(zip(blocks, hidden, strict=True)):
            channels, places = 3 * 2 ** (levels + 1 - level), side // 2 ** (levels - level)
            prior: list[nn.Module] = []
            if level:
                expects = nn.Conv2d(channels // 2, channels, 3, padding=1)
                nn.init.zeros_(expects.weight)
                nn.init.zeros_(expects.bias)  # type: ignore[arg-type]
                prior = [AffineCouplingBlock(expects)]
            with warnings.catch_warnings():  # normflows decomposes its first matrices in torch's old way
                warnings.filterwarnings("ignore", "torch.lu is deprecated")
                flows.append([*prior, *(GlowBlock(channels, width) for _ in range(count)), Squeeze()])
            shapes.append((channels // 2 if level else channels, places, places))
        super().__init__([DiagGaussian(s) for s in shapes], flows, [Merge() for _ in flows[1:]], class_cond=False)
        self.side, self.shapes = side, tuple(shapes)

    @property
    def numbers(self) -> int:
        return 3 * self.side**2

    @property
    def units(self) -> int:
        """How many steps there are from z to a picture, or back."""
        return sum(len(flow) for flow in self.flows)

    def bits(self, real: Tensor) -> Tensor:
        """(B,): bits per dimension of pictures as `to_real` gives them, as 256 levels a number: exact."""
        return self.as_bits(self.log_prob(real, None))

    def as_bits(self, log_prob: Tensor) -> Tensor:
        """Bits per dimension of 256 levels, from the log density of pictures that are one unit wide."""
        return (math.log(256) - log_prob / self.numbers) / math.log(2)


@dataclass
class Way:
    """Where a picture is on its way: `now` at its level, and each level's z that is apart from it (None: not yet).

    `log_det` is the logarithm of how much volume has changed so far, from picture to z.
    """

    level: int
    now: Tensor
    z: list[Tensor | None]
    log_det: Tensor

    @property
    def ended(self) -> list[Tensor]:
        """Every level's z, of a picture that has gone all the way."""
        return [part for part in self.z if part is not None]


def to_real(pictures: Tensor, noise: Tensor | float) -> Tensor:
    """Pictures in -1..1 on 256 levels to numbers in -½..½, with `noise` in 0..1 within each level."""
    return (((pictures + 1) * 127.5).round() + noise) / 256 - 0.5


def to_picture(real: Tensor) -> Tensor:
    """Back to -1..1 on 256 levels."""
    return ((real + 0.5) * 256).floor().clamp(0, 255) / 127.5 - 1


def inwards(flow: Glow, real: Tensor) -> Iterator[Way]:
    """From pictures to z, one step at a time; the last Way has every z."""
    way = Way(len(flow.flows) - 1, real, [None] * len(flow.flows), torch.zeros(len(real)).to(real))
    for level in reversed(range(len(flow.flows))):
        way.level = level
        for step in reversed(flow.flows[level]):
            way.now, change = step.inverse(way.now)
            way.log_det = way.log_det + change
            yield way
        if level:
            (way.now, way.z[level]), _ = flow.merges[level - 1].inverse(way.now)
    way.z[0] = way.now


def outwards(flow: Glow, z: Sequence[Tensor]) -> Iterator[Way]:
    """From each level's z, the coarsest first, to pictures, one step at a time."""
    way = Way(0, z[0], [None, *z[1:]], torch.zeros(len(z[0])).to(z[0]))
    for level in range(len(flow.flows)):
        way.level = level
        if level:
            way.now = _held(flow.merges[level - 1]([way.now, z[level]])[0])
            way.z[level] = None
        for step in flow.flows[level]:
            way.now, change = step(way.now)
            way.now = _held(way.now)
            way.log_det = way.log_det - change
            yield way


def _held(x: Tensor) -> Tensor:
    """Within bounds that nothing from a picture reaches."""
    return x.nan_to_num(0.0, MOST, -MOST).clamp(-MOST, MOST)


def through(steps: Iterator[Way]) -> Way:
    """Where a way ends."""
    way = next(steps)
    for way in steps:  # noqa: B007
        pass
    return way


def scaled(flow: Glow, noise: Tensor, temperature: float = 1.0) -> list[Tensor]:
    """Standard normal noise (B, numbers) as each level's z, its spread times `temperature`."""
    parts = noise.split([math.prod(shape) for shape in flow.shapes], 1)
    return [
        q.loc + q.log_scale.exp() * temperature * part.view(-1, *shape)
        for q, part, shape in zip(flow.q0, parts, flow.shapes, strict=True)
    ]


def standard(flow: Glow, z: Sequence[Tensor]) -> list[Tensor]:
    """z as the standard normal numbers that it would have come from: what is far from 0 is a surprise."""
    return [(part - q.loc) * (-q.log_scale).exp() for q, part in zip(flow.q0, z, strict=True)]


def log_prob(flow: Glow, way: Way) -> Tensor:
    """(B,): the log density of pictures that have gone all the way to z."""
    parts = [q.log_prob(part) for q, part in zip(flow.q0, way.ended, strict=True)]
    return way.log_det + torch.stack(parts).sum(0)


def expected(flow: Glow, z: Sequence[Tensor], levels: int) -> list[Tensor]:
    """The first `levels` of z, the coarsest, as they are; of the finer ones what the flow expects."""
    return [part if k < levels else q.loc.expand_as(part) for k, (q, part) in enumerate(zip(flow.q0, z, strict=True))]


def laid_out(flow: Glow, way: Way) -> Tensor:
    """All numbers of a Way where they belong in the picture, as (B, 3, side, side): only moved, nothing computed."""
    x, unfold = way.now, Squeeze()
    for level in range(way.level, len(flow.flows)):
        part = way.z[level]
        if level > way.level and part is not None:
            x = torch.cat([x, part], 1)
        if x.shape[1] == flow.shapes[level][0] * (2 if level else 1):  # not yet unfolded, where a level ends
            x, _ = unfold(x)
    return x
