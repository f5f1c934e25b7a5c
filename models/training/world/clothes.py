"""What people of the starter world wear: clothes, hats and glasses."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models.training.world.face import EYE, EYE_UP, head
from models.training.world.paint import both, box, col, smooth, stroke, union, without
from models.training.world.sitting import RGB, Sheet, melt, oval
from models.training.world.things import COLOUR_VALUES

_CREAM: RGB = (0.96, 0.93, 0.86)
_FRAMES: tuple[RGB, ...] = ((0.16, 0.14, 0.18), (0.62, 0.40, 0.18), (0.55, 0.16, 0.16))


def _colour(s: Sheet) -> Tensor:
    """Cloth is never as bright as a painted sail."""
    return s.colours([COLOUR_VALUES[p.clothes_colour] for p in s.people]) * 0.88 + 0.02


def _body(s: Sheet) -> Tensor:
    """Distance to chest, shoulders and upper arms."""
    broad = s.dice("shoulders", 0.94, 1.10)
    p = s.p.abs() / broad
    chest = oval(p, s.q, 0.0, -2.85, 1.25, 1.52)
    return melt(chest, oval(p, s.q, 1.05, -2.32, 0.58, 0.66), 0.5)


def _light(s: Sheet) -> Tensor:
    """Light on the body: a barrel, brighter toward its side."""
    folds = 0.06 * torch.sin(s.p * 5.0 + s.q * 3.0 + 6.28 * s.dice("folds"))
    return (s.round(s.p / 2.0, (s.q + 2.6) / 2.6) + folds).clamp(0, 1)


def _shadow(s: Sheet, shape: Tensor, body: Tensor, depth: float = 0.45, soft: float = 0.08) -> None:
    """What lies over cloth or neck darkens them around it."""
    wearer = torch.minimum(body, torch.maximum(s.p.abs() - 0.30, s.q + 0.9))
    s.dim(s.cover(shape - 0.03, soft) * s.cover(wearer) * depth, s.build.shade / s.build.key)


def _ring(s: Sheet, wide: float, deep: float) -> Tensor:
    """The opening of a neckline."""
    return oval(s.p, s.q, 0.0, -1.36, wide, deep)


def _plain(s: Sheet, colour: Tensor, wide: float, deep: float, hem: float, tint: float) -> Tensor:
    """A knitted thing with a round neck. Returns its light."""
    light = _light(s)
    neck = _ring(s, wide, deep)
    body = _body(s)
    _shadow(s, both(body, -neck), body)
    s.paint(without(body, neck), s.lit(colour, light))
    s.paint(both(body, (neck - hem / 2).abs() - hem / 2), s.lit(colour * tint, light))
    return light


def _t_shirt(s: Sheet) -> None:
    _plain(s, _colour(s), 0.46, 0.34, 0.085, 0.84)


def _striped(s: Sheet) -> None:
    band = s.q * 3.6 + 0.35 * (s.p / 1.6).square()
    saw = (band - band.floor() - 0.5).abs() * 2
    edge = 3.6 * 2 / (s.build.unit * s.size)
    share = ((saw - 0.5) / edge + 0.5).clamp(0, 1)
    own = _colour(s)
    pale = torch.where(own.amin(1, keepdim=True) > 0.8, col((0.25, 0.30, 0.45), own), col(_CREAM, own))
    light = _plain(s, own, 0.46, 0.30, 0.07, 0.9)
    neck = _ring(s, 0.53, 0.37)
    s.paint(without(_body(s), neck), s.lit(pale, light), share)


def _sweater(s: Sheet) -> None:
    own = _colour(s)
    _plain(s, own, 0.30, 0.10, 0.02, 0.9)
    half = 0.37 + 0.10 * (-1.0 - s.q).clamp(min=0)
    roll = torch.maximum(s.p.abs() - half, (s.q + 1.27 + 0.10 * (1 - (s.p / 0.4).square())).abs() - 0.20)
    ribs = 1 - 0.10 * (0.5 + 0.5 * torch.sin(s.p * 42))
    s.paint(roll, s.lit(own * 0.95 * ribs, s.round(s.p / 0.55, s.q * 0)))
    fold = torch.maximum((s.q + 1.46 + 0.10 * (1 - (s.p / 0.4).square())).abs() - 0.02, s.p.abs() - half)
    s.dim(s.cover(fold, 0.04) * 0.5, s.build.shade / s.build.key * 0.9)


def _vee(s: Sheet, wide: float, foot: float) -> Tensor:
    """The opening of a collar: wide at the neck, a point at `foot`."""
    return torch.maximum(s.p.abs() - wide * ((s.q - foot) / (-1.25 - foot)).clamp(min=0), s.q + 1.0) * 0.85


def _shirt(s: Sheet) -> None:
    own, light, body = _colour(s), _light(s), _body(s)
    s.paint(without(body, _vee(s, 0.34, -1.66)), s.lit(own, light))
    s.dim(s.cover(both(s.p.abs() - 0.015, s.q + 1.66), 0.03) * 0.5, s.build.shade / s.build.key * 0.85)
    for down in (-1.92, -2.2):
        s.paint(oval(s.p, s.q, 0.06, down, 0.035, 0.035), s.lit(own * 0.5 + 0.45, light))
    for side in (-1.0, 1.0):
        p = s.p * side
        wing = torch.maximum(torch.maximum(0.16 - p - 0.62 * (s.q + 1.80), p - 0.60 - 0.35 * (s.q + 1.3)),
                             torch.maximum(s.q + 1.22 + 0.18 * (p - 0.3), -1.76 - s.q + 0.25 * (p - 0.2)))  # fmt: skip
        _shadow(s, wing, body)
        s.paint(wing * 0.9, s.lit(own * 0.80 + 0.16, s.round(s.p / 0.9, (s.q + 1.6))))


def _hoodie(s: Sheet) -> None:
    own, light, body = _colour(s), _light(s), _body(s)
    s.paint(without(body, _ring(s, 0.40, 0.26)), s.lit(own, light))
    hood = union(*(oval(s.p * side, s.q, 0.50, -1.42, 0.36, 0.26) for side in (-1.0, 1.0)))
    hood = melt(hood, oval(s.p, s.q, 0.0, -1.66, 0.55, 0.17), 0.15)
    hood = without(hood, oval(s.p, s.q, 0.0, -1.22, 0.36, 0.40))
    _shadow(s, hood, body)
    s.paint(hood, s.lit(own * 0.92, s.round(s.p / 1.0, (s.q + 1.6) * 1.6)))
    for side in (-1.0, 1.0):
        s.paint(stroke(s.p, s.q, (side * 0.20, -1.70), (side * 0.23, -2.15), 0.05), s.lit(col(_CREAM, own), light))


def _jacket(s: Sheet) -> None:
    own, light, body = _colour(s), _light(s), _body(s)
    under = col(_CREAM, own)
    s.paint(without(body, _ring(s, 0.42, 0.26)), s.lit(under, light))
    edge = s.p.abs() - 0.42 * ((s.q + 2.75) / 1.4).clamp(min=0)
    s.paint(torch.maximum(body, -edge), s.lit(own * 0.86, light))
    for side in (-1.0, 1.0):
        p = s.p * side
        inner = 0.42 * ((s.q + 2.75) / 1.4)
        lapel = torch.maximum(
            torch.maximum(inner - p, p - inner - 0.30 * smooth(-2.7, -1.9, s.q)),
            both(s.q + 1.40 + 0.25 * (p - 0.4), -2.7 - s.q),
        )
        notch = torch.maximum((s.q + 1.80 - 0.3 * (p - 0.5)).abs() - 0.02, inner + 0.12 - p)
        _shadow(s, lapel, body)
        s.paint(both(lapel, body), s.lit(own * 0.74, light))
        s.dim(s.cover(both(notch, lapel)) * 0.5, s.build.shade / s.build.key * 0.8)


def _scarf(s: Sheet) -> None:
    own = _colour(s)
    coat = own * 0.30 + torch.tensor((0.20, 0.20, 0.26), device=own.device).view(1, 3, 1, 1)
    light, body = _light(s), _body(s)
    s.paint(body, s.lit(coat, light))
    hang = box(s.p * s.build.side, s.q, 0.12, 0.46, -3.2, -1.5)
    _shadow(s, hang, body)
    s.paint(hang, s.lit(own * 0.92, light))
    sag = s.q + 1.32 + 0.16 * (1 - (s.p / 0.6).square())
    for k, (low, tint) in enumerate(((-0.16, 0.94), (0.06, 1.0))):
        roll = torch.maximum((sag - low).abs() - 0.17, s.p.abs() - 0.60 + 0.10 * k)
        roll = roll + 0.05 * smooth(0.45, 0.6, s.p.abs())
        s.paint(roll, s.lit(own * tint, s.round(s.p / 0.75, (sag - low) * 3.2)))


CLOTHES: dict[str, Callable[[Sheet], None]] = {
    "t-shirt": _t_shirt,
    "striped": _striped,
    "sweater": _sweater,
    "shirt": _shirt,
    "hoodie": _hoodie,
    "jacket": _jacket,
    "scarf": _scarf,
}

# ── on the head ───────────────────────────────────────────────────────────────


def _beanie(s: Sheet) -> None:
    b, own = s.build, _colour(s)
    u = s.u + 0.06 * b.yaw
    light = s.round(u / (b.wide * 1.2), (s.v - 0.3) / 1.1)
    dome = both(oval(u, s.v, 0.0, 0.30, b.wide + 0.15, 1.00), 0.50 - s.v)
    ribs = 1 - 0.09 * (0.5 + 0.5 * torch.sin(u / (1.7 - s.v).clamp(min=0.3) * 34))
    s.paint(dome, s.lit(own * ribs, light))
    s.paint(oval(u, s.v, 0.0, 1.36, 0.19, 0.17), s.lit(own * 0.55 + 0.42, light))
    bow = s.v - 0.42 - 0.10 * (1 - (u / b.wide).square())
    band = torch.maximum(bow.abs() - 0.16, u.abs() - b.wide - 0.18 + 0.3 * bow.square())
    s.dim(s.cover(band, 0.2) * s.cover(head(s)) * 0.5, b.shade / b.key)
    ribs = 1 - 0.14 * (0.5 + 0.5 * torch.sin(u * 36))
    s.paint(band, s.lit(own * 0.84 * ribs, light))


def _straw_hat(s: Sheet) -> None:
    b, own = s.build, _colour(s)
    u = s.u + 0.06 * b.yaw
    straw = col((0.91, 0.77, 0.48), own)
    light = s.round(u / 1.3, (s.v - 0.4) / 1.0)
    weave = 1 + 0.03 * torch.sin(s.v * 60) * torch.sin(u * 50)
    under = oval(u, s.v, 0.0, 0.52, 1.42, 0.24)
    s.dim(s.cover(oval(u, s.v, -0.06 * b.side, 0.40, 0.86, 0.30), 0.2) * s.cover(head(s)) * 0.6, b.shade / b.key)
    s.paint(under, s.lit(straw * 0.82 * weave, light))
    dome = both(oval(u, s.v, 0.0, 0.55, b.wide + 0.10, 0.78), 0.52 - s.v + 0.08 * u.square())
    s.paint(dome, s.lit(straw * weave, light))
    band = torch.maximum((s.v - 0.68 + 0.08 * (1 - u.square())).abs() - 0.085, u.abs() - b.wide - 0.095)
    s.paint(band, s.lit(own, light))
    rim = torch.maximum(under, s.v - 0.52 + 0.16 * (1 - (u / 1.42).square()))
    s.paint(rim, s.lit(straw * weave, light))


def _cap(s: Sheet) -> None:
    b, own = s.build, _colour(s)
    u = s.u + 0.02 * b.yaw
    light = s.round(u / (b.wide * 1.2), (s.v - 0.3) / 1.0)
    dome = both(oval(u, s.v, 0.0, 0.38, b.wide + 0.11, 0.80), 0.42 - s.v)
    s.paint(dome, s.lit(own, light))
    s.paint(oval(u, s.v, 0.25 * b.yaw, 1.18, 0.06, 0.04), s.lit(own * 0.7, light))
    seam = torch.maximum((u - 0.9 * b.yaw * (1.2 - s.v)).abs() - 0.012, dome)
    s.dim(s.cover(seam) * 0.4, b.shade / b.key)
    lean = 0.75 * b.yaw
    peak = both(oval(u, s.v, lean, 0.42, b.wide * 0.98, 0.26), 0.30 - s.v + 0.18 * ((u - lean) / b.wide).square() * 0)
    s.dim(s.cover(oval(u, s.v, lean, 0.28, b.wide * 0.9, 0.24), 0.16) * s.cover(head(s)) * 0.6, b.shade / b.key)
    s.paint(peak, s.lit(own * 0.72, light))


HATS: dict[str, Callable[[Sheet], None]] = {"beanie": _beanie, "straw hat": _straw_hat, "cap": _cap}


def paint_glasses(s: Sheet) -> None:
    b = s.build
    square = s.number([float(p.glasses == "square") for p in s.people])
    tone = s.lit(s.one_of(_FRAMES, "frame"), 0.3 + 0.7 * s.round(s.u / b.wide, torch.full_like(s.v, 0.2)))
    middles = []
    for side in (-1.0, 1.0):
        middle, narrow = s.turned(side * EYE)
        middles.append(middle)
        e, f = (s.u - middle) / narrow, s.v - EYE_UP - 0.005
        beyond = (e.abs() - 0.185).clamp(min=0).square() + (f.abs() - 0.12).clamp(min=0).square()
        slab = (beyond + 1e-6).sqrt() - 0.105
        lens = torch.lerp(oval(e, f, 0.0, 0.0, 0.285, 0.255), slab, square)
        glint = torch.maximum(lens, (e - 0.55 * f - 0.10 * b.side).abs() - 0.045)
        s.paint(glint, b.key.clamp(max=1), 0.16)
        s.paint(lens.abs() - 0.019, tone)
        out = s.u * side
        temple = box(out, s.v, 0.0, 2.0, EYE_UP + 0.03, EYE_UP + 0.075)
        ends = torch.maximum(middle * side + 0.27 * narrow - out, out - b.wide + 0.10 * b.yaw * side)
        s.paint(torch.maximum(temple, ends), tone)
    left, right = middles
    arch = s.v - EYE_UP - 0.055 + 0.5 * (s.u - (left + right) / 2).square()
    s.paint(torch.maximum(arch.abs() - 0.02, torch.maximum(left + 0.25 - s.u, s.u - right + 0.25)), tone)
