"""An enlarger: every pixel becomes four."""

from __future__ import annotations

from typing import Any

from models.protocol import Card, Emit, Input, Match, Progress, Request
from tests import fakes

CARD = Card(
    architecture="fake-larger",
    name="Fake larger",
    family="gan",
    medium="picture",
    tasks=("upscale",),
    parameters=(),
    inputs=(Input("picture", "picture", "Picture", "What to enlarge.", ("upscale",)),),
    seedless=("upscale",),
)


def recognise(files: Any) -> Match | None:
    return fakes.recognised(files, "larger", CARD)


def load(path: str, plan: Any) -> Larger:
    return Larger()


def tiny() -> Larger:
    return Larger()


class Larger:
    def generate(self, request: Request, emit: Emit) -> Any:
        from models.outputs.media import Picture
        from models.outputs.read import open_picture

        small = open_picture(request.inputs["picture"])
        emit(Progress(1, 1))
        return Picture(small.resize((small.width * 2, small.height * 2), 0))
