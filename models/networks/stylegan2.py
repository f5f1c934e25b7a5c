"""StyleGAN2's generator (Karras et al. 2020, arXiv:1912.04958), its parts named as in stylegan2-ada-pytorch.

Its pictures are those of that network to rounding, but modulation is done the other way about: instead of weights of
its own for each picture, features are scaled before a convolution with shared weights and scaled back after it (their
eq. 1 and 3 commute with it, as their §2.2 says), which processors compute many times faster.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.networks.weights import fill

# The noise of a layer, from its number and its resolution: (B or 1, 1, res, res), or None for none.
Noise = Callable[[int, int], Tensor | None]
GAIN = math.sqrt(2)  # gives back the power that a leaky ReLU takes
SLOW = 0.01  # the mapping network's share of the learning rate, which its weights are kept divided by


def activated(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2) * GAIN


def normalised(x: Tensor) -> Tensor:
    """(B, N) with the mean square of each row 1."""
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


class Linear(nn.Module):
    """A linear layer that keeps its weights at unit scale (Karras et al. 2018, arXiv:1710.10196, §4.1)."""

    def __init__(self, inputs: int, outputs: int, bias: float = 0.0, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.scale, self.rate = rate / math.sqrt(inputs), rate

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self.scale, self.bias * self.rate)


class MappingNetwork(nn.Module):
    """z (B, z) to w (B, w). `w_avg` is the mean w, which truncation pulls toward. `classes`: labels as well (B,)."""

    w_avg: Tensor

    def __init__(self, z: int, w: int, layers: int, classes: int = 0) -> None:
        super().__init__()
        self.layers = layers
        self.embed = Linear(classes, w) if classes else None
        for k in range(layers):
            inputs = w if k else z + (w if classes else 0)
            setattr(self, f"fc{k}", Linear(inputs, w, rate=SLOW))
        self.register_buffer("w_avg", torch.zeros(w))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        x = normalised(z)
        if self.embed is not None:
            label = F.one_hot(labels if labels is not None else z.new_zeros(len(z), dtype=torch.long),
                              self.embed.weight.shape[1])  # fmt: skip
            x = torch.cat([x, normalised(self.embed(label.to(x)))], 1)
        for k in range(self.layers):
            x = activated(getattr(self, f"fc{k}")(x))
        return x


def blurred(x: Tensor, gain: float) -> Tensor:
    """The filter [1, 3, 3, 1] in both directions, times `gain`; three rows and columns fewer come out."""
    x = (x[..., :-3, :] + x[..., 3:, :]) + 3 * (x[..., 1:-2, :] + x[..., 2:-1, :])
    return ((x[..., :-3] + x[..., 3:]) + 3 * (x[..., 1:-2] + x[..., 2:-1])) * (gain / 64)


def doubled(x: Tensor) -> Tensor:
    """(B, C, H, W) at twice the size, zeros put between the pixels and the gaps filtered: their `upsample2d`.

    Of the filter's four taps two meet a pixel at each new place, 3/4 the near one and 1/4 the one beyond.
    """
    for axis in (2, 3):
        size = x.shape[axis]
        ends = (0, 0, 1, 1) if axis == 2 else (1, 1, 0, 0)
        padded = F.pad(x, ends)
        before, after = padded.narrow(axis, 0, size), padded.narrow(axis, 2, size)
        x = torch.stack([0.75 * x + 0.25 * before, 0.75 * x + 0.25 * after], axis + 1).flatten(axis, axis + 1)
    return x


class SynthesisLayer(nn.Module):
    """A modulated and demodulated convolution, noise, bias and activation; `up` doubles the size before."""

    noise_const: Tensor

    def __init__(self, inputs: int, outputs: int, w: int, resolution: int, up: bool) -> None:
        super().__init__()
        self.resolution, self.up = resolution, up
        self.affine = Linear(w, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise_const", torch.randn(resolution, resolution))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        style = self.affine(w)
        # The size of the weights goes out again with the demodulation; this only keeps the numbers moderate.
        weight = self.weight / math.sqrt(self.weight[0].numel())
        power = weight.square().sum((2, 3))
        back = (style.square() @ power.T + 1e-8 / self.weight[0].numel()).rsqrt()
        x = x * style[:, :, None, None]
        if self.up:
            x = blurred(F.pad(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), (1, 1, 1, 1)), 4.0)
        else:
            x = F.conv2d(x, weight, padding=1)
        x = x * back[:, :, None, None]
        if noise is not None:
            x = x + noise * self.noise_strength
        return activated(x + self.bias[:, None, None])


class ToRGB(nn.Module):
    """A modulated 1 × 1 convolution to colours, not demodulated."""

    def __init__(self, inputs: int, w: int, colours: int) -> None:
        super().__init__()
        self.affine = Linear(w, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(colours, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(colours))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.affine(w) / math.sqrt(self.weight.shape[1])
        return F.conv2d(x * style[:, :, None, None], self.weight, self.bias)


class Block(nn.Module):
    """One resolution: the first begins with a learned constant, every other doubles what the one before gives."""

    def __init__(self, inputs: int, outputs: int, w: int, resolution: int, colours: int) -> None:
        super().__init__()
        if inputs:
            self.conv0 = SynthesisLayer(inputs, outputs, w, resolution, up=True)
        else:
            self.const = nn.Parameter(torch.randn(outputs, resolution, resolution))
        self.conv1 = SynthesisLayer(outputs, outputs, w, resolution, up=False)
        self.torgb = ToRGB(outputs, w, colours)
        self.first = not inputs


class SynthesisNetwork(nn.Module):
    """w to a picture in -1..1, by way of the pictures that each resolution adds to. `channels` of 4, 8, 16, ..."""

    def __init__(self, w: int, channels: Sequence[int], colours: int = 3) -> None:
        super().__init__()
        self.resolutions = [4 * 2**k for k in range(len(channels))]
        self.layers = 2 * len(channels) - 1  # convolutions; the styles of colours are not counted
        for k, (resolution, outputs) in enumerate(zip(self.resolutions, channels, strict=True)):
            setattr(self, f"b{resolution}", Block(channels[k - 1] if k else 0, outputs, w, resolution, colours))

    def layer(self, index: int) -> SynthesisLayer:
        """The convolution with that number, from 0."""
        block = getattr(self, f"b{self.resolutions[(index + 1) // 2]}")
        return block.conv1 if index % 2 == 0 else block.conv0

    def grow(self, ws: Tensor, noise: Noise) -> Iterator[Tensor]:
        """The picture (B, colours, res, res) as it stands after each resolution; the last one is the result.

        `ws` (B, layers + 1, w): a style for each convolution; colours take that of the convolution after them.
        """
        picture: Tensor | None = None
        for resolution, features in self.features(ws, noise):
            picture = self.seen(resolution, features, ws, picture)
            yield picture

    def features(self, ws: Tensor, noise: Noise, given: Tensor | None = None) -> Iterator[tuple[int, Tensor]]:
        """(B, channels, res, res) of each resolution, with it; above that of the features that are `given`."""
        features, below = given, given.shape[-1] if given is not None else 0
        for k, resolution in enumerate(self.resolutions):
            if resolution <= below:
                continue
            block: Block = getattr(self, f"b{resolution}")
            if features is None:
                features = block.const.expand(len(ws), -1, -1, -1)
            else:
                features = block.conv0(features, ws[:, 2 * k - 1], noise(2 * k - 1, resolution))
            features = block.conv1(features, ws[:, 2 * k], noise(2 * k, resolution))
            yield resolution, features

    def seen(self, resolution: int, features: Tensor, ws: Tensor, before: Tensor | None) -> Tensor:
        """The picture (B, colours, res, res) after that resolution; `before` is the one that it adds to."""
        block: Block = getattr(self, f"b{resolution}")
        colours = block.torgb(features, ws[:, 2 * self.resolutions.index(resolution) + 1])
        return colours if before is None else doubled(before) + colours

    def forward(self, ws: Tensor, noise: Noise) -> Tensor:
        *_, picture = self.grow(ws, noise)
        return picture


class Generator(nn.Module):
    """Mapping and synthesis. Raises ValueError where the sizes make no network."""

    def __init__(
        self, z: int, w: int, layers: int, channels: Sequence[int], colours: int = 3, classes: int = 0
    ) -> None:
        super().__init__()
        if min(z, w, layers, *channels) < 1 or colours not in (1, 3) or not 1 <= len(channels) <= 9 or classes < 0:
            raise ValueError("a StyleGAN2 has at least one of everything, 1 or 3 colours, and 4 to 1024 pixels")
        self.z = z
        self.mapping = MappingNetwork(z, w, layers, classes)
        self.synthesis = SynthesisNetwork(w, channels, colours)

    @property
    def resolution(self) -> int:
        return self.synthesis.resolutions[-1]

    @torch.no_grad()
    def mean_w(self, draw: torch.Generator, count: int = 10_000) -> Tensor:
        """(w,): the mean over random z, of all classes alike."""
        mapping = self.mapping
        z = torch.randn(count, self.z, generator=draw).to(mapping.w_avg)
        classes = mapping.embed.weight.shape[1] if mapping.embed is not None else 1
        return mapping(z, torch.arange(count, device=z.device) % classes).mean(0)

    def styles(self, w: Tensor) -> Tensor:
        """w (B, w) for every layer, (B, layers + 1, w)."""
        return w[:, None].expand(-1, self.synthesis.layers + 1, -1)


def filled(network: Generator, tensors: Mapping[str, Tensor], name: str) -> Generator:
    """A network with weights in it; what some files leave out, noise and the mean w, comes from numbers that are
    always the same. Raises BadInput where they are not its own."""
    draw = torch.Generator("cpu").manual_seed(0)
    tensors = dict(tensors)
    for key, value in network.state_dict().items():
        if key.endswith("noise_const") and key not in tensors:
            tensors[key] = torch.randn(value.shape, generator=draw)
    average = tensors.get("mapping.w_avg")
    fill(network, {**tensors, "mapping.w_avg": network.mapping.w_avg if average is None else average}, name)
    if average is None:
        network.mapping.w_avg = network.mean_w(draw)
    return network
