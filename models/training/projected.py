"""Critics that look with the reader's eyes: a GAN learns many times faster (Sauer et al. 2021, arXiv:2111.01007).

The reader stays as it is; only small heads on what it notices are trained. They help in training and are thrown away:
what a starter keeps is its generator, and a critic of pixels where it has one.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.reader.network import SIZE, Reader
from models.training.faithful import READER

# After which parts of the reader's trunk the heads look, and how many channels there are: the second residual block,
# and the last halving. What lies deeper costs as much again and says little more to a critic.
DEPTHS = {2: 64, 3: 128}


class Glance(nn.Module):
    """What the reader notices in (B, 3, 128, 128) in -1..1 at half their size: (B, 64, 16, 16) and (B, 128, 8, 8).

    Half the size is a quarter of the work; what is fine is the pixel critic's to see.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reader = Reader.load(READER).requires_grad_(False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        small = F.avg_pool2d(pictures, 2) if pictures.shape[-1] == SIZE else pictures
        steps = torch.linspace(-1, 1, small.shape[-1], device=small.device)
        across = steps.view(1, 1, 1, -1).expand(len(small), 1, small.shape[-2], -1)
        x = self.reader.stem(torch.cat([small, across, across.transpose(2, 3)], 1))
        seen = []
        for depth, part in enumerate(self.reader.trunk):
            x = part(x)
            if depth in DEPTHS:
                seen.append(x)
            if depth == max(DEPTHS):
                break
        return seen


class Heads(nn.Module):
    """Scores (B, 2), one of each depth, of what `Glance` gives; higher for what looks real.

    With `classes`, each score also says how well it fits its class, a product with an embedding of it
    (Miyato and Koyama 2018, arXiv:1802.05637, eq. 3).
    """

    def __init__(self, width: int = 48, classes: int = 0) -> None:
        super().__init__()
        shallow, deep = DEPTHS.values()
        self.shallow = nn.Sequential(_conv(shallow, width), _conv(width, 2 * width))
        self.deep = nn.Sequential(_conv(deep, 2 * width))
        self.last = nn.ModuleList(spectral_norm(nn.Linear(16 * (2 * width + more), 1)) for more in (0, 1))
        self.classes = nn.ModuleList(nn.Embedding(classes, 2 * width) for _ in range(2)) if classes else None
        if self.classes is not None:
            for table in self.classes:
                nn.init.normal_(table.weight, 0, 0.02)  # type: ignore[arg-type]

    def forward(self, seen: list[Tensor], labels: Tensor | None = None) -> Tensor:
        scores = []
        for k, (path, features) in enumerate(zip((self.shallow, self.deep), seen, strict=True)):
            found = path(features)
            whole = torch.cat([found, spread(found)], 1) if k else found
            score = self.last[k](whole.flatten(1)).squeeze(1)
            if self.classes is not None and labels is not None:
                score = score + (self.classes[k](labels) * found.mean((2, 3))).sum(1)
            scores.append(score)
        return torch.stack(scores, 1)


def _conv(before: int, width: int) -> nn.Module:
    """Half the resolution."""
    return nn.Sequential(spectral_norm(nn.Conv2d(before, width, 4, 2, 1)), nn.LeakyReLU(0.2))


def spread(found: Tensor) -> Tensor:
    """(B, 1, H, W): how much the pictures of a batch differ, so that a generator of ever the same is found out
    (Karras et al. 2018, arXiv:1710.10196, §3)."""
    return (found.var(0, unbiased=False) + 1e-8).sqrt().mean().expand(len(found), 1, *found.shape[2:])
