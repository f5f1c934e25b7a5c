"""What the weather lays over a scene: veils of fog, streaks of rain, flakes of snow, and the last grading."""

from __future__ import annotations

import torch
from torch import Tensor

from models.reader.scene import Scene
from models.training.world.light import Dice, Light
from models.training.world.noise import chance, fractal
from models.training.world.paint import Canvas, col, smooth


def _is(scenes: list[Scene], weather: str, like: Tensor) -> Tensor:
    return torch.tensor([float(s.weather == weather) for s in scenes], device=like.device).view(-1, 1, 1, 1)


def paint_fog(canvas: Canvas, light: Light, dice: Dice, scenes: list[Scene]) -> None:
    """Before the near things: what is far sinks into drifting bands."""
    fog = _is(scenes, "fog", canvas.rgb)
    damp = _is(scenes, "rain", canvas.rgb) * 0.30 + _is(scenes, "snow", canvas.rgb) * 0.34
    bands = 0.75 + 0.5 * fractal(canvas.x * 0.12 + dice("fog x"), canvas.y * 0.40 + dice("fog y"))
    from_horizon = (canvas.y - light.horizon).abs()
    thick = (1 - smooth(0.02, 0.42, from_horizon)) * bands
    canvas.veil((thick * (0.70 * fog + damp)).clamp(0, 0.92), light.haze)


def paint_weather(canvas: Canvas, light: Light, dice: Dice, scenes: list[Scene]) -> None:
    _rain(canvas, light, dice, _is(scenes, "rain", canvas.rgb))
    _snow(canvas, light, dice, _is(scenes, "snow", canvas.rgb))
    edge = ((canvas.x - 0.5) ** 2 + (canvas.y - 0.5) ** 2) * 1.6
    canvas.rgb = (canvas.rgb * (1 - 0.16 * edge**1.5)).clamp(0, 1)


def _rain(canvas: Canvas, light: Light, dice: Dice, rain: Tensor) -> None:
    if not rain.any():
        return
    lean = dice("lean", -0.25, 0.25)
    for layer, cells in enumerate((16.0, 26.0)):
        across = (canvas.x + lean * canvas.y) * cells + dice(f"rain x {layer}") * 7
        i = across.floor()
        along = canvas.y * cells * 0.24 + 9 * chance(i, dice.salt() + layer) + dice("rain y", 0.0, 0.0)
        j = along.floor()
        off = (across - i - 0.5 - 0.5 * (chance(i, j, dice.salt()) - 0.5)).abs() / cells
        length = 0.30 + 0.35 * chance(i, j, dice.salt() + 2)
        inside = (1 - (along - j - 0.5).abs() / length * 1.6).clamp(0, 1)
        width = 0.0022
        streak = ((width + canvas.pixel * 0.5 - off) / canvas.pixel).clamp(0, 1) * min(
            1.0, width * 2.4 / canvas.pixel + 0.45
        )
        canvas.veil(streak * inside * rain * (0.52 - 0.14 * layer), light.foot * 0.55 + 0.42 * light.things)


def _snow(canvas: Canvas, light: Light, dice: Dice, snow: Tensor) -> None:
    if not snow.any():
        return
    for layer, (cells, size) in enumerate(((26.0, 0.0055), (15.0, 0.0085), (9.0, 0.012))):
        across, along = canvas.x * cells + 5 * dice(f"snow x {layer}"), canvas.y * cells + 5 * dice(f"snow y {layer}")
        i, j = across.floor(), along.floor()
        du = (across - i - 0.25 - 0.5 * chance(i, j, dice.salt() + layer)) / cells
        dv = (along - j - 0.25 - 0.5 * chance(i, j, dice.salt() + layer + 9)) / cells
        reach = size * (0.6 + 0.5 * chance(i, j, dice.salt() + layer + 4))
        flake = (0.5 + (reach - (du * du + dv * dv + 1e-9).sqrt()) / (canvas.pixel + 0.5 * reach)).clamp(0, 1)
        canvas.veil(
            flake * (chance(i, j, dice.salt() + layer + 2) > 0.25) * snow * 0.88,
            col((0.98, 0.98, 1.0), canvas.rgb) * (0.4 + 0.6 * light.things),
        )
