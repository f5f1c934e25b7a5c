"""How like the starter world the pictures of a model without prompts are, in the eyes of the reader."""

from __future__ import annotations

from collections.abc import Callable
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
    """`distance` of the pictures to unseen renders; for comparison that of other renders as they are (`floor`: no
    generator does better with so many pictures) and shrunk to a quarter and back (`quarter`). Then how many different
    scenes (or whatever `subject` says) there are among the pictures and among as many renders."""

    distance: float
    floor: float
    quarter: float
    scenes: int
    scenes_of_renders: int
    subject: str = "scenes"

    def as_figures(self) -> dict[str, float]:
        return {
            "distance": round(self.distance, 3), "distance of other renders": round(self.floor, 3),
            "distance of other renders shrunk to a quarter": round(self.quarter, 3),
            f"different {self.subject}": self.scenes, f"different {self.subject} of renders": self.scenes_of_renders,
        }  # fmt: skip


def likeness(
    reader: Reader,
    pictures: Tensor,
    real: Tensor | None = None,
    count: Callable[[Reader, Tensor], int] | None = None,
    subject: str = "scenes",
) -> Likeness:
    """Compare pictures (N, 3, H, W) in 0..1 with the first N unseen renders of their size. N should be 500 or more.

    What is compared with them beside the pictures are the next N: a distance between two sets of so few has a part that
    comes from their being few, and all three of them have it. For what shows no scene: 2 N renders of it (`real`), and
    what counts how many different ones there are.
    """
    real = renders(2 * len(pictures), pictures.shape[-1]) if real is None else real
    real, others = real.split(len(pictures))
    count = count or variety
    small = F.interpolate(F.avg_pool2d(others, 4), scale_factor=4.0, mode="bilinear", align_corners=False)
    of_real = features(reader, real)
    return Likeness(
        frechet(features(reader, pictures), of_real),
        frechet(features(reader, others), of_real),
        frechet(features(reader, small), of_real),
        count(reader, pictures),
        count(reader, real),
        subject,
    )


def renders(count: int, size: int) -> Tensor:
    """(count, 3, size, size) in 0..1: scenes that no training has seen."""
    parts = (range(start, min(start + 64, count)) for start in range(0, count, 64))
    return torch.cat(
        [as_bytes(render([sample(FIRST + k) for k in part], size).picture).float() / 255 for part in parts]
    )


@torch.inference_mode()
def features(reader: Reader, pictures: Tensor) -> Tensor:
    """(N, width): what the reader notices, at three depths, as mean and deviation over each picture (0..1).

    The last depth alone hardly sees whether a picture is sharp: the reader learned to read soft ones, too.
    """
    device = reader.look.weight.device
    rows = []
    for part in pictures.split(64):
        seen = reader.noticed(part.to(device))
        rows.append(torch.cat([f(layer.flatten(2)) for f in (_mean, _deviation) for layer in seen], 1).cpu())
    return torch.cat(rows)


def _mean(values: Tensor) -> Tensor:
    return values.mean(2)


def _deviation(values: Tensor) -> Tensor:
    return values.std(2)


def frechet(one: Tensor, other: Tensor) -> float:
    """The Fréchet distance of two Gaussians fitted to (N, width) each (Heusel et al. 2017, arXiv:1706.08500, eq. 6)."""
    (mean_a, cov_a), (mean_b, cov_b) = ((x.double().mean(0), x.double().T.cov()) for x in (one, other))
    values, vectors = torch.linalg.eigh(cov_a)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    # tr (cov_a cov_b)^½, through a symmetric matrix of the same eigenvalues.
    product = root @ cov_b @ root
    between = torch.linalg.eigvalsh((product + product.T) / 2).clamp(min=0).sqrt().sum()
    return ((mean_a - mean_b).pow(2).sum() + cov_a.trace() + cov_b.trace() - 2 * between).item()


def variety(reader: Reader, pictures: Tensor) -> int:
    """How many different scenes the reader sees: time, weather, terrain, and each thing's kind and colour."""
    return len(
        {(n.time, n.weather, n.terrain, frozenset((t.kind, t.colour) for t in n.things)) for n in reader.read(pictures)}
    )
