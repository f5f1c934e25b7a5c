"""The picture in a guide: six moments on the way of a starter, made as the studio makes it; of a video a row of
frames early on, and one at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from PIL.Image import Resampling

from models import folders
from models.outputs.media import Video
from models.protocol import Card, Event, Preview, Request
from models.reader.scene import sample
from models.registry import Registry
from models.runtime.fitting.plan import for_model
from models.runtime.pixels import to_image
from models.samples import for_task
from models.training.faithful import FIRST
from models.training.world.render import render

SIDE, GAP, COLUMNS, MOMENTS = 80, 4, 3, 6  # so that it fits the window's narrow column
DRAWN = 128  # pixels of what a model is given to start from
LARGER, TINY = "upscale", 32  # and for this task
PLAIN = 5  # the first scene to start from: a clear day, a castle, a meadow


class _Watching:
    """An `emit` that keeps every preview."""

    def __init__(self) -> None:
        self.previews: list[Preview] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, Preview):
            self.previews.append(event)

    def wants_preview(self) -> bool:
        return True


def draw(model_path: Path, *, seed: int = 3, task: str = "", inputs: Mapping[str, str] | None = None) -> Path:
    """Write the guide's picture of that model's architecture into resources/guides; its path."""
    registry = Registry()
    architecture, match = registry.recognise(model_path)
    card = match.card
    model = registry.families[architecture].load(str(model_path), for_model(model_path))
    task = task or card.tasks[0]
    with tempfile.TemporaryDirectory() as folder:
        given = drawn(card, task, Path(folder)) | dict(inputs or {})
        return _draw(model, model_path, card, task, seed, given)


def drawn(card: Card, task: str, folder: Path) -> dict[str, str]:
    """Files for the inputs that a task cannot do without: renders of the world, a sketch, a mask of the middle."""
    given: dict[str, str] = {}
    for k, one in enumerate(i for i in card.inputs_for(task) if i.required and i.medium == "picture"):
        scene = render([sample(FIRST + PLAIN + k)], DRAWN)
        mask = torch.zeros(1, 3, DRAWN, DRAWN)
        mask[..., DRAWN // 4 : -DRAWN // 4, DRAWN // 4 : -DRAWN // 4] = 1
        picture = {"mask": mask, "sketch": scene.sketch.expand(-1, 3, -1, -1)}.get(one.name, scene.picture)
        given[one.name] = str(folder / f"{one.name}.png")
        image = to_image(picture[0] * 2 - 1)
        (image.resize((TINY, TINY)) if task == LARGER else image).save(given[one.name])
    return given


def _draw(model: Any, model_path: Path, card: Card, task: str, seed: int, inputs: Mapping[str, str]) -> Path:
    prompt = for_task(task, card.architecture)[0] if card.prompt_limit else ""
    request = Request(
        model_path.name, str(model_path), card.architecture, task, prompt, seed=seed,
        settings=card.check({}, task), inputs=inputs,
    )  # fmt: skip
    watching = _Watching()
    result = model.generate(request, watching)
    path = folders.resources() / "guides" / f"{card.architecture}.png"
    if isinstance(result, Video):
        few = watching.previews[len(watching.previews) // 4 :][:1]
        rows = [*map(_frames, few), [Image.fromarray(frame) for frame in result]]
        strip([frame for row in rows for frame in _spread(row, COLUMNS)]).save(path, optimize=True)
        return path
    made = result.image.convert("RGB")
    seen = [Image.frombytes("RGB", (p.width, p.height), p.rgb) for p in watching.previews]
    before = [] if not inputs else [Image.open(next(iter(inputs.values()))).convert("RGB")]
    if task == LARGER:  # its pixels, the curves through them, and what the model sees in them
        before, seen = [before[0].resize((SIDE, SIDE), way) for way in (Resampling.NEAREST, Resampling.BICUBIC)], []
    count = min(MOMENTS - 1 - len(before), len(seen))
    strip([*before, *_spread(seen, count), made]).save(path, optimize=True)
    return path


def _frames(preview: Preview) -> list[Image.Image]:
    size = len(preview.rgb) // preview.frames
    parts = (preview.rgb[k * size : (k + 1) * size] for k in range(preview.frames))
    return [Image.frombytes("RGB", (preview.width, preview.height), part) for part in parts]


def _spread(pictures: Sequence[Image.Image], count: int) -> list[Image.Image]:
    """So many of them, from the first to the last."""
    return [pictures[round(k * (len(pictures) - 1) / max(count - 1, 1))] for k in range(count)]


def strip(pictures: list[Image.Image]) -> Image.Image:
    """Pictures of any size as equal squares, three to a row, on a see-through ground."""
    rows = -(-len(pictures) // COLUMNS)
    wide = min(len(pictures), COLUMNS)
    whole = Image.new("RGBA", (wide * (SIDE + GAP) - GAP, rows * (SIDE + GAP) - GAP), (0, 0, 0, 0))
    for k, picture in enumerate(pictures):
        how = Resampling.LANCZOS if picture.width > SIDE else Resampling.BICUBIC
        small = picture.resize((SIDE, SIDE), how)
        whole.paste(small, (k % COLUMNS * (SIDE + GAP), k // COLUMNS * (SIDE + GAP)))
    return whole
