"""What is behind a person: the starter world's own sky, hills and sea, out of focus, or a wall with light on it."""

from __future__ import annotations

from models.training.world.paint import col, smooth
from models.training.world.sitting import Sheet


def paint_backdrop(s: Sheet) -> None:
    light = s.light
    horizon = s.dice("low", 0.58, 0.74)
    up = (s.y / horizon).clamp(0, 1)
    s.rgb.copy_(light.top + smooth(0.0, 0.62, up) * (light.middle - light.top))
    s.veil(smooth(0.45, 1.0, up), light.foot)
    side = (s.build.side * 0.5 + 0.5 - s.x).abs()
    s.veil((1 - side / 0.8).clamp(0, 1).square() * (1 - s.y / 0.9).clamp(0, 1) * 0.45, light.glow)
    _clouds(s)
    hills = s.number([float(p.backdrop == "hills") for p in s.people])
    sea = s.number([float(p.backdrop == "sea") for p in s.people])
    wall = s.number([float(p.backdrop == "wall") for p in s.people])
    for k, (tint, lift) in enumerate((((0.44, 0.55, 0.62), -0.06), ((0.40, 0.56, 0.36), 0.06))):
        rise = 0.05 * (s.x * (5.0 + 3 * k) + 6.28 * s.dice(f"hill {k}")).sin()
        ground = col(tint, s.rgb) * light.ground
        s.veil(smooth(0.0, 0.035, s.y - horizon - lift - rise) * hills, ground + 0.25 * (1 - k) * (light.haze - ground))
    deep = (s.y - horizon).clamp(0, 1)
    water = light.foot * 0.45 + col((0.10, 0.28, 0.40), s.rgb) * light.ground * 0.6
    s.veil(smooth(0.0, 0.02, s.y - horizon) * sea, water * (1 - 0.6 * deep))
    hue = s.one_of(_WALLS, "wall")
    lamp = ((s.x - 0.5 - 0.45 * s.build.side).square() + (s.y - 0.15).square()).sqrt()
    s.veil(wall, s.lit(hue, (1.15 - 0.85 * lamp).clamp(0, 1)))


_WALLS = ((0.62, 0.76, 0.74), (0.86, 0.74, 0.60), (0.68, 0.68, 0.80), (0.80, 0.62, 0.60), (0.74, 0.80, 0.62))


def _clouds(s: Sheet) -> None:
    """Three soft puffs."""
    for k in range(3):
        x, y = s.dice(f"puff x {k}", 0.0, 1.0), s.dice(f"puff y {k}", 0.05, 0.42)
        wide = s.dice(f"puff {k}", 0.12, 0.26)
        away = (((s.x - x) / wide).square() + ((s.y - y) / (wide * 0.38)).square()).sqrt()
        s.veil((1 - away).clamp(0, 1) * 0.5 * (1 - 0.6 * s.light.night), s.light.foot * 0.5 + 0.5 * s.light.things)
