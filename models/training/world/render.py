"""Scenes to pictures, sketches and depth maps: batched, anti-aliased, on any device, the same for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.reader.scene import IN_THE_SKY, KINDS, TERRAINS, Scene, Thing
from models.training.world.light import Dice, Light, light_of
from models.training.world.paint import Canvas, disc
from models.training.world.sky import paint_sky
from models.training.world.terrain import PAINTERS
from models.training.world.things import COLOUR_VALUES, DRAW, FAR, HEIGHTS, Brush, paint_islet
from models.training.world.weather import paint_fog, paint_weather

SIZES = (32, 512)
_PLACES = {"left": (0.19, 0.27), "centre": (0.46, 0.54), "right": (0.73, 0.81)}
_HAZE = {"clear": (0.02, 0.10), "cloudy": (0.02, 0.12), "fog": (0.12, 0.40), "rain": (0.08, 0.22), "snow": (0.08, 0.22)}


@dataclass(frozen=True)
class Rendered:
    """All 0..1: `picture` (B, 3, S, S); `sketch` (B, 1, S, S), dark on white; `depth` (B, 1, S, S), 0 near to 1 far."""

    picture: Tensor
    sketch: Tensor
    depth: Tensor


@torch.inference_mode()
def render(scenes: Sequence[Scene], size: int, device: torch.device | str = "cpu") -> Rendered:
    """Draw scenes at size × size. Raises ValueError outside 32 to 512."""
    dice = Dice(list(scenes), device)
    return paint(dice, light_of(dice.scenes, dice), size)


def paint(dice: Dice, light: Light, size: int) -> Rendered:
    """Draw the scenes that these dice and this light are of."""
    if not SIZES[0] <= size <= SIZES[1]:
        raise ValueError(f"a scene is drawn at {SIZES[0]} to {SIZES[1]} pixels, not {size}")
    scenes = list(dice.scenes)
    canvas = Canvas(len(scenes), size, dice.device)
    paint_sky(canvas, light, dice)
    for terrain in TERRAINS:
        rows = [i for i, s in enumerate(scenes) if s.terrain == terrain]
        if rows:
            index = torch.tensor(rows, device=canvas.rgb.device)
            part = canvas.part(index)
            PAINTERS[terrain](part, light.part(index), dice.part(rows), [scenes[i] for i in rows])
            canvas.put_back(index, part)
    for distance in ("far", "near"):
        for slot in range(3):
            for kind in KINDS:
                chosen = [
                    (i, s.things[slot])
                    for i, s in enumerate(scenes)
                    if slot < len(s.things) and (s.things[slot].kind, s.things[slot].distance) == (kind, distance)
                ]
                if chosen:
                    _paint_things(canvas, light, dice, scenes, chosen, slot)
        if distance == "far":
            paint_fog(canvas, light, dice, scenes)
    paint_weather(canvas, light, dice, scenes)
    return Rendered(canvas.rgb.clamp(0, 1), 1 - canvas.line.clamp(0, 1), canvas.depth.clamp(0, 1))


def _paint_things(
    canvas: Canvas, light: Light, dice: Dice, scenes: list[Scene], chosen: list[tuple[int, Thing]], slot: int
) -> None:
    rows, things = [i for i, _ in chosen], [t for _, t in chosen]
    here = [scenes[i] for i in rows]
    index = torch.tensor(rows, device=canvas.rgb.device)
    part, lit, roll = canvas.part(index), light.part(index), dice.part(rows)

    def number(values: list[float]) -> Tensor:
        return torch.tensor(values, device=index.device).view(-1, 1, 1, 1)

    kind, near = things[0].kind, things[0].distance == "near"
    low = number([_PLACES[t.place][0] for t in things])
    x = low + number([_PLACES[t.place][1] - _PLACES[t.place][0] for t in things]) * roll(f"thing x {slot}")
    scale = HEIGHTS[kind] * (1.0 if near else FAR) * roll(f"thing size {slot}", 0.92, 1.08)
    lift = roll(f"thing y {slot}")
    if kind in IN_THE_SKY:
        foot = (0.50 + 0.10 * lift if kind == "balloon" else 0.34 + 0.16 * lift) - (0.0 if near else 0.08)
    else:
        foot = (0.80 + 0.09 * lift) if near else (lit.horizon + 0.105 + 0.03 * lift)
    u, v = (part.x - x) / scale, (foot - part.y) / scale
    haze = number([_HAZE[s.weather][0 if near else 1] for s in here])
    depth = 0.2 + 0.0 * scale if near else 0.6 + 0.0 * scale
    brush = Brush(
        part,
        lit,
        u,
        v,
        scale,
        torch.tensor([COLOUR_VALUES[t.colour] for t in things], device=index.device).view(-1, 3, 1, 1),
        haze,
        depth,
        roll(f"thing turn {slot}", 0.1, 1.45),
    )
    if here and kind not in IN_THE_SKY:
        at_sea = number([float(s.terrain == "sea") for s in here])
        _ground_it(brush, at_sea, kind)
    DRAW[kind](brush)
    canvas.put_back(index, part)


def _ground_it(b: Brush, at_sea: Tensor, kind: str) -> None:
    """What ties a thing to where it stands: its reflection in the sea, its islet, its shadow on land."""
    wide = {"bridge": 1.5, "tent": 0.8, "house": 0.85, "castle": 0.75}.get(kind, 0.5)
    shadow = disc(b.u, b.v, 0.10 * torch.sign(0.5 - b.light.sun_x), -0.005, wide * 0.95, 0.055) * b.scale
    b.canvas.paint(shadow, b.canvas.rgb * 0.62, None, alpha=(1 - at_sea) * 0.75)
    if not at_sea.any():
        return
    ripple = 0.02 * torch.sin(b.v * 38) * (b.v < 0)
    fade = (1 + b.v / 1.1).clamp(0, 1) * (b.v < 0.0) * 0.42 * at_sea
    low = 0.0 if kind == "sailboat" else -0.07
    mirror = Brush(
        b.canvas, b.light, b.u + ripple, 2 * low - b.v, b.scale, b.colour * 0.8, b.haze, b.depth, b.turn, mirrored=fade
    )
    DRAW[kind](mirror)
    if kind not in ("sailboat", "bridge"):
        keep = b.canvas.rgb, b.canvas.line, b.canvas.depth
        paint_islet(b.canvas, b.light, b.u, b.v, b.scale, torch.full_like(b.scale, wide * 1.25), b.haze, b.depth)
        b.canvas.rgb, b.canvas.line, b.canvas.depth = (
            old + at_sea * (new - old)
            for old, new in zip(keep, (b.canvas.rgb, b.canvas.line, b.canvas.depth), strict=True)
        )
