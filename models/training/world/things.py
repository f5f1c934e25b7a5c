"""The things of the starter world: each is a few shapes in its own colour, in a frame whose foot is 0 and top is 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from models.training.world.light import Light
from models.training.world.paint import Canvas, both, box, col, disc, polygon, smooth, stroke, union, without

RGB = tuple[float, float, float]

COLOUR_VALUES: dict[str, RGB] = {
    "red": (0.85, 0.15, 0.15),
    "orange": (0.97, 0.52, 0.08),
    "yellow": (0.98, 0.85, 0.16),
    "green": (0.16, 0.64, 0.26),
    "blue": (0.12, 0.37, 0.87),
    "purple": (0.52, 0.22, 0.72),
    "pink": (0.98, 0.52, 0.71),
    "white": (0.97, 0.96, 0.94),
}
# height on the canvas when near; far is 0.52 of it
HEIGHTS = {
    "sailboat": 0.40,
    "lighthouse": 0.48,
    "house": 0.29,
    "windmill": 0.46,
    "tree": 0.42,
    "balloon": 0.38,
    "bridge": 0.20,
    "bird": 0.17,
    "tent": 0.24,
    "castle": 0.38,
}
FAR = 0.52

_WOOD: RGB = (0.42, 0.28, 0.20)
_STONE: RGB = (0.46, 0.44, 0.46)
_SLATE: RGB = (0.27, 0.27, 0.34)
_CREAM: RGB = (0.96, 0.92, 0.82)
_LAMP: RGB = (1.00, 0.86, 0.46)


@dataclass
class Brush:
    """One kind of thing on part of a batch: local coordinates, its colour, and the light and haze on it.

    `u`, `v` (B, 1, H, W): across and up, in heights of the thing. `scale` (B, 1, 1, 1): that height on the canvas.
    """

    canvas: Canvas
    light: Light
    u: Tensor
    v: Tensor
    scale: Tensor
    colour: Tensor
    haze: Tensor
    depth: Tensor
    turn: Tensor
    mirrored: Tensor | None = None

    def tone(self, colour: Tensor | RGB) -> Tensor:
        """A colour on this thing: brighter toward the sun, then into the haze."""
        paint = col(colour, self.u) if isinstance(colour, tuple) else colour
        side = torch.sign(self.light.sun_x - 0.5)
        shaded = (paint * self.light.things * (0.97 + 0.16 * (self.u * side * 1.6).clamp(-1, 1))).clamp(0, 1)
        return shaded + self.haze * (self.light.haze - shaded)

    def window(self) -> Tensor:
        """Glass by day, lamplight by night."""
        glass = col((0.40, 0.50, 0.62), self.u)
        return glass + self.light.night * (col(_LAMP, self.u) - glass)

    def put(self, distance: Tensor, colour: Tensor | RGB, glow: float = 0.0) -> None:
        """Paint a shape. `glow` keeps that share of the colour out of the night (lamps and windows)."""
        toned = self.tone(colour)
        if glow:
            full = colour if isinstance(colour, Tensor) else col(colour, self.u)
            toned = toned + glow * self.light.night * (full - toned)
        if self.mirrored is None:
            self.canvas.paint(distance * self.scale, toned, self.depth, outline=glow == 0.0)
        else:
            self.canvas.paint(distance * self.scale, toned, None, alpha=self.mirrored)


def _sailboat(b: Brush) -> None:
    u, v = b.u, b.v
    b.put(stroke(u, v, (0.02, 0.12), (0.02, 0.98), 0.028), _WOOD)
    b.put(both(polygon(u, v, (0.05, 0.24), (0.50, 0.24), (0.05, 0.96)), disc(u, v, -0.35, 0.24, 0.86, 0.95)), b.colour)
    b.put(both(polygon(u, v, (-0.40, 0.26), (-0.02, 0.26), (-0.02, 0.86)), disc(u, v, 0.18, 0.2, 0.62, 0.80)), _CREAM)
    b.put(polygon(u, v, (-0.36, 0.0), (0.34, 0.0), (0.52, 0.18), (-0.48, 0.18)), b.colour * 0.80)
    b.put(polygon(u, v, (-0.47, 0.145), (0.50, 0.145), (0.52, 0.18), (-0.48, 0.18)), _CREAM)


def _lighthouse(b: Brush) -> None:
    u, v = b.u, b.v
    tower = polygon(u, v, (-0.15, 0.0), (0.15, 0.0), (0.095, 0.74), (-0.095, 0.74))
    b.put(tower, b.colour)
    stripe = torch.minimum((v - 0.21).abs() - 0.065, (v - 0.50).abs() - 0.065)
    pale = torch.where(b.colour.amin(1, keepdim=True) > 0.9, col((0.62, 0.64, 0.68), u), col(_CREAM, u))
    b.put(both(tower, stripe), pale)
    b.put(box(u, v, -0.13, 0.13, 0.735, 0.765), _SLATE)
    b.put(box(u, v, -0.075, 0.075, 0.765, 0.875), _LAMP, glow=0.9)
    b.put(polygon(u, v, (-0.115, 0.87), (0.115, 0.87), (0.0, 1.0)), b.colour * 0.85)
    b.put(union(box(u, v, -0.035, 0.035, 0.0, 0.10), disc(u, v, 0.0, 0.10, 0.035)), _SLATE)
    if b.mirrored is None:
        away = ((u / 0.9) ** 2 + ((v - 0.82) / 0.5) ** 2 + 1e-9).sqrt()
        b.canvas.veil((1 - away).clamp(0, 1) ** 2.5 * 0.55 * b.light.night, col(_LAMP, u))


def _house(b: Brush) -> None:
    u, v = b.u, b.v
    b.put(box(u, v, 0.24, 0.37, 0.62, 0.98), (0.52, 0.34, 0.30))
    b.put(box(u, v, -0.52, 0.52, 0.0, 0.56), b.colour)
    b.put(polygon(u, v, (-0.64, 0.53), (0.64, 0.53), (0.36, 0.92), (-0.36, 0.92)), _SLATE)
    b.put(box(u, v, -0.11, 0.11, 0.0, 0.34), _WOOD)
    for left in (-0.42, 0.22):
        b.put(box(u, v, left - 0.02, left + 0.22, 0.18, 0.42), _CREAM)
        b.put(box(u, v, left, left + 0.20, 0.20, 0.40), b.window(), glow=0.95)


def _windmill(b: Brush) -> None:
    u, v = b.u, b.v
    b.put(polygon(u, v, (-0.22, 0.0), (0.22, 0.0), (0.13, 0.60), (-0.13, 0.60)), b.colour)
    b.put(both(disc(u, v, 0.0, 0.58, 0.155, 0.15), 0.56 - v), _SLATE)
    b.put(union(box(u, v, -0.055, 0.055, 0.0, 0.15), disc(u, v, 0.0, 0.15, 0.055)), _WOOD)
    b.put(box(u, v, -0.04, 0.04, 0.34, 0.43), b.window(), glow=0.9)
    cos, sin = torch.cos(b.turn), torch.sin(b.turn)
    p, q = cos * u + sin * (v - 0.62), -sin * u + cos * (v - 0.62)
    for s, t in ((p, q), (-p, -q), (q, -p), (-q, p)):
        b.put(box(s, t, 0.0, 0.024, 0.0, 0.44), _WOOD)
        b.put(box(s, t, 0.024, 0.115, 0.10, 0.43), _CREAM)
    b.put(disc(u, v, 0.0, 0.62, 0.035), _WOOD)


def _tree(b: Brush) -> None:
    u, v = b.u, b.v
    b.put(
        union(
            polygon(u, v, (-0.065, 0.0), (0.065, 0.0), (0.035, 0.5), (-0.035, 0.5)),
            stroke(u, v, (0.0, 0.30), (0.16, 0.52), 0.04),
        ),
        _WOOD,
    )
    crown = union(
        disc(u, v, 0.0, 0.74, 0.26),
        disc(u, v, -0.20, 0.58, 0.20),
        disc(u, v, 0.21, 0.57, 0.20),
        disc(u, v, 0.0, 0.53, 0.22),
    )
    b.put(crown, b.colour * 0.86)
    b.put(
        both(crown, union(disc(u, v, -0.05, 0.80, 0.18), disc(u, v, -0.22, 0.62, 0.13), disc(u, v, 0.19, 0.62, 0.13))),
        b.colour * 1.04,
    )


def _balloon(b: Brush) -> None:
    u, v = b.u, b.v
    for side in (-1, 1):
        b.put(stroke(u, v, (0.10 * side, 0.36), (0.05 * side, 0.12), 0.014), _WOOD)
    bag = union(disc(u, v, 0.0, 0.66, 0.34), polygon(u, v, (-0.075, 0.26), (0.075, 0.26), (0.30, 0.52), (-0.30, 0.52)))
    b.put(bag, b.colour)
    pale = torch.where(b.colour.amin(1, keepdim=True) > 0.9, b.colour * 0.80, b.colour * 0.45 + 0.52)
    for centre, width in ((-0.20, 0.050), (0.0, 0.075), (0.20, 0.050)):
        bulge = (1 - ((v - 0.66) / 0.44) ** 2).clamp(min=0.04) ** 0.5
        b.put(both(bag, (u - centre * bulge).abs() - width * bulge), pale)
    b.put(polygon(u, v, (-0.065, 0.0), (0.065, 0.0), (0.08, 0.13), (-0.08, 0.13)), _WOOD)


def _bridge(b: Brush) -> None:
    u, v = b.u, b.v
    rise = 0.30 * (1 - (u / 1.35) ** 2).clamp(min=0)
    deck = both((v - 0.52 - rise).abs() - 0.14, u.abs() - 1.32)
    body = both(both(v - 0.52 - rise, -v), u.abs() - 1.32)
    arches = union(
        disc(u, v, 0.0, 0.0, 0.36, 0.62), disc(u, v, -0.84, 0.0, 0.27, 0.44), disc(u, v, 0.84, 0.0, 0.27, 0.44)
    )
    b.put(without(body, arches), b.colour)
    b.put(without(both(deck, body), arches), b.colour * 0.88)
    b.put(both((v - 0.60 - rise).abs() - 0.035, u.abs() - 1.36), b.colour * 0.70)
    for post in range(-4, 5):
        rail = 0.30 * (1 - (post * 0.32 / 1.35) ** 2)
        b.put(box(u, v, post * 0.32 - 0.03, post * 0.32 + 0.03, 0.60 + rail, 0.82 + rail), b.colour * 0.70)
    b.put(both((v - 0.84 - rise).abs() - 0.028, u.abs() - 1.36), b.colour * 0.80)


def _bird(b: Brush) -> None:
    u, v = b.u, b.v
    for side in (-1.0, 1.0):
        s = u * side
        wing = both(disc(s, v, 0.44, 0.12, 0.66, 0.62), -disc(s, v, 0.62, -0.26, 0.80, 0.72))
        b.put(both(wing, -s - 0.02), b.colour)
    b.put(disc(u, v, 0.0, 0.42, 0.13, 0.20), b.colour * 0.82)
    b.put(disc(u, v, 0.0, 0.64, 0.095), b.colour * 0.92)
    b.put(polygon(u, v, (-0.035, 0.70), (0.035, 0.70), (0.0, 0.84)), (0.95, 0.66, 0.16))
    b.put(polygon(u, v, (-0.10, 0.08), (0.10, 0.08), (0.05, 0.28), (-0.05, 0.28)), b.colour * 0.72)


def _tent(b: Brush) -> None:
    u, v = b.u, b.v
    b.put(polygon(u, v, (0.0, 0.96), (-0.70, 0.0), (0.70, 0.0)), b.colour)
    b.put(polygon(u, v, (0.0, 0.96), (0.20, 0.0), (0.70, 0.0)), b.colour * 0.80)
    inside = col((0.20, 0.16, 0.18), u)
    b.put(
        polygon(u, v, (-0.14, 0.70), (-0.40, 0.0), (-0.04, 0.0)),
        inside + b.light.night * (col(_LAMP, u) - inside),
        glow=0.7,
    )
    b.put(polygon(u, v, (-0.14, 0.70), (-0.48, 0.0), (-0.34, 0.0)), b.colour * 0.60 + 0.30)
    b.put(stroke(u, v, (0.0, 0.94), (0.0, 1.0), 0.03), _WOOD)


def _castle(b: Brush) -> None:
    u, v = b.u, b.v
    b.put(box(u, v, -0.40, 0.40, 0.0, 0.42), b.colour * 0.88)
    notch = both((u * 6.2 - (u * 6.2).round()).abs() / 6.2 - 0.042, box(u, v, -0.40, 0.40, 0.40, 0.47))
    b.put(notch, b.colour * 0.88)
    for centre, wide, tall in ((-0.40, 0.13, 0.60), (0.40, 0.13, 0.60), (0.0, 0.15, 0.74)):
        b.put(box(u, v, centre - wide, centre + wide, 0.0, tall), b.colour)
        b.put(polygon(u, v, (centre - wide - 0.04, tall), (centre + wide + 0.04, tall), (centre, tall + 0.25)), _SLATE)
        b.put(box(u, v, centre - 0.028, centre + 0.028, tall - 0.20, tall - 0.09), b.window(), glow=0.95)
    b.put(union(box(u, v, -0.085, 0.085, 0.0, 0.15), disc(u, v, 0.0, 0.15, 0.085)), (0.24, 0.18, 0.16))


DRAW: dict[str, Callable[[Brush], None]] = {
    "sailboat": _sailboat,
    "lighthouse": _lighthouse,
    "house": _house,
    "windmill": _windmill,
    "tree": _tree,
    "balloon": _balloon,
    "bridge": _bridge,
    "bird": _bird,
    "tent": _tent,
    "castle": _castle,
}


def paint_islet(
    canvas: Canvas, light: Light, u: Tensor, v: Tensor, scale: Tensor, wide: Tensor, haze: Tensor, depth: Tensor
) -> None:
    """A low rock in the sea, for what cannot float."""
    rock = col((0.45, 0.40, 0.38), u) * light.ground
    grass = col((0.42, 0.55, 0.30), u) * light.ground
    shade = rock + smooth(-0.02, 0.08, v) * (grass - rock)
    round_top = (((u / wide) ** 2 + ((v + 0.07) / 0.17) ** 2 + 1e-9).sqrt() - 1) * 0.17
    canvas.paint(torch.maximum(round_top, -0.07 - v) * scale, shade + haze * (light.haze - shade), depth)
    foam = (((u / (wide * 1.06)) ** 2 + ((v + 0.075) / 0.028) ** 2 + 1e-9).sqrt() - 1) * scale * 0.028
    canvas.paint(foam, light.foot * 0.5 + 0.4 * light.things, None, alpha=0.5)
