"""The six terrains, each from far to near: skylines with haze between them, and the ground that things stand on."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models.reader.scene import Scene
from models.training.world.light import Dice, Light
from models.training.world.noise import chance, fractal, peaks, ridge
from models.training.world.paint import Canvas, col, smooth

RGB = tuple[float, float, float]
_GRASS: dict[str, RGB] = {
    "spring": (0.47, 0.72, 0.32),
    "summer": (0.30, 0.56, 0.24),
    "autumn": (0.72, 0.56, 0.26),
    "winter": (0.90, 0.93, 0.97),
}
_LEAVES: dict[str, tuple[RGB, RGB]] = {
    "spring": ((0.50, 0.74, 0.36), (0.93, 0.70, 0.78)),
    "summer": ((0.16, 0.42, 0.20), (0.24, 0.50, 0.22)),
    "autumn": ((0.82, 0.42, 0.14), (0.90, 0.66, 0.20)),
    "winter": ((0.74, 0.80, 0.88), (0.90, 0.93, 0.97)),
}


def season_colour(scenes: list[Scene], table: dict[str, RGB], like: Tensor) -> Tensor:
    return torch.tensor([table[s.season] for s in scenes], device=like.device).view(-1, 3, 1, 1)


def hill(canvas: Canvas, top: Tensor, colour: Tensor, depth: float, outline: bool = True) -> Tensor:
    """Paint all that lies under a skyline `top` (B, 1, 1, W); returns the distance below it."""
    slope = torch.gradient(top, dim=3)[0] / canvas.pixel
    distance = (top - canvas.y) / (1 + slope * slope).sqrt()
    canvas.paint(distance, colour, depth, outline=outline)
    return canvas.y - top


def skyline(
    canvas: Canvas, dice: Dice, name: str, base: Tensor, height: float, roughness: float, scale: float
) -> Tensor:
    return base - height * ridge(canvas.x[:, :, :1], dice.several(name, 6), roughness, scale)


def paint_ground(
    canvas: Canvas,
    light: Light,
    dice: Dice,
    scenes: list[Scene],
    top: Tensor,
    tint: Tensor,
    depth: float,
    texture: float = 0.22,
) -> None:
    """A near ground: lighter at its far edge, with grain that grows toward the eye."""
    below = (canvas.y - top).clamp(min=0)
    stretch = 0.35 / (0.06 + below)
    grain = fractal(canvas.x * stretch * 0.35 + dice("grain x"), below * 3.0 * stretch.clamp(max=2.5) + dice("grain y"))
    shade = 1.06 - 0.42 * below + texture * (grain - 0.5) * smooth(0.0, 0.15, below)
    haze = (0.28 * (1 - below / 0.22)).clamp(min=0.0)
    hill(canvas, top, light.lit((tint * shade).clamp(0, 1), haze), depth)


def _sea(canvas: Canvas, light: Light, dice: Dice, scenes: list[Scene]) -> None:
    shore = skyline(canvas, dice, "far shore", light.horizon + 0.012, 0.035, 0.55, 0.7)
    hill(canvas, torch.minimum(shore, light.horizon + 0.002), light.lit(col((0.30, 0.36, 0.48), canvas.rgb), 0.62), 0.9)
    below = (canvas.y - light.horizon).clamp(min=0)
    distance = light.horizon - canvas.y
    mirror = (below / (1 - light.horizon)).clamp(0, 1)
    water = light.foot + smooth(0.0, 0.55, mirror) * (light.middle - light.foot)
    water = water + smooth(0.4, 1.0, mirror) * (light.top - water)
    deep = col((0.10, 0.30, 0.42), canvas.rgb) * light.ground
    water = water * 0.68 + deep * 0.30
    far = 0.045 / (below + 0.03)
    waves = fractal(canvas.x * far * 0.5 + dice("wave x"), far * 2.6 + dice("wave y"))
    water = water * (1 + 0.5 * (waves - 0.5) * smooth(0.0, 0.06, below))
    canvas.paint(distance, water.clamp(0, 1), 0.85 - 0.7 * mirror)
    # the sun's road on the water: short bright strokes, wider toward the eye
    strokes = fractal(canvas.x * 0.35 + dice("road x"), below * 3.6 / (0.25 + below) + dice("road y"))
    road = (1 - (canvas.x - light.sun_x).abs() / (0.045 + 0.30 * below)).clamp(0, 1)
    low = 0.35 + 0.65 * smooth(0.2, 0.45, light.sun_y)
    canvas.veil(smooth(0.50, 0.60, strokes) * road * low * light.sun_seen * (below > 0) * 0.8, light.sun)


def _mountains(canvas: Canvas, light: Light, dice: Dice, scenes: list[Scene]) -> None:
    rock = col((0.44, 0.41, 0.47), canvas.rgb)
    winter = torch.tensor([float(s.season == "winter") for s in scenes], device=rock.device).view(-1, 1, 1, 1)
    for layer, (base, height, far, wide) in enumerate(((0.05, 0.40, 0.55, 1.5), (0.06, 0.25, 0.26, 2.2))):
        rise = height * peaks(canvas.x[:, :, :1], dice.several(f"peaks {layer}", 5), wide)
        top = light.horizon + base - rise
        below = canvas.y - top
        wander = fractal(canvas.x * 0.5 + dice(f"rock {layer}"), canvas.y * 0.35)
        lean = torch.gradient(top, dim=3)[0] / canvas.pixel * torch.sign(light.sun_x - 0.5)
        lit = smooth(-0.45, 0.45, lean + 2.4 * (wander - 0.5))
        snow_line = (0.34 + 0.22 * winter) * rise + 0.10 * (wander - 0.5) - 0.045
        snow = 1 - smooth(-0.008, 0.008, below - snow_line)
        stone = rock * (0.72 + 0.42 * lit) * (0.9 + 0.3 * (wander - 0.5))
        stone = stone + snow * (col((0.97, 0.98, 1.0), rock) * (0.78 + 0.24 * lit) - stone)
        hill(canvas, top, light.lit(stone.clamp(0, 1), far), 0.85 - 0.12 * layer)
    top = skyline(canvas, dice, "foot hills", light.horizon + 0.045, 0.022, 0.5, 0.8)
    paint_ground(canvas, light, dice, scenes, top, season_colour(scenes, _GRASS, rock) * 0.92, 0.45)


def _treeline(
    canvas: Canvas,
    light: Light,
    dice: Dice,
    scenes: list[Scene],
    name: str,
    base: Tensor,
    height: float,
    count: float,
    far: float,
    depth: float,
) -> None:
    """A row of trees as one skyline: pointed firs and round crowns by chance, two rows half a tree apart."""
    first, second = (
        torch.tensor([_LEAVES[s.season][k] for s in scenes], device=base.device).view(-1, 3, 1, 1) for k in (0, 1)
    )
    line = canvas.x[:, :, :1]
    for row in (0, 1):
        place = line * count + 0.5 * row + dice(f"{name} {row}")
        cell = place.floor()
        inside = place - cell
        grown = 0.62 + 0.38 * chance(cell, dice.salt() + 31 * row + len(name))
        firs = (1 - (2 * inside - 1).abs()) * 1.15
        crowns = (1 - (2 * inside - 1) ** 2).clamp(min=0) ** 0.5
        shape = torch.where(chance(cell, dice.salt() + 5) > dice("firs", 0.15, 0.85), crowns, firs)
        top = base - height * grown * (0.25 + 0.75 * shape) + 0.012 * row
        mix = chance((canvas.x * count + 0.5 * row + dice(f"{name} {row}")).floor(), dice.salt() + 3)
        leaf = first + (mix > 0.62).float() * (second - first)
        round_light = 0.80 + 0.35 * shape * (1 - ((canvas.y - top) / height).clamp(0, 1))
        hill(canvas, top, light.lit((leaf * (0.86 + 0.14 * row) * round_light).clamp(0, 1), far - 0.08 * row), depth)


def _forest(canvas: Canvas, light: Light, dice: Dice, scenes: list[Scene]) -> None:
    back = skyline(canvas, dice, "wooded hill", light.horizon - 0.02, 0.05, 0.5, 0.7)
    _treeline(canvas, light, dice, scenes, "back", back, 0.10, 17.0, 0.60, 0.85)
    _treeline(canvas, light, dice, scenes, "wood", light.horizon + 0.04, 0.20, 10.0, 0.34, 0.7)
    _treeline(canvas, light, dice, scenes, "edge", light.horizon + 0.09, 0.15, 8.0, 0.14, 0.6)
    top = skyline(canvas, dice, "glade", light.horizon + 0.06, 0.015, 0.5, 0.8)
    paint_ground(canvas, light, dice, scenes, top, season_colour(scenes, _GRASS, top) * 0.86, 0.45, 0.30)


def _desert(canvas: Canvas, light: Light, dice: Dice, scenes: list[Scene]) -> None:
    sand, rock = col((0.93, 0.73, 0.45), canvas.rgb), col((0.72, 0.42, 0.32), canvas.rgb)
    line = canvas.x[:, :, :1]
    mesa = ridge(line, dice.several("mesa", 4), 0.6, 0.7)
    top = light.horizon + 0.03 - 0.11 * smooth(0.05, 0.16, mesa) - 0.05 * smooth(0.5, 0.6, mesa)
    bands = 0.92 + 0.10 * torch.sin((canvas.y - light.horizon) * 95 + 3 * fractal(canvas.x * 0.3, canvas.y * 0.3))
    hill(canvas, top, light.lit(rock * bands, 0.42), 0.85)
    for layer, (base, height, far) in enumerate(((0.035, 0.035, 0.26), (0.13, 0.05, 0.12), (0.27, 0.06, 0.0))):
        top = skyline(canvas, dice, f"dune {layer}", light.horizon + base, height, 0.30, 0.55 + 0.15 * layer)
        below = (canvas.y - top).clamp(min=0)
        lee = smooth(-0.25, 0.25, torch.sin(6.2832 * (canvas.x * 1.1 + below * 1.6 + dice(f"lee {layer}"))))
        ripple = torch.sin(150 * below / (0.25 + below) + 10 * fractal(canvas.x * 0.25 + layer, canvas.y * 0.5))
        shade = 0.84 + 0.18 * lee + 0.025 * ripple * smooth(0.02, 0.2, below)
        hill(canvas, top, light.lit((sand * shade).clamp(0, 1), far), 0.7 - 0.15 * layer)


def _meadow(canvas: Canvas, light: Light, dice: Dice, scenes: list[Scene]) -> None:
    grass = season_colour(scenes, _GRASS, canvas.rgb)
    for layer, (base, height, far) in enumerate(((0.0, 0.06, 0.55), (0.025, 0.04, 0.32))):
        top = skyline(canvas, dice, f"hills {layer}", light.horizon + base, height, 0.42, 0.6 + 0.25 * layer)
        band = 0.94 + 0.10 * smooth(
            -0.2, 0.2, torch.sin(40 * (canvas.y - top) + 9 * canvas.x + 6 * dice(f"field {layer}"))
        )
        hill(canvas, top, light.lit((grass * band * (0.92 - 0.06 * layer)).clamp(0, 1), far), 0.85 - 0.12 * layer)
    top = skyline(canvas, dice, "meadow", light.horizon + 0.06, 0.02, 0.4, 0.6)
    paint_ground(canvas, light, dice, scenes, top, grass, 0.45, 0.26)
    _flowers(canvas, light, dice, scenes, top)


def _flowers(canvas: Canvas, light: Light, dice: Dice, scenes: list[Scene], top: Tensor) -> None:
    blooming = torch.tensor(
        [{"spring": 1.0, "summer": 0.7}.get(s.season, 0.0) for s in scenes], device=top.device
    ).view(-1, 1, 1, 1)
    below = (canvas.y - top).clamp(min=1e-4)
    rows = (below * 26 / (0.12 + below)) * 1.6
    j = rows.floor()
    reach = 34.0 - 1.3 * j
    place = canvas.x * reach + 0.37 * j
    i = place.floor()
    du = (place - i - 0.25 - 0.5 * chance(i, j, dice.salt())) / reach
    dv = (rows - j - 0.5) / 1.6 * (0.12 + below) ** 2 / (0.12 * 26)
    size = 0.004 + 0.012 * below
    spot = (1.2 - (du * du + dv * dv + 1e-9).sqrt() / size).clamp(0, 1) * (chance(i, j, dice.salt() + 1) > 0.62)
    tint = chance(i, j, dice.salt() + 2)
    petal = torch.cat([0.90 + 0.1 * tint, 0.72 + 0.25 * (tint > 0.5), 0.45 + 0.5 * tint], 1)
    canvas.veil(spot * blooming * smooth(0.01, 0.05, below) * 0.85, petal.clamp(0, 1) * light.ground)


def _town(canvas: Canvas, light: Light, dice: Dice, scenes: list[Scene]) -> None:
    back = skyline(canvas, dice, "behind the town", light.horizon - 0.03, 0.05, 0.45, 0.6)
    hill(canvas, back, light.lit(season_colour(scenes, _GRASS, back) * 0.85, 0.58), 0.88)
    for row, (count, height, far, depth) in enumerate(((9.0, 0.17, 0.42, 0.75), (6.5, 0.15, 0.16, 0.65))):
        _houses(
            canvas, light, dice, scenes, f"row {row}", light.horizon + 0.035 + 0.03 * row, count, height, far, depth
        )
    top = light.horizon + 0.065 + 0 * canvas.x[:, :, :1]
    winter = torch.tensor([float(s.season == "winter") for s in scenes], device=top.device).view(-1, 1, 1, 1)
    paving = col((0.70, 0.64, 0.58), top)
    paint_ground(
        canvas, light, dice, scenes, top, paving + winter * (col((0.90, 0.92, 0.96), top) - paving), 0.45, 0.12
    )
    below = (canvas.y - top).clamp(min=1e-4)
    joints = torch.minimum((torch.sin(9 / (0.09 + below)) + 1), (torch.sin((canvas.x - 0.5) * 7 / (0.15 + below)) + 1))
    canvas.veil((1 - smooth(0.0, 0.10, joints)) * 0.16 * (canvas.y > top) * (1 - 0.7 * winter), light.ground * 0.35)


def _houses(
    canvas: Canvas,
    light: Light,
    dice: Dice,
    scenes: list[Scene],
    name: str,
    foot: Tensor,
    count: float,
    height: float,
    far: float,
    depth: float,
) -> None:
    """A closed row of gabled houses, one to a cell of the x axis, with windows that are lit by night."""
    salt = dice.salt() + 17 * len(name) + ord(name[-1])
    shift = dice(name)
    place = canvas.x * count + shift
    cell = place.floor()
    inside = place - cell
    tall = foot - height * (0.45 + 0.40 * chance(cell, salt))
    gable = 0.75 / count * (1 - (2 * inside - 1).abs()) * (0.7 + 0.5 * chance(cell, salt + 1))
    hue = chance(cell, salt + 2)
    wall = torch.cat([0.86 - 0.10 * hue, 0.76 - 0.14 * (hue - 0.5).abs(), 0.62 + 0.16 * hue], 1)
    snowy = torch.tensor([float(s.season == "winter") for s in scenes], device=hue.device).view(-1, 1, 1, 1)
    roof = torch.cat([0.52 + 0.16 * hue, 0.34 + 0 * hue, 0.30 + 0 * hue], 1)
    roof = roof + snowy * (col((0.92, 0.94, 0.98), roof) - roof)
    edge = (inside - 0.5).abs() * 2
    canvas.paint(torch.maximum(tall - gable - canvas.y, canvas.y - foot), light.lit(roof, far), depth)
    shade = 0.94 + 0.08 * (inside < 0.5) - 0.12 * smooth(0.93, 0.99, edge)
    canvas.paint(
        torch.maximum(tall - canvas.y, canvas.y - foot),
        light.lit((wall * shade).clamp(0, 1), far),
        depth,
        outline=False,
    )
    across, down = inside * 3, (canvas.y - tall) * count * 2.2
    i, j = across.floor(), down.floor()
    pane = torch.maximum((across - i - 0.5).abs() - 0.22, (down - j - 0.5).abs() - 0.27)
    pane = (0.5 - pane / (3 * count * canvas.pixel)).clamp(0, 1) * (canvas.y > tall + 0.006) * (canvas.y < foot - 0.016)
    burning = light.night * (chance(cell, i, j, salt) > 0.4)
    canvas.veil(
        pane * 0.75,
        light.lit(col((0.30, 0.34, 0.42), wall), far) * (1 - burning) + burning * col((1.0, 0.83, 0.45), wall),
    )


PAINTERS: dict[str, Callable[[Canvas, Light, Dice, list[Scene]], None]] = {
    "sea": _sea,
    "mountains": _mountains,
    "forest": _forest,
    "desert": _desert,
    "meadow": _meadow,
    "town": _town,
}
