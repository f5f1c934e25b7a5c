"""How like the starter world the pictures of a model without prompts are, in the eyes of the reader."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.reader.network import Reader
from models.reader.scene import sample
from models.training.faithful import FIRST
from models.training.pictures import as_bytes
from models.training.world.render import render


@dataclass(frozen=True)
class Likeness:
    """`distance` to unseen renders, that of the same renders shrunk to a quarter and back (`quarter`), and how many
    different scenes the reader sees in the pictures and in as many renders."""

    distance: float
    quarter: float
    scenes: int
    scenes_of_renders: int

    def as_figures(self) -> dict[str, float]:
        return {
            "distance": round(self.distance, 3), "distance of renders shrunk to a quarter": round(self.quarter, 3),
            "different scenes": self.scenes, "different scenes of renders": self.scenes_of_renders,
        }  # fmt: skip


def likeness(reader: Reader, pictures: Tensor) -> Likeness:
    """Compare pictures (N, 3, H, W) in 0..1 with the first N unseen renders of their size. N should be 500 or more."""
    real = renders(len(pictures), pictures.shape[-1])
    small = F.interpolate(F.avg_pool2d(real, 4), scale_factor=4.0, mode="bilinear", align_corners=False)
    of_real = features(reader, real)
    return Likeness(
        frechet(features(reader, pictures), of_real),
        frechet(features(reader, small), of_real),
        variety(reader, pictures),
        variety(reader, real),
    )


def renders(count: int, size: int) -> Tensor:
    """(count, 3, size, size) in 0..1: scenes that no training has seen."""
    parts = (range(start, min(start + 64, count)) for start in range(0, count, 64))
    return torch.cat(
        [as_bytes(render([sample(FIRST + k) for k in part], size).picture).float() / 255 for part in parts]
    )


@torch.inference_mode()
def features(reader: Reader, pictures: Tensor) -> Tensor:
    """(N, width): what the reader notices, averaged over each picture (0..1)."""
    device = reader.look.weight.device
    return torch.cat([reader.noticed(part.to(device)).mean((2, 3)).cpu() for part in pictures.split(64)])


def frechet(one: Tensor, other: Tensor) -> float:
    """The Fréchet distance of two Gaussians fitted to (N, width) each (Heusel et al. 2017, arXiv:1706.08500, eq. 6)."""
    (mean_a, cov_a), (mean_b, cov_b) = ((x.double().mean(0), x.double().T.cov()) for x in (one, other))
    values, vectors = torch.linalg.eigh(cov_a)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    # tr (cov_a cov_b)^½, through a symmetric matrix of the same eigenvalues.
    between = torch.linalg.eigvalsh(root @ cov_b @ root).clamp(min=0).sqrt().sum()
    return ((mean_a - mean_b).pow(2).sum() + cov_a.trace() + cov_b.trace() - 2 * between).item()


def variety(reader: Reader, pictures: Tensor) -> int:
    """How many different scenes the reader sees: time, weather, terrain, and each thing's kind and colour."""
    return len(
        {(n.time, n.weather, n.terrain, frozenset((t.kind, t.colour) for t in n.things)) for n in reader.read(pictures)}
    )
