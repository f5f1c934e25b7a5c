"""A whole architecture in one file, for the test that drops it into a copy of the program."""

from __future__ import annotations

import random
from typing import Any

from models.protocol import Card, Emit, Match, Parameter, Preview, Progress, Request

PALETTES = {"sea": ("#10304f", "#5fa8d3", "#cae9ff"), "sunset": ("#3d1f47", "#e76f51", "#f4d35e")}

CARD = Card(
    architecture="stripes",
    name="Stripes",
    family="diffusion",
    medium="picture",
    tasks=("text-to-picture",),
    parameters=(
        Parameter("width", "int", 64, "Width", "How wide the picture is.", 16, 128, unit="px", multiple_of=8),
        Parameter("height", "int", 64, "Height", "How tall the picture is.", 16, 128, unit="px", multiple_of=8),
        Parameter("steps", "int", 12, "Steps", "How many stripes are drawn.", 1, 60),
        Parameter("thickness", "float", 3.0, "Thickness", "How thick a stripe is.", 1.0, 12.0, unit="px"),
        Parameter("palette", "choice", "sea", "Palette", "Which colours it takes.", choices=tuple(PALETTES)),
        Parameter("crossed", "bool", False, "Crossed", "Whether every other stripe lies across.", advanced=True),
    ),
    process="One stripe after another",
    guide="resources/guides/stripes.md",
)
GUIDE = "# Stripes\n\n" + "Each step draws one stripe over those that are there, in a place that the seed decides. " * 8


def recognise(files: Any) -> Match | None:
    return Match(CARD, licence="Apache-2.0") if files.exists("stripes.json") else None


def load(path: str, plan: Any) -> Stripes:
    return Stripes()


def tiny() -> Stripes:
    return Stripes()


class Stripes:
    """Nothing to keep: the seed and the settings are the picture."""

    def generate(self, request: Request, emit: Emit) -> Any:
        from PIL import Image, ImageDraw

        from models.outputs.media import Picture

        chosen = request.settings
        size = (int(chosen["width"]), int(chosen["height"]))
        ground, *colours = PALETTES[str(chosen["palette"])]
        picture = Image.new("RGB", size, ground)
        pen, chance, steps = ImageDraw.Draw(picture), random.Random(request.seed), int(chosen["steps"])
        for step in range(1, steps + 1):
            across = bool(chosen["crossed"]) and step % 2 == 0
            at = chance.random() * size[1 if across else 0]
            ends = [(0.0, at), (float(size[0]), at)] if across else [(at, 0.0), (at, float(size[1]))]
            pen.line(ends, chance.choice(colours), round(float(chosen["thickness"])))
            if emit.wants_preview():
                emit(Preview(*size, picture.tobytes(), step, level=1 - step / steps))
            emit(Progress(step, steps))
        return Picture(picture)
