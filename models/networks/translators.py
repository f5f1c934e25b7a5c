"""The networks of pix2pix and CycleGAN under the names that their authors' PyTorch code gave them.

U-Net and patch critic: Isola et al. 2017 (arXiv:1611.07004, §6.1); residual generator: Johnson et al. 2016
(arXiv:1603.08155) as Zhu et al. 2017 use it (arXiv:1703.10593, §7.1). What is particular to the published weights,
which numbers their layers in sequence, is the order of the layers: activation first in the U-Net, padding as layers
of its own in the residual one. `translator_layout` tells from names and shapes how to build them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# What a generator tells whoever watches: a layer's features (1, C, h, w).
Watch = Callable[[Tensor], None]


def _norm(kind: str, width: int) -> nn.Module:
    """By name; only "batch" has weights. Raises ValueError."""
    kinds = {"batch": nn.BatchNorm2d, "instance": nn.InstanceNorm2d, "none": nn.Identity}
    if kind not in kinds:
        raise ValueError(f"no norm is called {kind}")
    return kinds[kind](width)


def _normalised(norm: nn.Module, x: Tensor, own: bool) -> Tensor:
    """`own`: by the picture's own mean and spread, though the norm has kept those of its training."""
    if own and isinstance(norm, nn.BatchNorm2d):
        return F.batch_norm(x, None, None, norm.weight, norm.bias, True, 0.0, norm.eps)
    return norm(x)


def _dropped(x: Tensor, rate: float, draw: torch.Generator | None) -> Tensor:
    """Numbers of `x` (B, C, H, W) left out at that rate, the rest made larger by as much; drawn on the CPU."""
    if not rate:
        return x
    kept = torch.rand(x.shape, generator=draw) >= rate
    return x * kept.to(x.device) / (1 - rate)


class _Level(nn.Module):
    """One level of the U-Net, around those below it: half the size on the way in, twice on the way out.

    Layers in sequence: the outermost has (conv, inner, ReLU, deconv, tanh), the innermost (leaky ReLU, conv, ReLU,
    deconv, norm), those between (leaky ReLU, conv, norm, inner, ReLU, deconv, norm).
    """

    def __init__(self, outer: int, inner: int, below: _Level | None, norm: str, bias: bool, entry: int = 0) -> None:
        super().__init__()
        down = nn.Conv2d(entry or outer, inner, 4, 2, 1, bias=bias)
        rising = inner * (2 if below else 1)
        up = nn.ConvTranspose2d(rising, outer, 4, 2, 1, bias=bias or bool(entry))
        if entry:
            assert below is not None
            layers: list[nn.Module] = [down, below, nn.ReLU(), up, nn.Tanh()]
        elif below is None:
            layers = [nn.LeakyReLU(0.2), down, nn.ReLU(), up, _norm(norm, outer)]
        else:
            layers = [nn.LeakyReLU(0.2), down, _norm(norm, inner), below, nn.ReLU(), up, _norm(norm, outer)]
        self.model = nn.Sequential(*layers)
        self.below = [below] if below else []  # in a list, so that it is no second child
        # Where the authors have dropout: between levels of the greatest width.
        self.drops = not entry and below is not None and outer == inner
        self.outermost = bool(entry)

    def down(self, x: Tensor, own: bool) -> Tensor:
        for layer in list(self.model)[: 1 if self.outermost else 3 if self.below else 2]:
            x = _normalised(layer, x, own)
        return x

    def up(self, x: Tensor, own: bool) -> Tensor:
        for layer in list(self.model)[2 if self.outermost else 4 if self.below else 2 :]:
            x = _normalised(layer, x, own)
        return x


class UNetGenerator(nn.Module):
    """(B, input_nc, H, W) to (B, output_nc, H, W), both -1..1; sides are multiples of 2 to the number of `widths`.

    `widths` are the channels of its levels from the outside in; the authors have 64, 128, 256 and then 512 to the
    end. Raises ValueError where there are fewer than two levels.
    """

    def __init__(
        self, input_nc: int, output_nc: int, widths: Sequence[int], norm: str = "batch", bias: bool = False
    ) -> None:
        super().__init__()
        if len(widths) < 2:
            raise ValueError("a U-Net has two levels or more")
        self.input_nc = input_nc
        level: _Level | None = None
        for outer, inner in reversed(list(pairwise(widths))):
            level = _Level(outer, inner, level, norm, bias)
        self.model = _Level(output_nc, widths[0], level, norm, bias, entry=input_nc)

    @property
    def levels(self) -> list[_Level]:
        """From the outside in."""

        def walk(level: _Level) -> Iterator[_Level]:
            yield level
            for below in level.below:
                yield from walk(below)

        return list(walk(self.model))

    def forward(
        self,
        x: Tensor,
        own: bool = False,
        dropout: float = 0.0,
        draw: torch.Generator | None = None,
        watch: Watch | None = None,
    ) -> Tensor:
        levels, entered = self.levels, []
        for level in levels:
            entered.append(x)
            x = level.down(x, own)
            if watch:
                watch(x)
        for level, before in zip(reversed(levels), reversed(entered), strict=True):
            x = level.up(x, own)
            if level.drops:
                x = _dropped(x, dropout, draw)
            if watch:
                watch(x)
            if not level.outermost:
                x = torch.cat([before, x], 1)
        return x


class Residual(nn.Module):
    """x + norm(conv(ReLU(norm(conv x)))), edges mirrored; a dropout layer, where there was one, only shifts names."""

    def __init__(self, width: int, norm: str, bias: bool, dropout: bool) -> None:
        super().__init__()
        between = [nn.ReLU(), nn.Dropout(0.5)] if dropout else [nn.ReLU()]
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3, bias=bias), _norm(norm, width), *between,
            nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3, bias=bias), _norm(norm, width))  # fmt: skip

    def forward(self, x: Tensor, own: bool = False) -> Tensor:
        inner = x
        for layer in self.conv_block:
            inner = _normalised(layer, inner, own)
        return x + inner


class ResnetGenerator(nn.Module):
    """(B, input_nc, H, W) to (B, output_nc, H, W), both -1..1; sides are multiples of 2 to the number of `halvings`.

    Width doubles with each halving from `ngf` on; `blocks` residual blocks lie at the smallest size.
    """

    def __init__(
        self, input_nc: int, output_nc: int, ngf: int, blocks: int,
        norm: str = "instance", bias: bool = True, halvings: int = 2, dropout: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        layers: list[nn.Module] = [
            nn.ReflectionPad2d(3), nn.Conv2d(input_nc, ngf, 7, bias=bias), _norm(norm, ngf), nn.ReLU()]  # fmt: skip
        for k in range(halvings):
            width = ngf << k
            layers += [nn.Conv2d(width, 2 * width, 3, 2, 1, bias=bias), _norm(norm, 2 * width), nn.ReLU()]
        layers += [Residual(ngf << halvings, norm, bias, dropout) for _ in range(blocks)]
        for k in reversed(range(halvings)):
            width = ngf << k
            layers += [nn.ConvTranspose2d(2 * width, width, 3, 2, 1, output_padding=1, bias=bias),
                       _norm(norm, width), nn.ReLU()]  # fmt: skip
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, output_nc, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    @property
    def stages(self) -> int:
        """How often `forward` calls `watch`: after each activation and each residual block."""
        return sum(isinstance(layer, (nn.ReLU, nn.Tanh, Residual)) for layer in self.model)

    def forward(self, x: Tensor, own: bool = False, watch: Watch | None = None) -> Tensor:
        for layer in self.model:
            x = layer(x, own) if isinstance(layer, Residual) else _normalised(layer, x, own)
            if watch and isinstance(layer, (nn.ReLU, nn.Tanh, Residual)):
                watch(x)
        return x


class PatchDiscriminator(nn.Module):
    """(B, input_nc, H, W) to a score for each overlapping patch (B, 1, h, w): higher for what looks real.

    With 3 `layers` a patch measures 70 pixels (arXiv:1611.07004, §6.1.2), with 2 it measures 34. The authors' width
    grows to 8 `ndf`; `widest` keeps it below that.
    """

    def __init__(self, input_nc: int, ndf: int = 64, layers: int = 3, norm: str = "batch", widest: int = 0) -> None:
        super().__init__()
        bias = norm != "batch"
        widths = [min(ndf << min(k, 3), widest or ndf << 3) for k in range(layers + 1)]
        parts: list[nn.Module] = [nn.Conv2d(input_nc, ndf, 4, 2, 1), nn.LeakyReLU(0.2)]
        for k in range(layers):
            stride = 2 if k < layers - 1 else 1
            parts += [nn.Conv2d(widths[k], widths[k + 1], 4, stride, 1, bias=bias),
                      _norm(norm, widths[k + 1]), nn.LeakyReLU(0.2)]  # fmt: skip
        self.model = nn.Sequential(*parts, nn.Conv2d(widths[-1], 1, 4, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)
