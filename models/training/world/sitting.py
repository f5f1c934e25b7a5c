"""A batch of people before the painter: where each head is, what light falls on it, and the sheet it is painted on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from models.reader.scene import Scene
from models.training.world.light import Dice, Light, light_of
from models.training.world.people import Portrait

RGB = tuple[float, float, float]

# Light from its side and what is left in the shade, by the time of day.
_KEY: dict[str, tuple[RGB, RGB]] = {
    "dawn": ((1.06, 0.92, 0.86), (0.72, 0.63, 0.76)),
    "day": ((1.05, 1.04, 1.02), (0.75, 0.75, 0.82)),
    "sunset": ((1.08, 0.90, 0.74), (0.66, 0.52, 0.60)),
    "night": ((0.82, 0.86, 1.02), (0.47, 0.49, 0.69)),
}
_SKIN: dict[str, RGB] = {
    "pale": (0.99, 0.88, 0.82),
    "fair": (0.97, 0.80, 0.69),
    "golden": (0.90, 0.70, 0.53),
    "olive": (0.77, 0.58, 0.42),
    "brown": (0.61, 0.42, 0.30),
    "dark": (0.45, 0.30, 0.23),
}
_HAIR: dict[str, RGB] = {
    "black": (0.15, 0.14, 0.18),
    "brown": (0.40, 0.26, 0.18),
    "auburn": (0.56, 0.24, 0.15),
    "ginger": (0.86, 0.45, 0.17),
    "blond": (0.94, 0.77, 0.43),
    "grey": (0.74, 0.74, 0.77),
    "blue": (0.22, 0.46, 0.72),
    "pink": (0.93, 0.52, 0.66),
}
UNIT = 0.248  # half a head's height on the canvas, from the chin at -1 to the crown at 1


@dataclass
class Build:
    """What each person is, as (B, 1, 1, 1), or (B, 3, 1, 1) for colours. Lengths are in half heads."""

    unit: Tensor
    wide: Tensor  # half the head's width
    jaw: Tensor  # the jaw's half width as a share of it
    yaw: Tensor  # radians to the picture's right
    side: Tensor  # where the light is: -1 left, 1 right
    key: Tensor
    shade: Tensor
    skin: Tensor
    hair: Tensor

    def rows(self, index: Tensor) -> Build:
        return Build(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


class Sheet:
    """`rgb` (B, 3, H, W) to paint on, with the head's coordinates `u`, `v` (B, 1, H, W), which lean with it, v up,
    the body's `p` (B, 1, 1, W) and `q` (B, 1, H, 1), and the canvas's `x`, `y`. A window is a view."""

    def __init__(self, people: list[Portrait], size: int, device: torch.device | str) -> None:
        scenes = [Scene(p.time, "clear", "summer", "meadow", (), p.seed) for p in people]
        self.people, self.size = people, size
        self._dice, self._thrown = Dice(scenes, device), dict[str, Tensor]()
        self.light: Light = light_of(scenes, self._dice)
        self.build = _build(people, self._dice)
        steps = (torch.arange(size, device=device, dtype=torch.float32) + 0.5) / size
        self.x, self.y = steps.view(1, 1, 1, size), steps.view(1, 1, size, 1)
        self.rgb = torch.zeros(len(people), 3, size, size, device=device)
        b, dice = self.build, self._dice
        self.p = (self.x - dice("across", 0.48, 0.52)) / b.unit + b.yaw * 0.15
        self.q = (dice("down", 0.475, 0.505) - self.y) / b.unit
        lean = dice("lean", -0.12, 0.12)
        p, q = self.p - b.yaw * 0.15, self.q + 1.1  # a head leans from where the neck begins
        self.u = torch.cos(lean) * p - torch.sin(lean) * q
        self.v = torch.sin(lean) * p + torch.cos(lean) * q - 1.1

    def dice(self, name: str, low: float = 0.0, high: float = 1.0) -> Tensor:
        """A number of each person's own, (B, 1, 1, 1): the same for the same name and seed."""
        if name not in self._thrown:
            self._thrown[name] = self._dice(name)
        return low + (high - low) * self._thrown[name]

    def window(self, top: float, foot: float, left: float = 0.0, right: float = 1.0) -> Sheet:
        """The part of the canvas between these, in 0..1: for small things, which leave the rest as it is."""
        part = copy(self)
        down = slice(math.floor(top * self.size), math.ceil(foot * self.size))
        across = slice(math.floor(left * self.size), math.ceil(right * self.size))
        part.x, part.p = self.x[..., across], self.p[..., across]
        part.y, part.q = self.y[..., down, :], self.q[..., down, :]
        for name in ("rgb", "u", "v"):
            setattr(part, name, getattr(self, name)[..., down, across])
        return part

    def rows(self, chosen: Sequence[int]) -> Sheet:
        """Some of the people, copied out; `put_back` returns what was painted."""
        index = torch.tensor(chosen, device=self.rgb.device)
        part = copy(self)
        part.people, part.build, part.light = (
            [self.people[i] for i in chosen],
            self.build.rows(index),
            self.light.part(index),
        )
        part._dice, part._thrown = (
            self._dice.part(chosen),
            {name: thrown[index] for name, thrown in self._thrown.items()},
        )
        for name in ("rgb", "u", "v", "p", "q"):
            setattr(part, name, getattr(self, name)[index])
        return part

    def put_back(self, chosen: Sequence[int], part: Sheet) -> None:
        self.rgb[torch.tensor(chosen, device=self.rgb.device)] = part.rgb

    def number(self, values: Sequence[float]) -> Tensor:
        """One number for each person, (B, 1, 1, 1)."""
        return torch.tensor(values, device=self.rgb.device).view(-1, 1, 1, 1)

    def colours(self, values: Sequence[RGB]) -> Tensor:
        """One colour for each person, (B, 3, 1, 1)."""
        return torch.tensor(values, device=self.rgb.device).view(-1, 3, 1, 1)

    def one_of(self, values: Sequence[RGB], name: str) -> Tensor:
        """One of some colours for each person, by the number of that name."""
        thrown = (self.dice(name).flatten() * len(values)).long().clamp(max=len(values) - 1)
        return torch.tensor(values, device=self.rgb.device)[thrown].view(-1, 3, 1, 1)

    # ── painting ──

    def cover(self, distance: Tensor, soft: float = 0.0) -> Tensor:
        """How much of each pixel lies inside, from a distance in half heads, negative inside. `soft`: a wider edge."""
        edge = 1 / (self.build.unit * self.size)
        if soft:
            edge = edge.clamp(min=soft)
        return (0.5 - distance / edge).clamp(0, 1)

    def paint(self, distance: Tensor, colour: Tensor, alpha: Tensor | float = 1.0, soft: float = 0.0) -> Tensor:
        """Lay a shape over what is there. Returns how much of it each pixel has."""
        mask = self.cover(distance, soft) * alpha
        self.rgb.lerp_(colour, mask)
        return mask

    def veil(self, mask: Tensor, colour: Tensor) -> None:
        self.rgb.lerp_(colour, mask)

    def dim(self, mask: Tensor, factor: Tensor | float) -> None:
        """Multiply what is there by `factor`, by so much of it as `mask` has."""
        self.rgb.mul_(1 + mask * (factor - 1))

    def lit(self, colour: Tensor, share: Tensor) -> Tensor:
        """A colour in the person's light: `share` 1 where it falls, 0 in the shade."""
        b = self.build
        return (colour * (b.shade + share * (b.key - b.shade))).clamp(max=1.0)

    def round(self, across: Tensor, up: Tensor) -> Tensor:
        """How much light falls on a ball, at `across`, `up` from its centre in radii: soft, with a clear terminator."""
        deep = (1 - across * across - up * up).clamp(min=0).sqrt()
        lam = 0.62 * self.build.side * across + 0.46 * up + 0.62 * deep
        t = ((lam + 0.02) / 0.62).clamp(0, 1)
        return t * t * (3 - 2 * t)

    def turned(self, u: float) -> tuple[Tensor, Tensor]:
        """Where a mark on the face that is `u` from its middle lies once the head is turned, and how narrow it is."""
        b = self.build
        angle = torch.asin(u / b.wide) + b.yaw
        return b.wide * torch.sin(angle), torch.cos(angle) / torch.cos(angle - b.yaw)


def _build(people: list[Portrait], dice: Dice) -> Build:
    def colours(values: list[RGB]) -> Tensor:
        return torch.tensor(values, device=dice.device).view(-1, 3, 1, 1)

    turn = torch.tensor([{"left": -1.0, "ahead": 0.0, "right": 1.0}[p.turn] for p in people], device=dice.device)
    side = torch.tensor([-1.0 if p.light_from == "left" else 1.0 for p in people], device=dice.device)
    return Build(
        unit=UNIT * dice("unit", 0.96, 1.05),
        wide=dice("wide", 0.70, 0.77),
        jaw=dice("jaw", 0.74, 0.90),
        yaw=turn.view(-1, 1, 1, 1) * 0.30 + dice("yaw", -0.07, 0.07),
        side=side.view(-1, 1, 1, 1),
        key=colours([_KEY[p.time][0] for p in people]),
        shade=colours([_KEY[p.time][1] for p in people]),
        skin=colours([_SKIN[p.skin] for p in people]) * dice("skin", 0.97, 1.03),
        hair=colours([_HAIR[p.hair_colour] for p in people]) * dice("hair", 0.92, 1.08),
    )


# ── shapes whose sizes are each person's own ──────────────────────────────────


def oval(
    u: Tensor, v: Tensor, cu: Tensor | float, cv: Tensor | float, ru: Tensor | float, rv: Tensor | float
) -> Tensor:
    """Distance to an ellipse, right to first order at its edge however long it is."""
    a, b = (u - cu) / ru, (v - cv) / rv
    k = (a * a + b * b + 1e-6).sqrt()
    return k * (k - 1) / ((a / ru).square() + (b / rv).square() + 1e-6).sqrt()


def melt(one: Tensor, other: Tensor, reach: float) -> Tensor:
    """The union of two shapes, its inner corners rounded."""
    h = (reach - (one - other).abs()).clamp(min=0) / reach
    return torch.minimum(one, other) - h * h * reach * 0.25
