"""The generator of BigGAN (Brock et al. 2019, arXiv:1809.11096, appendix B), for pictures of 4 · 2ⁿ pixels.

Names of weights are those of the authors' PyTorch code (`blocks.0.0.conv1.weight`, ...), so that its files load:
with or without spectral norm, attention and a z in chunks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPS = 1e-5  # of batch norms


class _Spectral:
    """A layer whose weight is divided by its largest singular value (Miyato et al. 2018, arXiv:1802.05957, §2.1).

    `u0` is the estimate of the left singular vector, renewed while training; `sv0` only tells of the value.
    """

    weight: Tensor
    training: bool
    u0: Tensor
    sv0: Tensor

    def with_estimate(self: Any, spectral: bool) -> Any:
        self.spectral = spectral
        if spectral:
            self.register_buffer("u0", torch.randn(1, self.weight.shape[0]))
            self.register_buffer("sv0", torch.ones(1))
        return self

    def scaled(self: Any) -> Tensor:
        if not self.spectral:
            return self.weight
        matrix = self.weight.flatten(1)
        with torch.no_grad():
            v = F.normalize(self.u0 @ matrix, eps=1e-12)
            u = F.normalize(v @ matrix.T, eps=1e-12)
            if self.training:
                self.u0.copy_(u)
        value = (v @ matrix.T @ u.T).squeeze()
        if self.training:
            self.sv0.fill_(value.item())
        return self.weight / value


class _Conv(nn.Conv2d, _Spectral):
    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.scaled(), self.bias, padding=self.padding)

    def enlarged(self, x: Tensor) -> Tensor:
        """This 3 × 3 convolution of x at twice its size (each pixel four times), for less than half of the work.

        Doubling is a transposed convolution by 2 × 2 ones, and both in a row are one, with a 4 × 4 kernel.
        """
        kernel = F.avg_pool2d(F.pad(self.scaled().flip(2, 3), (1, 1, 1, 1)), 2, 1, divisor_override=1)
        return F.conv_transpose2d(x, kernel.transpose(0, 1), self.bias, stride=2, padding=1)


class _Linear(nn.Linear, _Spectral):
    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.scaled(), self.bias)


class _ConditionalNorm(nn.Module):
    """Batch norm whose gain and bias are read off a condition (de Vries et al. 2017, arXiv:1707.00683)."""

    stored_mean: Tensor
    stored_var: Tensor

    def __init__(self, width: int, condition: int, spectral: bool) -> None:
        super().__init__()
        self.gain = _Linear(condition, width, bias=False).with_estimate(spectral)
        self.bias = _Linear(condition, width, bias=False).with_estimate(spectral)
        self.momentum = 0.1
        self.register_buffer("stored_mean", torch.zeros(width))
        self.register_buffer("stored_var", torch.ones(width))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        x = F.batch_norm(x, self.stored_mean, self.stored_var, None, None, self.training, self.momentum, EPS)
        return torch.addcmul(self.bias(condition)[:, :, None, None], x, 1 + self.gain(condition)[:, :, None, None])


class _Norm(nn.Module):
    """Batch norm with the layout's own names."""

    stored_mean: Tensor
    stored_var: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.momentum = 0.1
        self.register_buffer("stored_mean", torch.zeros(width))
        self.register_buffer("stored_var", torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        mean, variance = self.stored_mean, self.stored_var
        return F.batch_norm(x, mean, variance, self.gain, self.bias, self.training, self.momentum, EPS)


class _Block(nn.Module):
    """Residual block that doubles the resolution (figure 15b of the paper)."""

    def __init__(self, before: int, width: int, condition: int, spectral: bool) -> None:
        super().__init__()
        self.conv1 = _Conv(before, width, 3, padding=1).with_estimate(spectral)
        self.conv2 = _Conv(width, width, 3, padding=1).with_estimate(spectral)
        self.conv_sc = _Conv(before, width, 1).with_estimate(spectral)
        self.bn1 = _ConditionalNorm(before, condition, spectral)
        self.bn2 = _ConditionalNorm(width, condition, spectral)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        inner = self.conv1.enlarged(F.relu(self.bn1(x, condition)))
        inner = self.conv2(F.relu(self.bn2(inner, condition)))
        # One pixel wide, so the shortcut may be enlarged after it: the same sum for a quarter of the work.
        return inner + F.interpolate(self.conv_sc(x), scale_factor=2)


class _Attention(nn.Module):
    """Self-attention over the picture (Zhang et al. 2019, arXiv:1805.08318, §3)."""

    def __init__(self, width: int, spectral: bool) -> None:
        super().__init__()
        self.theta = _Conv(width, width // 8, 1, bias=False).with_estimate(spectral)
        self.phi = _Conv(width, width // 8, 1, bias=False).with_estimate(spectral)
        self.g = _Conv(width, width // 2, 1, bias=False).with_estimate(spectral)
        self.o = _Conv(width // 2, width, 1, bias=False).with_estimate(spectral)
        self.gamma = nn.Parameter(torch.tensor(0.0))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        asked = self.theta(x).flatten(2).transpose(1, 2)
        keys, values = (F.max_pool2d(part, 2).flatten(2).transpose(1, 2) for part in (self.phi(x), self.g(x)))
        seen = F.scaled_dot_product_attention(asked, keys, values, scale=1.0).transpose(1, 2)
        return self.gamma * self.o(seen.unflatten(2, x.shape[2:])) + x


class Generator(nn.Module):
    """(B, latent) of normal numbers and (B, shared) of an embedded class to pictures (B, 3, S, S) in -1..1.

    `channels` are those before each block and after the last, S = start · 2 ^ blocks. `chunk` numbers of z go into
    the first layer and into each block's condition; 0: all go into the first layer alone. `attention` names the
    blocks (from 0) after which the picture attends to itself.
    """

    def __init__(
        self, latent: int, channels: Sequence[int], classes: int, shared: int, chunk: int = 0,
        attention: Sequence[int] = (), spectral: bool = False, start: int = 4,
    ) -> None:  # fmt: skip
        super().__init__()
        if chunk and chunk * len(channels) != latent:
            raise ValueError("z has as many chunks as there are blocks, and one for the first layer")
        self.latent, self.chunk, self.start, self.classes = latent, chunk, start, classes
        self.size = start * 2 ** (len(channels) - 1)
        self.shared = nn.Embedding(classes, shared)
        self.linear = _Linear(chunk or latent, channels[0] * start**2).with_estimate(spectral)
        blocks = []
        for k, (before, width) in enumerate(pairwise(channels)):
            block: list[nn.Module] = [_Block(before, width, shared + chunk, spectral)]
            blocks.append(nn.ModuleList([*block, _Attention(width, spectral)] if k in attention else block))
        self.blocks = nn.ModuleList(blocks)
        last = channels[-1]
        self.output_layer = nn.Sequential(_Norm(last), nn.ReLU(), _Conv(last, 3, 3, padding=1).with_estimate(spectral))
        for part in self.modules():  # appendix C.1 of the paper
            if isinstance(part, (nn.Conv2d, nn.Linear, nn.Embedding)):
                nn.init.orthogonal_(part.weight)

    def forward(self, z: Tensor, embedded: Tensor) -> Tensor:
        *_, picture = self.stages(z, embedded)
        return picture

    @property
    def depth(self) -> int:
        """How many things `stages` gives."""
        return len(self.blocks) + 2

    def stages(self, z: Tensor, embedded: Tensor) -> Iterator[Tensor]:
        """What each resolution holds, (B, C, S, S) from the smallest on; the last is the picture."""
        if self.chunk:
            z, *chunks = z.split(self.chunk, 1)
            conditions = [torch.cat([embedded, chunk], 1) for chunk in chunks]
        else:
            conditions = [embedded] * len(self.blocks)
        x = self.linear(z).unflatten(1, (-1, self.start, self.start))
        yield x
        for parts, condition in zip(self.blocks, conditions, strict=True):
            for part in parts:  # type: ignore[attr-defined]
                x = part(x, condition)
            yield x
        yield torch.tanh(self.output_layer(x))
