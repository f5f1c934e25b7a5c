"""Texture that is the same on every device: a periodic cloud tile, and hashed points on a lattice."""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

_TILE = 512


@lru_cache(maxsize=4)
def _tile(device: str) -> Tensor:
    """Fractal value noise, (1, 1, 513, 513) with its first row and column again at the end, mean 0.5."""
    generator = torch.Generator("cpu").manual_seed(20)
    total = torch.zeros(1, 1, _TILE, _TILE)
    for octave in range(6):
        cells = 8 * 2**octave
        lattice = F.pad(torch.rand(1, 1, cells, cells, generator=generator), (2, 2, 2, 2), mode="circular")
        scale = _TILE // cells
        up = F.interpolate(lattice, scale_factor=scale, mode="bicubic", align_corners=False)
        total += up[..., 2 * scale : -2 * scale, 2 * scale : -2 * scale] * 0.52**octave
    total = (total - total.mean()) / (6 * total.std()) + 0.5
    return F.pad(total.clamp(0, 1), (0, 1, 0, 1), mode="circular").to(device)


def fractal(x: Tensor, y: Tensor) -> Tensor:
    """Cloudy noise 0..1 at (x, y), any shape (B, 1, H, W); it repeats every 1.0 and has 8 blobs to a repeat."""
    tile = _tile(str(x.device))
    grid = torch.stack([(x - x.floor()), (y - y.floor())], -1).squeeze(1) * (2 * _TILE / (_TILE + 1)) - 1
    grid = grid + 1.0 / (_TILE + 1)
    return F.grid_sample(
        tile.expand(len(x), -1, -1, -1), grid, mode="bilinear", padding_mode="border", align_corners=False
    )


def chance(*lattice: Tensor | int) -> Tensor:
    """A number 0..1 for each lattice point, by an integer hash in wrapping 32-bit arithmetic."""
    h: Tensor | int = 0x2545F491
    for part in lattice:
        part = part.to(torch.int32) if isinstance(part, Tensor) else part
        h = (h ^ part) * 0x27D4EB2D
        h = (h ^ (h >> 15)) * 0x1B873593
        h = h ^ (h >> 13)
    assert isinstance(h, Tensor)
    return (h & 0x7FFFFFFF).float() / 0x7FFFFFFF


def ridge(x: Tensor, phases: Tensor, roughness: float, base: float) -> Tensor:
    """A skyline along x (B, 1, 1, W) from phases (B, K): sines with rising frequency, about -1..1."""
    total = torch.zeros_like(x)
    amplitude, scale = 1.0, 0.0
    for k in range(phases.shape[1]):
        phase = phases[:, k].view(-1, 1, 1, 1)
        frequency = base * 1.83**k * (1 + 0.35 * (phase - 0.5))
        total = total + amplitude * torch.sin(6.2832 * (frequency * x + phase * 7.0))
        scale += amplitude
        amplitude *= roughness
    return total / scale * 1.4


def peaks(x: Tensor, phases: Tensor, base: float) -> Tensor:
    """A skyline of pointed mountains, about 0..1: folded waves, finer ones riding on the slopes of coarser ones."""
    total, amplitude, scale = torch.zeros_like(x), 1.0, 0.0
    for k in range(phases.shape[1]):
        phase = phases[:, k].view(-1, 1, 1, 1)
        place = base * 1.93**k * (1 + 0.3 * (phase - 0.5)) * x + phase * 7.0
        fold = (2 * (place - place.floor()) - 1).abs()
        total = total + amplitude * (1 - fold) * (1 if k == 0 else 0.35 + 0.65 * total.clamp(0, 1))
        scale += amplitude
        amplitude *= 0.42
    return total / scale * 1.25
