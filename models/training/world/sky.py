"""The sky: gradient, sun or moon with its glow, stars and clouds."""

from __future__ import annotations

import torch

from models.training.world.light import Dice, Light
from models.training.world.noise import chance, fractal
from models.training.world.paint import Canvas, col, disc, smooth


def paint_sky(canvas: Canvas, light: Light, dice: Dice) -> None:
    height = (canvas.y / light.horizon).clamp(0, 1)
    upper, lower = smooth(0.0, 0.62, height), smooth(0.45, 1.0, height)
    canvas.rgb = light.top + upper * (light.middle - light.top)
    canvas.rgb = canvas.rgb + lower * (light.foot - canvas.rgb)
    _stars(canvas, light, dice)
    _sun(canvas, light)
    _clouds(canvas, light, dice)


def _sun(canvas: Canvas, light: Light) -> None:
    away = ((canvas.x - light.sun_x) ** 2 + (canvas.y - light.sun_y) ** 2 + 1e-9).sqrt()
    low = smooth(0.25, 0.5, light.sun_y)
    canvas.veil(
        (-((away / (0.10 + 0.16 * low)) ** 1.4)).exp()
        * (0.35 + 0.45 * low)
        * (0.25 + 0.75 * light.sun_seen)
        * (1 - 0.45 * light.night),
        light.glow,
    )
    radius = 0.036 + 0.012 * low
    round_sun = (away - radius) / 1.0
    crescent = disc(canvas.x, canvas.y, light.sun_x - 0.018, light.sun_y - 0.010, 0.032)
    moon = torch.maximum(away - 0.038, -crescent)
    shape = torch.where(light.night > 0.5, moon, round_sun)
    canvas.veil(canvas.cover(shape, 1.6) * light.sun_seen.clamp(0, 1) ** 0.5, light.sun)


def _stars(canvas: Canvas, light: Light, dice: Dice) -> None:
    if not light.night.any():
        return
    cells, salt = 22.0, dice.salt()
    i, j = (canvas.x * cells).floor(), (canvas.y * cells).floor()
    du = canvas.x * cells - i - (0.2 + 0.6 * chance(i, j, salt))
    dv = canvas.y * cells - j - (0.2 + 0.6 * chance(i, j, salt + 7))
    bright = (chance(i, j, salt + 13) - 0.45).clamp(min=0) * 1.8
    spot = (1.0 - (du * du + dv * dv).sqrt() / (0.055 + 0.05 * bright + 0.35 * cells * canvas.pixel)).clamp(0, 1)
    canvas.veil(
        spot * bright * light.night * (light.sun_seen > 0.5) * (1 - canvas.y / light.horizon).clamp(0, 1) ** 0.5,
        col((0.95, 0.96, 1.0), canvas.rgb),
    )


def _clouds(canvas: Canvas, light: Light, dice: Dice) -> None:
    """Two depths of fractal cloud; each point is lit by how much cloud lies between it and the sun."""
    weather = [s.weather for s in dice.scenes]
    amount = {"clear": 0.0, "cloudy": 1.0, "fog": 0.15, "rain": 1.0, "snow": 0.75}
    much = torch.tensor([amount[w] for w in weather], device=canvas.rgb.device).view(-1, 1, 1, 1)
    wisps = (much == 0).float() * dice("wisps", 0.0, 1.0)
    base = canvas.rgb
    for layer, (scale, reach) in enumerate(((0.16, 0.34), (0.26, 0.52))):
        u = canvas.x * scale + dice(f"cloud x {layer}")
        v = canvas.y * scale * 2.6 + dice(f"cloud y {layer}")
        thick = fractal(u, v)
        toward = fractal(u + (light.sun_x - canvas.x) * 0.03, v + (light.sun_y - canvas.y) * 0.05)
        start = 0.60 - 0.17 * much - 0.03 * wisps
        cover = ((thick - start) / 0.17).clamp(0, 1)
        cover = cover * cover * (3 - 2 * cover) * (0.35 * wisps + 0.88 * much).clamp(max=1)
        cover = cover * (1 - smooth(reach, reach + 0.22, canvas.y / light.horizon * 0.62))
        lit = (0.55 + 3.2 * (thick - toward)).clamp(0, 1)
        dark = base * 0.80 * (1 - 0.18 * much) + 0.02
        bright = (base * 0.45 + light.glow * 0.35 + 0.24 * (1 - 0.75 * light.night)).clamp(0, 1)
        canvas.veil(cover, dark + lit * (bright - dark))
