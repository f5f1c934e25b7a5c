"""A sound that grows from left to right: a tone of the seed's pitch, also as the end of a recording."""

from __future__ import annotations

import time
from typing import Any

from models.protocol import Card, Emit, Input, Match, Parameter, Progress, Request, SoundPreview
from tests.fakes import recognised

RATE = 8000
FRAMES = 50  # a second, which is what progress counts

CARD = Card(
    architecture="fake-sound",
    name="Fake sound",
    family="autoregressive",
    medium="sound",
    tasks=("text-to-sound", "sound-to-sound"),
    parameters=(
        Parameter("seconds", "float", 1.0, "Length", "How long.", minimum=0.1, maximum=60, unit="s"),
        Parameter("pause_ms", "float", 0.0, "Pause", "How long each tenth takes.", minimum=0, maximum=1000, unit="ms"),
    ),
    inputs=(Input("recording", "sound", "Recording to go on from", "What it begins with.", ("sound-to-sound",)),),
    process="Frame by frame, from left to right",
    prompt_limit=77,
)


def recognise(files: Any) -> Match | None:
    return recognised(files, "sound", CARD)


def load(path: str, plan: Any) -> Tone:
    return Tone()


def tiny() -> Tone:
    return Tone()


class Tone:
    def generate(self, request: Request, emit: Emit) -> Any:
        import numpy as np

        from models.outputs.media import Sound

        length = int(float(request.settings["seconds"]) * RATE)
        wave = (0.5 * np.sin(np.arange(length) * 2 * np.pi * (220 + request.seed % 220) / RATE)).astype(np.float32)
        frames = max(length * FRAMES // RATE, 1)
        for frame in range(1, frames + 1):
            if frame % (FRAMES // 10) == 0:
                time.sleep(float(request.settings["pause_ms"]) / 1000)
            if emit.wants_preview():
                heard = wave[: length * frame // frames]
                emit(SoundPreview(RATE, (heard * 32767).astype("<i2").tobytes(), frame))
            emit(Progress(frame, frames))
        return Sound(wave, RATE)
