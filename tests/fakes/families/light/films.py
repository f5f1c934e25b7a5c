"""A film that gets brighter, of the seed's colour or of the picture's that it begins with; previews on the way."""

from __future__ import annotations

import time
from typing import Any

from models.protocol import Card, Emit, Input, Match, Parameter, Preview, Progress, Request
from tests.fakes import recognised

WIDTH, HEIGHT, FPS = 64, 48, 12.0

CARD = Card(
    architecture="fake-film",
    name="Fake film",
    family="diffusion",
    medium="video",
    tasks=("text-to-video", "picture-to-video"),
    parameters=(
        Parameter("frames", "int", 12, "Frames", "How many.", minimum=1, maximum=500),
        Parameter("steps", "int", 4, "Steps", "How many.", minimum=1, maximum=500),
        Parameter("pause_ms", "float", 0.0, "Pause", "How long each step takes.", minimum=0, maximum=1000, unit="ms"),
    ),
    inputs=(Input("picture", "picture", "First frame", "What it begins with.", ("picture-to-video",)),),
    process="All frames at once, out of noise",
    prompt_limit=77,
)


def recognise(files: Any) -> Match | None:
    return recognised(files, "film", CARD)


def load(path: str, plan: Any) -> Film:
    return Film()


def tiny() -> Film:
    return Film()


class Film:
    def generate(self, request: Request, emit: Emit) -> Any:
        import numpy as np
        from PIL import Image

        from models.outputs.media import Video

        colour = np.array([request.seed % 200, 120, 60], np.float32)
        if path := request.inputs.get("picture"):
            with Image.open(path) as image:
                colour = np.asarray(image.convert("RGB"), np.float32).mean((0, 1))
        frames, steps = int(request.settings["frames"]), int(request.settings["steps"])
        for step in range(1, steps + 1):
            time.sleep(float(request.settings["pause_ms"]) / 1000)
            rows = [np.full((12, 16, 3), colour * (k + 1) / 4 * step / steps, np.uint8).tobytes() for k in range(4)]
            emit(Preview(16, 12, b"".join(rows), step=step, level=1 - step / steps, frames=4))
            emit(Progress(step, steps))
        made = [np.full((HEIGHT, WIDTH, 3), colour * (k + 1) / frames, np.uint8) for k in range(frames)]
        return Video(np.stack(made), FPS)
