"""Time of day and weather as light: the colours that every layer of a scene is mixed from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.reader.scene import Scene

RGB = tuple[float, float, float]

# top, middle and foot of the sky; light on the ground; light on things; sun or moon; its glow
_SKY: dict[str, tuple[RGB, RGB, RGB, RGB, RGB, RGB, RGB]] = {
    "dawn": (
        (0.46, 0.56, 0.80),
        (0.82, 0.74, 0.84),
        (1.00, 0.88, 0.72),
        (0.80, 0.74, 0.82),
        (0.97, 0.93, 0.95),
        (1.00, 0.95, 0.80),
        (1.00, 0.85, 0.70),
    ),
    "day": (
        (0.24, 0.53, 0.87),
        (0.52, 0.76, 0.95),
        (0.84, 0.93, 0.97),
        (1.00, 1.00, 0.98),
        (1.00, 1.00, 1.00),
        (1.00, 0.98, 0.86),
        (1.00, 0.98, 0.88),
    ),
    "sunset": (
        (0.21, 0.17, 0.42),
        (0.72, 0.32, 0.42),
        (1.00, 0.62, 0.28),
        (0.80, 0.52, 0.50),
        (0.93, 0.80, 0.77),
        (1.00, 0.86, 0.52),
        (1.00, 0.56, 0.25),
    ),
    "night": (
        (0.03, 0.05, 0.15),
        (0.07, 0.11, 0.27),
        (0.15, 0.21, 0.40),
        (0.31, 0.38, 0.58),
        (0.62, 0.66, 0.80),
        (0.95, 0.95, 0.88),
        (0.45, 0.52, 0.75),
    ),
}
# how far the sky goes to grey, how bright that grey is against the sky's own, how much light is left, is the sun seen
_WEATHER: dict[str, tuple[float, float, float, float]] = {
    "clear": (0.00, 1.00, 1.00, 1.0),
    "cloudy": (0.30, 0.95, 0.92, 0.35),
    "fog": (0.55, 1.10, 0.92, 0.15),
    "rain": (0.55, 0.66, 0.74, 0.0),
    "snow": (0.55, 1.05, 0.95, 0.0),
}


class Dice:
    """Named numbers of each scene: the same name and seed give the same number for ever."""

    def __init__(self, scenes: Sequence[Scene], device: torch.device | str) -> None:
        self.scenes, self.device = scenes, device

    def __call__(self, name: str, low: float = 0.0, high: float = 1.0) -> Tensor:
        """(B, 1, 1, 1)"""
        drawn = [random.Random(f"{name} {s.seed}").uniform(low, high) for s in self.scenes]
        return torch.tensor(drawn, device=self.device).view(-1, 1, 1, 1)

    def several(self, name: str, count: int) -> Tensor:
        """(B, count)"""
        rows = []
        for s in self.scenes:
            rng = random.Random(f"{name} {s.seed}")
            rows.append([rng.random() for _ in range(count)])
        return torch.tensor(rows, device=self.device)

    def salt(self) -> Tensor:
        """(B, 1, 1, 1) integers for lattice hashes."""
        return torch.tensor([s.seed * 2654435761 % 0x7FFFFFFF for s in self.scenes], device=self.device).view(
            -1, 1, 1, 1
        )

    def part(self, rows: Sequence[int]) -> Dice:
        return Dice([self.scenes[i] for i in rows], self.device)


@dataclass
class Light:
    """Colours (B, 3, 1, 1) and places (B, 1, 1, 1) that all layers share."""

    top: Tensor
    middle: Tensor
    foot: Tensor
    ground: Tensor
    things: Tensor
    sun: Tensor
    glow: Tensor
    sun_seen: Tensor
    sun_x: Tensor
    sun_y: Tensor
    horizon: Tensor
    night: Tensor
    haze: Tensor

    def part(self, rows: Tensor) -> Light:
        return Light(**{name: value[rows] for name, value in vars(self).items()})

    def lit(self, colour: Tensor, distance: float | Tensor) -> Tensor:
        """A ground colour in this light, at a distance 0 (here) to 1 (where haze has taken it all)."""
        shade = colour * self.ground
        return shade + distance * (self.haze - shade)


def light_of(scenes: Sequence[Scene], dice: Dice) -> Light:
    def colour(index: int) -> Tensor:
        return torch.tensor([_SKY[s.time][index] for s in scenes], device=dice.device).view(-1, 3, 1, 1)

    def number(values: Sequence[float]) -> Tensor:
        return torch.tensor(values, device=dice.device).view(-1, 1, 1, 1)

    grey_share, grey_level, bright, seen = (number([_WEATHER[s.weather][k] for s in scenes]) for k in range(4))

    def overcast(sky: Tensor) -> Tensor:
        grey = sky.mean(1, keepdim=True) * 0.75 + sky * 0.25
        return (sky + grey_share * (grey * grey_level - sky)).clamp(0, 1)

    top, middle, foot = (overcast(colour(k)) for k in range(3))
    height = {"dawn": (0.36, 0.46), "day": (0.10, 0.22), "sunset": (0.38, 0.50), "night": (0.12, 0.24)}
    place = number([height[s.time][0] for s in scenes])
    span = number([height[s.time][1] - height[s.time][0] for s in scenes])
    foggy = number([float(s.weather == "fog") for s in scenes])
    haze = foot * 0.75 + middle * 0.25
    return Light(
        top=top,
        middle=middle,
        foot=foot,
        ground=colour(3) * bright,
        things=colour(4) * (0.5 + 0.5 * bright),
        sun=colour(5),
        glow=colour(6),
        sun_seen=seen,
        sun_x=dice("sun x", 0.2, 0.8),
        sun_y=place + span * dice("sun y"),
        horizon=dice("horizon", 0.50, 0.58),
        night=number([float(s.time == "night") for s in scenes]),
        haze=haze + foggy * (foot - haze) * 0.5,
    )
