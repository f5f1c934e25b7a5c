"""The picture in a guide: six moments on the way of a starter, made as the studio makes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from models import folders
from models.protocol import Event, Preview, Request
from models.registry import Registry
from models.runtime.plan import for_model
from models.samples import SAMPLES

SIDE, GAP, COLUMNS, MOMENTS = 80, 4, 3, 6  # so that it fits the window's narrow column


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
    request = Request(
        model_path.name, str(model_path), architecture, task, SAMPLES[0] if card.prompt_limit else "", seed=seed,
        settings=card.check({}, task), inputs=dict(inputs or {}),
    )  # fmt: skip
    watching = _Watching()
    made = model.generate(request, watching).image.convert("RGB")
    seen = [Image.frombytes("RGB", (p.width, p.height), p.rgb) for p in watching.previews]
    count = min(MOMENTS - 1, len(seen))
    chosen = [seen[round(k * (len(seen) - 1) / max(count - 1, 1))] for k in range(count)]
    path = folders.resources() / "guides" / f"{architecture}.png"
    strip([*chosen, made]).save(path, optimize=True)
    return path


def strip(pictures: list[Image.Image]) -> Image.Image:
    """Pictures of any size as equal squares, three to a row, on a see-through ground."""
    rows = -(-len(pictures) // COLUMNS)
    wide = min(len(pictures), COLUMNS)
    whole = Image.new("RGBA", (wide * (SIDE + GAP) - GAP, rows * (SIDE + GAP) - GAP), (0, 0, 0, 0))
    for k, picture in enumerate(pictures):
        how = Image.Resampling.LANCZOS if picture.width > SIDE else Image.Resampling.BICUBIC
        small = picture.resize((SIDE, SIDE), how)
        whole.paste(small, (k % COLUMNS * (SIDE + GAP), k // COLUMNS * (SIDE + GAP)))
    return whole
