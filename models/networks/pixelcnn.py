"""PixelCNN: each pixel foretold from those above it and to its left, by masked convolutions with gates.

The masks are those of van den Oord, Kalchbrenner and Kavukcuoglu 2016 (arXiv:1601.06759), the gates those of van den
Oord et al. 2016 (arXiv:1606.05328), the mixture of logistics PixelCNN++'s (Salimans et al. 2017, arXiv:1701.05517).
Layers are dilated, so that a few of them see the whole picture so far.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.networks import logistic_mixture

_ABOVE, _ASIDE = 3, 3  # how far the first layer sees, in pixels


class Masked(nn.Conv2d):
    """A convolution that sees `above` rows and, in its own row, what is left of the middle (and with `own`, it too).

    The output has the input's size. `steps` is the dilation.
    """

    mask: Tensor

    def __init__(self, inputs: int, outputs: int, above: int, aside: int, steps: int = 1, own: bool = True) -> None:
        super().__init__(inputs, outputs, (above + 1, 2 * aside + 1), dilation=steps)
        self.reach = above * steps, aside * steps
        mask = torch.ones(self.kernel_size)
        mask[-1, aside + own :] = 0
        self.register_buffer("mask", mask, persistent=False)

    def masked(self) -> Tensor:
        return self.weight * self.mask

    def forward(self, x: Tensor) -> Tensor:
        up, side = self.reach
        return F.conv2d(F.pad(x, (side, side, up, 0)), self.masked(), self.bias, dilation=self.dilation)


class Layer(nn.Module):
    """A gated residual layer: what it has seen, times how much of it to let through."""

    def __init__(self, width: int, steps: int) -> None:
        super().__init__()
        self.seen = Masked(width, 2 * width, 1, 1, steps)
        self.out = nn.Conv2d(width, width, 1)
        for part in self.out.parameters():
            nn.init.zeros_(part)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.out(gated(self.seen(x), 1))


def gated(both: Tensor, dim: int) -> Tensor:
    """tanh of the first half times the logistic of the second (arXiv:1606.05328, equation 2)."""
    value, gate = both.chunk(2, dim)
    return value.tanh() * gate.sigmoid()


class PixelCNN(nn.Module):
    """Pictures (B, 3, side, side) in -1..1 to the parameters (B, side, side, 10 K) of each pixel's mixture.

    `dilations` has one entry a layer. Each row and column has its own learned offset, for a world has its sky above.
    """

    def __init__(self, side: int, width: int, dilations: Sequence[int], mixtures: int) -> None:
        super().__init__()
        self.side, self.width, self.mixtures = side, width, mixtures
        self.first = Masked(3, width, _ABOVE, _ASIDE, own=False)
        self.rows = nn.Parameter(torch.zeros(width, side, 1))
        self.columns = nn.Parameter(torch.zeros(width, 1, side))
        self.layers = nn.ModuleList([Layer(width, steps) for steps in dilations])
        self.last = nn.Conv2d(width, logistic_mixture.NUMBERS * mixtures, 1)
        nn.init.normal_(self.last.weight, std=0.01)
        # The components begin spread over the levels, about as wide as their distance.
        begin = torch.zeros(logistic_mixture.NUMBERS, mixtures)
        begin[1:4], begin[4:7] = torch.linspace(-0.8, 0.8, mixtures), -1.5
        self.last.bias = nn.Parameter(begin.flatten())

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.first(pictures) + self.rows + self.columns
        for layer in self.layers:
            x = layer(x)
        return self.last(F.elu(x)).permute(0, 2, 3, 1)

    def log_prob(self, pictures: Tensor) -> Tensor:
        """(B, side, side): the natural logarithm of each pixel's probability. Pictures as `forward` takes them."""
        return logistic_mixture.log_prob(self(pictures).float(), pictures.permute(0, 2, 3, 1).float())


class Unfolding:
    """A PixelCNN at work on pictures that come about pixel by pixel, row after row; nothing is computed twice.

    Each layer's outputs are kept, so that a new pixel costs one place of each layer (Ramachandran et al. 2017,
    arXiv:1704.06001). For every place in order: `expected()`, then `put(pixel)`.
    """

    def __init__(self, network: PixelCNN, count: int = 1) -> None:
        self.network, self.count, self.place = network, count, 0
        side, layers = network.side, [layer for layer in network.layers if isinstance(layer, Layer)]
        weight = network.last.weight
        self._convolutions = [network.first, *(layer.seen for layer in layers)]
        self._weights = [c.masked().permute(2, 3, 1, 0).flatten(0, 2) for c in self._convolutions]
        self._outs = [layer.out.weight.flatten(1).T for layer in layers]
        self._biases = [layer.out.bias for layer in layers]
        self._last, self._last_bias = weight.flatten(1).T, network.last.bias
        self._offsets = (network.rows + network.columns).permute(1, 2, 0)
        self._kept = [
            weight.new_zeros(count, side + c.reach[0], side + 2 * c.reach[1], c.in_channels) for c in self._convolutions
        ]

    def _seen(self, which: int, row: int, column: int) -> Tensor:
        """What a convolution says at that place; its input there must have been kept."""
        convolution = self._convolutions[which]
        (up, side), (step, _) = convolution.reach, convolution.dilation
        around = self._kept[which][:, row : row + up + 1 : step, column : column + 2 * side + 1 : step]
        assert convolution.bias is not None
        return torch.addmm(convolution.bias, around.reshape(self.count, -1), self._weights[which])

    def expected(self) -> Tensor:
        """(count, 10 K): the mixture of the next pixel, given all before it."""
        row, column = divmod(self.place, self.network.side)
        x = self._seen(0, row, column) + self._offsets[row, column]
        for which, (out, bias) in enumerate(zip(self._outs, self._biases, strict=True), 1):
            up, side = self._convolutions[which].reach
            self._kept[which][:, row + up, column + side] = x
            assert bias is not None
            x = x + torch.addmm(bias, gated(self._seen(which, row, column), 1), out)
        assert self._last_bias is not None
        return torch.addmm(self._last_bias, F.elu(x), self._last)

    def put(self, pixel: Tensor) -> None:
        """Set the next pixel to (count, 3) in -1..1 and go on to the one after it."""
        row, column = divmod(self.place, self.network.side)
        self._kept[0][:, row + _ABOVE, column + _ASIDE] = pixel
        self.place += 1
