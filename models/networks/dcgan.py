"""The generator and the critic of a DCGAN (Radford et al. 2016, arXiv:1511.06434), for pictures of 4 · 2ⁿ pixels.

Names of weights are those of PyTorch's DCGAN example (`main.0.weight`, ...), so that what was trained with it loads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor, nn


class Generator(nn.Module):
    """(B, latent) of standard normal numbers to pictures (B, colours, S, S) in -1..1.

    `channels` are those of each resolution from the first on, which is `start` pixels wide (4); each further layer
    doubles it, and the last makes the picture: S = start · 2 ^ len(channels).
    """

    def __init__(
        self, latent: int, channels: Sequence[int], colours: int = 3, start: int = 4, bias: bool = False
    ) -> None:
        super().__init__()
        self.latent, self.colours = latent, colours
        self.size = start * 2 ** len(channels)
        layers: list[nn.Module] = []
        before = latent
        for k, width in enumerate(channels):
            shape = (4, 2, 1) if k else (start, 1, 0)
            layers += [nn.ConvTranspose2d(before, width, *shape, bias=bias), nn.BatchNorm2d(width), nn.ReLU(True)]
            before = width
        self.main = nn.Sequential(*layers, nn.ConvTranspose2d(before, colours, 4, 2, 1, bias=bias), nn.Tanh())
        for layer in self.main:  # §3 of the paper
            if isinstance(layer, nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, 0, 0.02)

    def forward(self, z: Tensor) -> Tensor:
        return self.main(z[:, :, None, None])

    @property
    def depth(self) -> int:
        """How many things `stages` gives."""
        return sum(isinstance(layer, nn.ConvTranspose2d) for layer in self.main)

    def stages(self, z: Tensor) -> Iterator[Tensor]:
        """What each resolution holds, (B, C, S, S) from the smallest on; the last is the picture."""
        x = z[:, :, None, None]
        for layer in self.main:
            x = layer(x)
            if isinstance(layer, (nn.ReLU, nn.Tanh)):
                yield x


class Critic(nn.Module):
    """Pictures (B, colours, S, S) in -1..1 to scores (B,), higher for what looks real: logits in a DCGAN.

    `channels` are those of each halving of the picture; `end` is the side of what is left for the last layer.
    `norm`: batch norm after each but the first, which a critic with a gradient penalty must not have
    (Gulrajani et al. 2017, arXiv:1704.00028, §4).
    """

    def __init__(
        self, channels: Sequence[int], colours: int = 3, end: int = 4, norm: bool = False, bias: bool = True
    ) -> None:
        super().__init__()
        self.colours, self.size = colours, end * 2 ** len(channels)
        layers: list[nn.Module] = []
        before = colours
        for k, width in enumerate(channels):
            layers.append(nn.Conv2d(before, width, 4, 2, 1, bias=bias))
            if norm and k:
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.LeakyReLU(0.2))
            before = width
        self.main = nn.Sequential(*layers, nn.Conv2d(before, 1, end, 1, 0, bias=bias))
        for layer in self.main:
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, 0.2)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.main(pictures).flatten()
