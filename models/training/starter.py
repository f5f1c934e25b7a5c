"""A starter's folder: the sidecar that the studio reads, the figures of its training, and it put to work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from models.protocol import Event, Request
from models.registry import Registry
from models.runtime.fitting.plan import for_model
from models.training.lab import Lab, write_atomic

STARTERS = Path(__file__).resolve().parents[2] / "resources" / "starter"
SCENES = STARTERS / "scenes"  # its autoencoder, text encoder and U-Net are what several others begin with
LICENCE = "Apache-2.0"


def ship(
    lab: Lab,
    folder: Path,
    *,
    name: str,
    about: str,
    makes: str,
    parameters: int,
    figures: Mapping[str, Any],
    stages: Sequence[str] = (),
    **sidecar: Any,
) -> None:
    """Lay `everyform.json` and `training.json` beside a starter's weights, which lie in `folder` already.

    `stages` are recipes that came before this one, whose figures are told first; this one's must be there by now
    (`Lab.figures`, with `samples`). `sidecar` is what else the studio should know: defaults, borrowed parts.
    """
    _forget_places(folder)
    write_sidecar(folder, {"name": name, "licence": LICENCE, "about": about, **sidecar})
    told = [lab.told(stage) for stage in (*stages, lab.recipe.name)]
    stage_facts = [{k: s[k] for k in ("recipe", "samples", "seconds", "device")} for s in told]
    _write(
        folder / "training.json",
        {"makes": makes, "parameters": parameters, "stages": stage_facts, "figures": dict(figures)},
    )


def _forget_places(folder: Path) -> None:
    """Take out of configs where their networks were read from: that is nobody else's folder."""
    for path in folder.rglob("config.json"):
        told = json.loads(path.read_text("utf-8"))
        parts = [told, *(part for part in told.values() if isinstance(part, dict))]
        found = [part.pop("_name_or_path", None) for part in parts]
        if any(place is not None for place in found):
            _write(path, told)


def ship_measured(lab: Lab, folder: Path, measure: Callable[[], Mapping[str, Any]], **told: Any) -> None:
    """Ship it, so that the studio can put it to work, `measure` what it makes then, and ship it with these figures."""
    ship(lab, folder, figures={}, **told)
    if lab.hurried:
        return
    figures = measure()
    lab.figures(**figures)
    ship(lab, folder, figures=figures, **told)
    lab.say(f"shipped {folder.name}: {figures}")


def computed_in_full(part: Any, folder: Path) -> None:
    """Say in the config of a network that is halved on disk that it computes in full precision: transformers would take
    "half" for that, too."""
    part.config.dtype = "float32"
    part.config.save_pretrained(folder)


def write_sidecar(folder: Path, content: Mapping[str, Any]) -> None:
    """`everyform.json`, which the studio reads beside a model's own files."""
    _write(folder / "everyform.json", content)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    write_atomic(path, lambda p: p.write_text(json.dumps(content, indent=1), encoding="utf-8"))


class Silent:
    """An `emit` for whoever wants nothing but the result."""

    def __call__(self, event: Event) -> None:
        pass

    def wants_preview(self) -> bool:
        return False


def images(path: Path, count: int, **asked: Any) -> Iterator[tuple[Image.Image, Mapping[str, str]]]:
    """What `media` gives as RGB images, and their facts."""
    for made in media(path, count, **asked):
        yield made.image.convert("RGB"), made.facts


def media(
    path: Path,
    count: int,
    *,
    task: str = "",
    prompts: Sequence[str] = (),
    settings: Mapping[str, object] | None = None,
    inputs: Sequence[Mapping[str, str]] = (),
    first_seed: int = 0,
) -> Iterator[Any]:
    """What the model makes of `count` seeds as the studio makes it, through its family.

    Item k has the k-th of the prompts and of the inputs (a name to a file), where there are any.
    """
    registry = Registry()
    architecture, match = registry.recognise(path)
    card = match.card
    model = registry.families[architecture].load(str(path), for_model(path))
    task = task or card.tasks[0]
    checked = card.check(settings or {}, task)
    for k in range(count):
        request = Request(
            path.name,
            str(path),
            architecture,
            task,
            prompts[k] if prompts else "",
            seed=first_seed + k,
            settings=checked,
            inputs=inputs[k] if inputs else {},
        )
        yield model.generate(request, Silent())


def pictures(path: Path, count: int, **asked: Any) -> Tensor:
    """What `images` gives as (N, 3, H, W) in 0..1."""
    return torch.stack([as_tensor(image) for image, _ in images(path, count, **asked)])


def as_tensor(image: Any) -> Tensor:
    """An RGB image as (3, H, W) in 0..1."""
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1).float() / 255
