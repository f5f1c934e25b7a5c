"""A face: head, ears and neck in the light, eyes and brows, nose, mouth, and a beard where there is one."""

from __future__ import annotations

import torch
from torch import Tensor

from models.training.world.paint import both, col, smooth
from models.training.world.sitting import Sheet, melt, oval

_IRIS = {
    "brown": (0.36, 0.20, 0.10),
    "hazel": (0.58, 0.42, 0.16),
    "green": (0.25, 0.55, 0.32),
    "blue": (0.22, 0.47, 0.80),
    "grey": (0.48, 0.56, 0.62),
}
# how far the corners of the mouth rise, how far it opens, how wide it is, how the inner ends of the brows rise, how far
# both brows rise, how far the eyes open above and below
_MIMICS = {
    "smiling": (0.085, 0.075, 1.12, 0.00, 0.02, 0.92, 0.80),
    "calm": (0.012, 0.0, 0.92, 0.00, 0.00, 1.00, 1.00),
    "sad": (-0.065, 0.0, 0.85, 0.11, 0.03, 0.86, 1.00),
    "surprised": (0.0, 0.115, 0.58, 0.02, 0.14, 1.24, 1.12),
}
EYE, EYE_UP = 0.335, -0.04  # where an eye is, on a face seen from the front
_LASH = (0.16, 0.10, 0.10)


def head(s: Sheet) -> Tensor:
    """Distance to the head without ears and hair: a skull, and a jaw that swings a little further when it turns."""
    b = s.build
    skull = oval(s.u, s.v, -0.06 * b.yaw, 0.22, b.wide, 0.78)
    return melt(skull, oval(s.u, s.v, 0.20 * b.yaw, -0.33, b.wide * b.jaw, 0.67), 0.22)


def light_on(s: Sheet) -> Tensor:
    return s.round((s.u - 0.12 * s.build.yaw) / (s.build.wide * 1.12), (s.v - 0.02) / 1.25)


def paint_neck(s: Sheet) -> None:
    b = s.build
    half = 0.31 * s.dice("neck", 0.92, 1.12)
    slope = (-1.25 - s.q).clamp(min=0)
    neck = both(s.p.abs() - half - 0.8 * slope * slope, s.q + 0.5)
    light = s.round(s.p / (half * 1.35), (s.q + 1.2) * 0.3)
    s.paint(neck, s.lit(b.skin * 0.96, light))
    under = oval(s.u, s.v, 0.20 * b.yaw - 0.07 * b.side, -0.52, b.wide * b.jaw, 0.72)
    s.dim(s.cover(both(under, neck), 0.07), (b.shade / b.key) * 0.92)


def paint_head(s: Sheet) -> None:
    b = s.build
    light = light_on(s)
    for side in (-1.0, 1.0):
        # The ear on the side that the face turns to goes behind it.
        away = side * b.wide - 0.16 * b.yaw
        ear = oval(s.u, s.v, away, -0.04, 0.125, 0.215)
        s.paint(ear, s.lit(b.skin * 0.97, light * 0.85))
        s.paint(oval(s.u, s.v, away + side * 0.02, -0.04, 0.06, 0.13), s.lit(b.skin * 0.80, light * 0.6), soft=0.05)
    inside = s.paint(head(s), s.lit(b.skin, light))
    red = b.skin * col((1.0, 0.66, 0.62), s.u)
    for u in (-0.40, 0.40):
        place, narrow = s.turned(u)
        cheek = oval(s.u, s.v, place, -0.38, 0.20 * narrow + 0.04, 0.15)
        s.veil((0.5 - cheek / 0.2).clamp(0, 1) * inside * s.dice("blush", 0.25, 0.55), s.lit(red, light))


def paint_features(s: Sheet) -> None:
    """Eyes, brows, nose and mouth."""
    mimic = [s.number([_MIMICS[p.expression][k] for p in s.people]) for k in range(7)]
    _nose(s.window(0.40, 0.70, 0.30, 0.70))
    _mouth(s.window(0.55, 0.80, 0.28, 0.72), *mimic[:3])
    eyes = s.window(0.30, 0.62, 0.22, 0.78)
    for side in (-1.0, 1.0):
        _eye(eyes, side, mimic[5], mimic[6])
        _brow(eyes, side, mimic[3], mimic[4])


def _eye(s: Sheet, side: float, above: Tensor, below: Tensor) -> None:
    b = s.build
    middle, narrow = s.turned(side * EYE)
    half = 0.185 * s.dice("eye", 0.94, 1.08)
    e, f = (s.u - middle) / narrow, s.v - EYE_UP - 0.25 * s.dice("slant", -0.10, 0.22) * side * (s.u - middle)
    t = e / half
    bow = 1 - t * t
    high, low = 0.150 * above * s.dice("open", 0.88, 1.08), 0.085 * below
    upper, lower = high * bow, -low * bow
    steep = (1 + (2 * high * t / half).square()).sqrt()
    white = torch.maximum(f - upper, lower - f) / steep
    socket = oval(e, f, 0.0, 0.03, half * 1.35, 0.24)
    s.dim((0.5 - socket / 0.16).clamp(0, 1) * 0.35, b.shade / b.key)
    shaded = 1 - 0.28 * smooth(-0.02, 0.13, f - upper + 0.12)
    share = smooth(-1.1, 0.6, t * b.side)
    s.paint(white, s.lit(col((0.98, 0.97, 0.96), s.u) * shaded, 0.35 + 0.65 * share))
    look = s.number([{"left": -0.066, "ahead": 0.0, "right": 0.066}[p.gaze] for p in s.people]) + 0.05 * b.yaw
    iris = s.colours([_IRIS[p.eyes] for p in s.people])
    i, j = e - look, f - 0.012
    away = (i * i + j * j + 1e-6).sqrt()
    ball = torch.maximum(away - 0.112, white)
    tone = iris * (1.12 - 0.55 * smooth(0.03, 0.11, j) - 0.35 * smooth(0.085, 0.112, away))
    s.paint(ball, s.lit(tone, 0.55 + 0.45 * share))
    s.paint(torch.maximum(away - 0.054, white), col((0.06, 0.05, 0.07), s.u))
    s.paint(torch.maximum(oval(i, j, 0.042 * b.side, 0.046, 0.032, 0.032), white), col((1.0, 1.0, 1.0), s.u), 0.95)
    thick = 0.022 + 0.016 * s.dice("lashes") + 0.012 * (t * side).clamp(-1, 1)
    lid = torch.maximum((f - upper).abs() / steep - thick, (t.abs() - 1.06) * half)
    s.paint(lid, s.lit(col(_LASH, s.u), share))
    crease = torch.maximum((f - upper * 1.15 - 0.065).abs() / steep - 0.010, (t.abs() - 0.85) * half)
    s.dim(s.cover(crease) * 0.35, b.shade / b.key * 0.8)
    under = torch.maximum((f - lower).abs() / steep - 0.008, (t.abs() - 0.9) * half)
    s.dim(s.cover(under) * 0.4, 0.5)


def _brow(s: Sheet, side: float, inner: Tensor, rise: Tensor) -> None:
    b = s.build
    middle, narrow = s.turned(side * 0.345)
    half = 0.215
    t = (s.u - middle) / narrow / half * side  # 1 at the temple
    arch = s.dice("arch", 0.02, 0.075)
    line = 0.215 + rise + arch * (1 - t * t) - inner * t - 0.02 * t
    thick = s.dice("brow", 0.026, 0.046) * (1.0 - 0.30 * t)
    distance = torch.maximum((s.v - line).abs() - thick, (t.abs() - 1) * half)
    tone = torch.minimum(b.hair * 0.72, b.skin * 0.60)
    s.paint(distance, s.lit(tone, 0.6 + 0.4 * smooth(-1, 1, t * side * b.side)), 0.92)


def _nose(w: Sheet) -> None:
    b = w.build
    tip = b.wide * torch.sin(b.yaw) * 1.12
    size = w.dice("nose", 0.88, 1.15)
    # The ridge leans from between the eyes to the tip; its shaded side is all that shows of it.
    down = ((0.10 - w.v) / 0.46).clamp(0, 1)
    middle = b.wide * torch.sin(b.yaw) * 0.86 + (tip - b.wide * torch.sin(b.yaw) * 0.86) * down
    off = (w.u - middle) * b.side
    half = 0.045 + 0.075 * down * size
    shade = smooth(-1.0, -0.25, off / half) * (1 - smooth(-0.35, 0.15, off / half))
    fade = smooth(-0.44, -0.36, w.v) * (1 - smooth(0.0, 0.14, w.v))
    w.dim(shade * fade * 0.42, b.shade / b.key * 0.97)
    ball = oval(w.u, w.v, tip, -0.375, 0.105 * size, 0.085 * size)
    under = oval(w.u, w.v, tip, -0.330, 0.125 * size, 0.10 * size)
    w.dim(w.cover(both(ball, -under), 0.045) * 0.85, b.shade / b.key * 0.86)
    spot = oval(w.u, w.v, tip + 0.02 * b.side, -0.325, 0.038, 0.03)
    w.veil((0.5 - spot / 0.05).clamp(0, 1) * 0.40, b.key.clamp(max=1.0))
    for side in (-1.0, 1.0):
        hole = oval(w.u, w.v, tip + side * 0.058 * size, -0.435, 0.028 * size, 0.017)
        w.dim(w.cover(hole, 0.03) * 0.75, b.skin * 0.30 + 0.25)


def _mouth(w: Sheet, rise: Tensor, gape: Tensor, width: Tensor) -> None:
    b = w.build
    middle, narrow = w.turned(0.0)
    middle = middle + 0.05 * b.yaw
    half = 0.235 * width * w.dice("mouth", 0.92, 1.08)
    t = (w.u - middle) / narrow / half
    bow = 1 - t * t
    line = -0.655 + rise * (t * t - 0.4)
    f = w.v - line
    full = w.dice("lips", 0.75, 1.35)
    dip = 0.014 * (1 - (t / 0.35).square()).clamp(min=0)
    top = gape * 0.55 * bow + 0.048 * full * bow - dip
    foot = -gape * bow - 0.062 * full * bow
    steep = (1 + (2 * (gape + 0.05) * t / half).square() + (2 * rise * t / half).square()).sqrt()
    lips = torch.maximum(f - top, foot - f) / steep
    red = b.skin * 0.55 + col((0.78, 0.34, 0.34), w.u) * 0.40 * (0.5 + 0.5 * b.skin.mean(1, keepdim=True))
    below = smooth(-0.02, 0.02, f)
    light = light_on(w)
    w.paint(lips, w.lit(red * (1.0 - 0.16 * below), light))
    inner_top, inner_foot = gape * 0.55 * bow, -gape * bow
    inside = torch.maximum(f - inner_top - 0.008, inner_foot - 0.008 - f) / steep
    inside = torch.maximum(inside, (t.abs() - 0.97) * half)
    w.paint(inside, w.lit(col((0.30, 0.10, 0.11), w.u), light))
    teeth = torch.maximum(inside + 0.006, inner_top - 0.075 - f)
    w.paint(teeth, w.lit(col((0.97, 0.96, 0.93), w.u), 0.3 + 0.7 * light), (gape > 0.02).float() * (gape < 0.1).float())
    corner = oval(t.abs(), f, 1.0, rise * 0.1, 0.10, 0.03)
    w.dim(w.cover(corner * half, 0.05) * 0.5, b.shade / b.key * 0.8)
    chin = oval(w.u, w.v, middle, line - 0.17 - gape, 0.16, 0.035)
    w.dim((0.5 - chin / 0.06).clamp(0, 1) * 0.30, b.shade / b.key)


def paint_beard(s: Sheet) -> None:
    """Before the mouth is painted: stubble, a moustache, or a full beard along the jaw."""
    b = s.build
    kinds = [p.beard for p in s.people]
    middle, narrow = s.turned(0.0)
    full = s.number([float(k == "full") for k in kinds])
    stubble = s.number([float(k == "stubble") for k in kinds])
    lip = s.number([float(k in ("moustache", "full")) for k in kinds])
    jaw = oval(s.u, s.v, 0.20 * b.yaw, -0.40, b.wide * b.jaw * 1.04, 0.70)
    cheeks = oval(s.u, s.v, middle * 0.8, -0.02, b.wide * 0.86, 0.46)
    beard = torch.maximum(torch.maximum(jaw, -cheeks), s.v + 0.02)
    light = light_on(s)
    s.paint(both(beard, head(s) - 0.03), s.lit(b.skin * 0.55 + b.hair * 0.25, light), stubble * 0.45, soft=0.12)
    s.paint(beard, s.lit(b.hair * 0.94, light), full, soft=0.035)
    t = (s.u - middle - 0.05 * b.yaw) / narrow / 0.30
    arc = -0.535 - 0.085 * t * t
    hair = torch.maximum((s.v - arc).abs() - 0.055 * (1.15 - t * t * 0.8), (t.abs() - 1) * 0.30)
    s.paint(hair, s.lit(b.hair * 0.86, light), lip, soft=0.025)
