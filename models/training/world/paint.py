"""The painter: layers of signed distances onto a batch of canvases, and with them their sketch and depth."""

from __future__ import annotations

import math

import torch
from torch import Tensor

Colour = Tensor  # (B, 3, 1, 1) or (B, 3, H, W), linear mixing of display values 0..1


class Canvas:
    """`rgb` (B, 3, H, W), `line` and `depth` (B, 1, H, W), with coordinates `x`, `y` from 0 to 1, y down.

    `depth` is 0 at the eye and 1 at the sky. `line` is how much of a pencil line shows.
    """

    def __init__(self, batch: int, size: int, device: torch.device | str) -> None:
        self.size, self.pixel = size, 1.0 / size
        steps = (torch.arange(size, device=device, dtype=torch.float32) + 0.5) / size
        self.x = steps.view(1, 1, 1, size).expand(batch, 1, size, size)
        self.y = steps.view(1, 1, size, 1).expand(batch, 1, size, size)
        self.rgb = torch.zeros(batch, 3, size, size, device=device)
        self.line = torch.zeros(batch, 1, size, size, device=device)
        self.depth = torch.ones(batch, 1, size, size, device=device)

    def part(self, rows: Tensor) -> Canvas:
        """Some of the batch, copied out to paint on; `put_back` returns it."""
        part = object.__new__(Canvas)
        part.size, part.pixel = self.size, self.pixel
        part.x, part.y = self.x[: len(rows)], self.y[: len(rows)]
        part.rgb, part.line, part.depth = self.rgb[rows], self.line[rows], self.depth[rows]
        return part

    def put_back(self, rows: Tensor, part: Canvas) -> None:
        self.rgb[rows], self.line[rows], self.depth[rows] = part.rgb, part.line, part.depth

    def cover(self, distance: Tensor, softness: float = 1.0) -> Tensor:
        """How much of each pixel lies inside (0..1), from a signed distance in canvas units, negative inside."""
        return (0.5 - distance / (self.pixel * softness)).clamp(0, 1)

    def paint(
        self,
        distance: Tensor,
        colour: Colour,
        depth: Tensor | float | None = None,
        alpha: Tensor | float = 1.0,
        outline: bool = True,
    ) -> None:
        """Lay a shape over what is there. Without a depth it is a veil: it hides no line and moves no depth."""
        mask = self.cover(distance) * alpha
        self.rgb = self.rgb + mask * (colour - self.rgb)
        if depth is None:
            return
        self.depth = self.depth + mask * (depth - self.depth)
        self.line = self.line * (1 - mask)
        if outline:
            width = max(self.pixel * 0.7, 0.0035)
            stroke = (1.2 - (distance.abs() - width * 0.5).clamp(min=0) / (width * 0.6)).clamp(0, 1)
            self.line = torch.maximum(self.line, stroke * alpha)

    def veil(self, alpha: Tensor, colour: Colour) -> None:
        """Mix a colour in by `alpha` (B, 1, H, W) or broadcastable."""
        self.rgb = self.rgb + alpha * (colour - self.rgb)


def col(values: tuple[float, float, float], like: Tensor) -> Tensor:
    return torch.tensor(values, device=like.device).view(1, 3, 1, 1)


def smooth(low: float, high: float, value: Tensor) -> Tensor:
    t = ((value - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


# ── shapes: signed distances in local units, negative inside ──────────────────


def disc(u: Tensor, v: Tensor, cu: Tensor | float, cv: Tensor | float, ru: float, rv: float | None = None) -> Tensor:
    """An ellipse (first-order distance)."""
    rv = ru if rv is None else rv
    a, b = (u - cu) / ru, (v - cv) / rv
    return ((a * a + b * b + 1e-9).sqrt() - 1) * min(ru, rv)


def box(u: Tensor, v: Tensor, left: float, right: float, low: float, high: float) -> Tensor:
    return torch.maximum(
        (u - (left + right) / 2).abs() - (right - left) / 2, (v - (low + high) / 2).abs() - (high - low) / 2
    )


def polygon(u: Tensor, v: Tensor, *points: tuple[float, float]) -> Tensor:
    """A convex polygon, corners counter-clockwise (v up), as the largest of its half-planes."""
    inside = None
    for (u0, v0), (u1, v1) in zip(points, points[1:] + points[:1], strict=True):
        du, dv = u1 - u0, v1 - v0
        length = math.hypot(du, dv)
        plane = (dv * (u - u0) - du * (v - v0)) / length
        inside = plane if inside is None else torch.maximum(inside, plane)
    assert inside is not None
    return inside


def stroke(u: Tensor, v: Tensor, start: tuple[float, float], end: tuple[float, float], width: float) -> Tensor:
    """A line with round ends."""
    du, dv = end[0] - start[0], end[1] - start[1]
    t = (((u - start[0]) * du + (v - start[1]) * dv) / (du * du + dv * dv)).clamp(0, 1)
    return ((u - start[0] - t * du) ** 2 + (v - start[1] - t * dv) ** 2 + 1e-9).sqrt() - width / 2


def union(*distances: Tensor) -> Tensor:
    result = distances[0]
    for other in distances[1:]:
        result = torch.minimum(result, other)
    return result


def without(shape: Tensor, hole: Tensor) -> Tensor:
    return torch.maximum(shape, -hole)


def both(first: Tensor, second: Tensor) -> Tensor:
    return torch.maximum(first, second)
