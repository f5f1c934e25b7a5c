"""A pixel as a mixture of logistics over its 256 levels, red before green before blue (Salimans et al. 2017)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

# For each of the K components a weight, and for each of three colours a mean, a scale and a share of the colours
# before it.
NUMBERS = 10
_LEAST_LOG_SCALE = -7.0
_HALF_LEVEL = 1 / 255


def split(parameters: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(..., 10 K) as log weights (..., K), then means, log scales and shares, each (..., 3, K)."""
    k = parameters.shape[-1] // NUMBERS
    weights = parameters[..., :k].log_softmax(-1)
    means, scales, shares = parameters[..., k:].unflatten(-1, (3, 3, k)).unbind(-3)
    return weights, means, scales.clamp(min=_LEAST_LOG_SCALE), shares.tanh()


def log_prob(parameters: Tensor, pixels: Tensor) -> Tensor:
    """Natural logarithm of the probability of `pixels` (..., 3) in -1..1, each one of 256 levels. Shape (...).

    Equation 2 of the paper, and its section 2.2: green's mean leans on red, blue's on both.
    """
    weights, means, scales, shares = split(parameters)
    x = pixels.unsqueeze(-1)
    red, green, blue = means.unbind(-2)
    green = green + shares[..., 0, :] * x[..., 0, :]
    blue = blue + shares[..., 1, :] * x[..., 0, :] + shares[..., 2, :] * x[..., 1, :]
    off = x - torch.stack([red, green, blue], -2)
    sharp = (-scales).exp()
    above, below = sharp * (off + _HALF_LEVEL), sharp * (off - _HALF_LEVEL)
    # log (σ(above) - σ(below)), exactly and without a difference of two numbers that are nearly one:
    # σ(a) - σ(b) = (1 - e^(b - a)) σ(a) σ(-b).
    width = 2 * _HALF_LEVEL * sharp
    inside = torch.log(-torch.expm1(-width)) - F.softplus(-above) - F.softplus(below)
    # The lowest level takes all that is below it, the highest all above.
    whole = torch.where(x < -0.999, -F.softplus(-above), torch.where(x > 0.999, -F.softplus(below), inside))
    return (weights + whole.sum(-2)).logsumexp(-1)


def draw(parameters: Tensor, chances: Tensor, temperature: float = 1.0) -> Tensor:
    """A pixel (..., 3) in -1..1, on one of 256 levels, from `chances` (..., K + 3), uniform in 0..1.

    `temperature` flattens the choice of the component and widens each: 1 is what was learned.
    """
    weights, means, scales, shares = split(parameters)
    k = weights.shape[-1]
    safe = chances.clamp(1e-5, 1 - 1e-5)
    chosen = (weights / temperature - (-safe[..., :k].log()).log()).argmax(-1)
    index = chosen[..., None, None].expand(*chosen.shape, 3, 1)
    mean, scale, share = (part.gather(-1, index).squeeze(-1) for part in (means, scales, shares))
    noisy = mean + scale.exp() * temperature * safe[..., k:].logit()
    red = _level(noisy[..., 0])
    green = _level(noisy[..., 1] + share[..., 0] * red)
    blue = _level(noisy[..., 2] + share[..., 1] * red + share[..., 2] * green)
    return torch.stack([red, green, blue], -1)


def _level(value: Tensor) -> Tensor:
    return ((value.clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1
