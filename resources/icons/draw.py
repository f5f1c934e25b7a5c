"""Draws the program's icon, a form gathering out of noise: everyform.svg, and its PNG, ICO and ICNS.

Run `python resources/icons/draw.py` after a change; the drawing is the same each time.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIZE = 512
CENTRE = (286.0, 256.0)
RADIUS = 150.0
GROUND, NOISE, LOW, HIGH = "#17181b", "#8d9097", "#e8735a", "#f6b27a"
PNG_SIZES = (16, 32, 48, 64, 128, 256, 512)


def grains() -> list[tuple[float, float, float, float]]:
    """x, y, radius and how near each grain is to its place (0 noise, 1 form), left to right.

    A grain's place is on a hexagonal grid inside the disc's left half; the further left,
    the further it has still to go, and the smaller it is.
    """
    chance = random.Random(7)
    pitch = 25.0
    found = []
    for row in range(-8, 9):
        for column in range(-12, 2):
            x = (column + 0.5 * (row % 2)) * pitch
            y = row * pitch * math.sqrt(3) / 2
            if math.hypot(x, y) > RADIUS - 6 and (x > -70 or chance.random() > 0.34):
                continue
            if x > 6 or x < -200:
                continue
            nearness = max(0.0, min(1.0, 1 + (x + 8) / 185))
            spread = 26 * (1 - nearness) ** 1.5
            radius = 3.4 + 9.6 * nearness**1.2
            place = (CENTRE[0] + x + chance.uniform(-spread, spread), CENTRE[1] + y + chance.uniform(-spread, spread))
            if place[0] > 50 and 66 < place[1] < SIZE - 66:
                found.append((*place, radius, nearness))
    return sorted(found)


def mixed(first: str, second: str, share: float) -> str:
    """The colour that lies `share` (0 to 1) of the way from the first to the second."""
    ends = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (first, second))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(*ends, strict=True))


def colour(y: float, nearness: float) -> str:
    """Grey noise, that takes the form's light as it finds its place."""
    down = max(0.0, min(1.0, (y - CENTRE[1] + RADIUS) / (2 * RADIUS)))
    return mixed(NOISE, mixed(HIGH, LOW, down), nearness**1.3)


def svg() -> str:
    x, y, r = *CENTRE, RADIUS
    dots = "\n".join(
        f'  <circle cx="{gx:.1f}" cy="{gy:.1f}" r="{gr:.1f}" fill="{colour(gy, n)}"/>' for gx, gy, gr, n in grains()
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">
  <defs>
    <linearGradient id="light" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="{HIGH}"/>
      <stop offset="1" stop-color="{LOW}"/>
    </linearGradient>
  </defs>
  <rect x="16" y="16" width="480" height="480" rx="108" fill="{GROUND}"/>
{dots}
  <path d="M {x} {y - r} A {r} {r} 0 0 1 {x} {y + r} Z" fill="url(#light)"/>
</svg>
"""


def png(size: int) -> Path:
    """The largest carries the plain name: it is what the window takes."""
    return HERE / ("everyform.png" if size == max(PNG_SIZES) else f"everyform-{size}.png")


def main() -> None:
    from PIL import Image
    from PySide6.QtCore import QByteArray, Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    drawing = svg()
    (HERE / "everyform.svg").write_text(drawing, encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    for size in PNG_SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        image.save(str(png(size)))
    pictures = {size: Image.open(png(size)) for size in PNG_SIZES}
    small = [pictures[size] for size in PNG_SIZES if size <= 256]
    small[-1].save(HERE / "everyform.ico", sizes=[p.size for p in small], append_images=small[:-1])
    pictures[512].save(HERE / "everyform.icns", append_images=list(pictures.values()))


if __name__ == "__main__":
    main()
