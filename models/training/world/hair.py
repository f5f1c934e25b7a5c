"""Hair: what hangs behind head and neck, what frames the face, and the light on its strands."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models.training.world.face import head
from models.training.world.paint import both, smooth, union, without
from models.training.world.sitting import Sheet, melt, oval


def tone(s: Sheet, part: Tensor | float = 0.0) -> Tensor:
    """Hair's own colour in the light: strands that fan out from the parting, and a band where it shines."""
    b = s.build
    across, up = (s.u + 0.10 * b.yaw) / (b.wide * 1.35), (s.v - 0.15) / 1.15
    light = s.round(across, up.clamp(min=-0.75))
    strand = (s.u - part) / (1.9 - s.v).clamp(min=0.3)
    phase = s.dice("strands") * 6.28
    waves = torch.sin(strand * 23 + phase) + 0.6 * torch.sin(strand * 47 + 2.3 * phase)
    away = (across.square() + up.square() + 1e-6).sqrt()
    shine = (1 - ((away - 0.66 - 0.03 * waves) / 0.13).square()).clamp(min=0) * light * smooth(0.0, 0.5, up)
    colour = s.lit(b.hair * (1 + 0.07 * waves), light)
    return (colour + shine * (0.10 + 0.22 * b.hair) * b.key).clamp(max=1.0)


def _cap(s: Sheet, more: float, top: float) -> Tensor:
    """Hair on the skull: so much wider than it, up to `top`."""
    b = s.build
    return oval(s.u, s.v, -0.10 * b.yaw, 0.22, b.wide + more, top - 0.22)


def _face(s: Sheet, wide: float, top: Tensor | float, foot: float = -1.2) -> Tensor:
    """The opening that hair leaves for the face."""
    b = s.build
    return oval(s.u, s.v, 0.10 * b.yaw, (top + foot) / 2, b.wide * wide, (top - foot) / 2)


def _front(s: Sheet, shape: Tensor, opening: Tensor, part: Tensor | float = 0.0) -> None:
    """Lay hair around an opening, with its shadow on the face."""
    edge = torch.maximum(torch.maximum(opening, -opening - 0.16), shape)
    s.dim(s.cover(edge, 0.12) * s.cover(head(s)) * 0.6, s.build.shade / s.build.key)
    s.paint(without(shape, opening), tone(s, part))


def _wave(s: Sheet, depth: float, rate: float) -> Tensor:
    """How far a wavy edge swings out at each height."""
    return depth * torch.sin(s.v * rate + 6.28 * s.dice("waves"))


# ── behind ────────────────────────────────────────────────────────────────────


def _hanging(s: Sheet, foot: float, flare: float, wave: float = 0.0) -> None:
    """Hair behind the neck, down to `foot`, `flare` wider there than at the temples."""
    b = s.build
    down = (0.2 - s.v).clamp(min=0)
    half = b.wide + 0.13 + flare * down
    if wave:
        half = half + _wave(s, wave, 7.0) * smooth(0.1, 0.5, down)
    sides = torch.maximum((s.u + 0.14 * b.yaw).abs() - half, (s.v - 0.3))
    shape = melt(
        torch.maximum(
            sides, foot - s.v + 0.30 * (((s.u + 0.14 * b.yaw).abs() / half - 0.6).clamp(min=0) / 0.4).square()
        ),
        _cap(s, 0.13, 1.13),
        0.1,
    )
    s.paint(shape, tone(s) * 0.78)


def _tail(s: Sheet) -> None:
    b = s.build
    # To the side that the face turns away from, where there is room to see it.
    side = torch.where(b.yaw > 0, -1.0, 1.0)
    bend = side * (s.u - side * 0.80) - 0.25 * (1 - (s.v + 0.35).square())
    tail = torch.maximum(
        bend.abs() - 0.24 * (1 - ((s.v + 0.3) / 1.25).square()).clamp(min=0) ** 0.5, (s.v + 0.3).abs() - 1.25
    )
    s.paint(tail, tone(s) * 0.86)


def _behind_curly(s: Sheet) -> None:
    s.paint(_bumps(s, 0.94, 0.86, 0.10, 11), tone(s) * 0.80)


def _bumps(s: Sheet, wide: float, high: float, centre: float, count: int) -> Tensor:
    """A mop whose edge is scalloped."""
    b = s.build
    u, v = s.u + 0.10 * b.yaw, s.v - centre
    angle = torch.atan2(v, u)
    bump = 0.045 * torch.sin(angle * count + 6.28 * s.dice("waves")).abs()
    return oval(u, v, 0.0, 0.0, wide, high) - bump


def _back_bob(s: Sheet) -> None:
    _hanging(s, -0.78, 0.10)


def _back_long(s: Sheet) -> None:
    _hanging(s, -1.95, 0.08)


def _back_wavy(s: Sheet) -> None:
    _hanging(s, -1.75, 0.16, 0.055)


def _back_bun(s: Sheet) -> None:
    b = s.build
    s.paint(oval(s.u, s.v, -0.45 * b.yaw, 1.20, 0.32, 0.29), tone(s) * 0.92)


def _back_afro(s: Sheet) -> None:
    s.paint(_bumps(s, 1.16, 1.08, 0.32, 17), tone(s) * 0.86)


BEHIND: dict[str, Callable[[Sheet], None]] = {
    "curly": _behind_curly,
    "afro": _back_afro,
    "bob": _back_bob,
    "long": _back_long,
    "wavy": _back_wavy,
    "bun": _back_bun,
    "ponytail": _tail,
}

# ── in front ──────────────────────────────────────────────────────────────────


def _cropped(s: Sheet) -> None:
    high = 0.58 + 0.10 * s.dice("hairline")
    _front(s, both(_cap(s, 0.035, 1.06), -0.12 - s.v), _face(s, 0.93, high))


def _side(s: Sheet) -> Tensor:
    """Which side the hair is parted on, -1 or 1."""
    return torch.where(s.dice("part") > 0.5, 1.0, -1.0)


def _parted(s: Sheet) -> None:
    b = s.build
    side = _side(s)
    u = (s.u - 0.16 * b.yaw) * side - 0.28
    line = 0.66 - torch.where(u > 0, 0.95 * u * u + 0.25 * u, 0.42 * u.square() - 0.02 * u)
    opening = torch.maximum(_face(s, 0.95, 0.95), (s.v - line) * 0.85)
    _front(s, both(_cap(s, 0.075, 1.17), -0.10 - s.v), opening, side * 0.28)


def _curly(s: Sheet) -> None:
    b = s.build
    u, v = s.u - 0.10 * b.yaw, s.v + 0.25
    edge = 0.022 * torch.sin(torch.atan2(v, u) * 22 + 6.28 * s.dice("waves"))
    _front(s, both(_bumps(s, 0.93, 0.95, 0.28, 13), -0.35 - s.v), oval(u, v, 0.0, 0.0, b.wide * 0.93, 0.80) + edge)


def _afro(s: Sheet) -> None:
    _front(s, both(_bumps(s, 1.06, 0.98, 0.36, 17), -0.15 - s.v), _face(s, 0.93, 0.56))


def _fringe(s: Sheet, sides: float, foot: float) -> None:
    """Straight hair over the forehead, and down both sides of the face."""
    b = s.build
    u = s.u - 0.16 * b.yaw
    line = 0.34 - 0.10 * u.square() + 0.018 * torch.sin(u * 21 + 6.28 * s.dice("fringe"))
    opening = torch.maximum(_face(s, sides, 1.0, -1.5), (s.v - line) * 0.95)
    outer = (s.u + 0.10 * b.yaw).abs() / (b.wide + 0.12)
    round_foot = foot + 0.16 * ((outer - 0.75).clamp(min=0) / 0.25).square()
    down = torch.maximum((outer - 1) * (b.wide + 0.12), torch.maximum(s.v - 0.3, round_foot - s.v))
    _front(s, melt(_cap(s, 0.12, 1.14), down, 0.08), opening)


def _bob(s: Sheet) -> None:
    _fringe(s, 0.86, -0.62)


def _curtains(s: Sheet, foot: float, wave: float, sides: float = 0.90) -> None:
    """Hair parted in the middle, or nearly so, falling down both sides in front of the shoulders."""
    b = s.build
    part = _side(s) * 0.12 * s.dice("off") + 0.16 * b.yaw
    u = s.u - part
    line = 0.80 - 0.62 * (u.abs() + 0.02).sqrt() * u.abs().clamp(max=1) ** 0.35
    opening = torch.maximum(_face(s, sides, 1.3, -1.7), (s.v - line) * 0.8)
    down = (0.1 - s.v).clamp(min=0)
    swing = _wave(s, wave, 7.0) * smooth(0.0, 0.6, down)
    opening = opening - swing * 0.8 - 0.05 * smooth(0.3, 1.2, down)
    half = b.wide + 0.13 + 0.10 * down.clamp(max=1.2) + swing
    outer = (s.u + 0.10 * b.yaw).abs()
    hang = torch.maximum(
        outer - half, torch.maximum(s.v - 0.3, foot - s.v + 0.5 * (outer - 0.55 * half).clamp(min=0).square() / half)
    )
    _front(s, melt(_cap(s, 0.12, 1.15), hang, 0.08), opening, part)


def _long(s: Sheet) -> None:
    _curtains(s, -1.75, 0.0)


def _wavy(s: Sheet) -> None:
    _curtains(s, -1.45, 0.06)


def _swept(s: Sheet) -> None:
    """Combed back: a high hairline, close to the skull."""
    high = 0.60 + 0.06 * s.dice("hairline")
    _front(s, both(_cap(s, 0.055, 1.09), -0.05 - s.v), _face(s, 0.95, high))


def _braids(s: Sheet) -> None:
    _curtains(s, -0.55, 0.0, 0.93)
    b = s.build
    for side in (-1.0, 1.0):
        middle = side * (b.wide + 0.02) - 0.10 * b.yaw
        lumps = (s.v * 5.2 + 0.25 * side).sub((s.v * 5.2 + 0.25 * side).round()).abs()
        half = 0.145 * (1 - 0.55 * lumps.square() * 4 * 0.5) * smooth(-2.1, -1.6, s.v).clamp(min=0.4)
        plait = torch.maximum(
            (s.u - middle - side * 0.10 * (s.v + 0.5).clamp(max=0).square()).abs() - half, union(s.v + 0.35, s.v + 0.35)
        )
        plait = torch.maximum(plait, -1.72 - s.v)
        weave = 1 - 0.30 * smooth(0.30, 0.5, lumps)
        s.paint(plait, tone(s) * weave)


# What ends beside the face, and what falls over the shoulders.
SHORT: dict[str, Callable[[Sheet], None]] = {
    "cropped": _cropped,
    "parted": _parted,
    "curly": _curly,
    "afro": _afro,
    "bob": _bob,
    "bun": _swept,
    "ponytail": _swept,
}
FALLING: dict[str, Callable[[Sheet], None]] = {"long": _long, "wavy": _wavy, "braids": _braids}
