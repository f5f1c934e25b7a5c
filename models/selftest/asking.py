"""Asks a model for something quick, with a file of our own for every input that the task takes."""

from __future__ import annotations

from pathlib import Path

from models.declaration import Card, Value
from models.protocol import Request

PROMPT = "a red sailboat on a calm sea"
# As little as still goes through every part of a model.
_QUICK: dict[str, Value] = {"steps": 3, "max_new_tokens": 12}


def ask(card: Card, folder: Path, task: str = "", seed: int = 7, **settings: Value) -> Request:
    """A request to a miniature of that card: the first task unless named, quick unless told otherwise."""
    task = task or card.tasks[0]
    return Request(
        model_id="tiny",
        model_path="tiny",
        architecture=card.architecture,
        task=task,
        prompt=PROMPT,
        negative_prompt="fog" if card.negative_prompt else "",
        seed=seed,
        settings=card.check({**quick(card, task), **settings}, task),
        inputs={given.name: str(input_file(given.name, given.medium, folder)) for given in card.inputs_for(task)},
    )


def quick(card: Card, task: str) -> dict[str, Value]:
    """The settings that make a task short."""
    names = {p.name for p in card.parameters_for(task)}
    return {name: value for name, value in _QUICK.items() if name in names}


def input_file(name: str, medium: str, folder: Path) -> Path:
    """A file of that medium, written now: for pictures a wide gradient, with a white half where it is a mask."""
    if medium != "picture":
        return _written(name, medium, folder)
    from PIL import Image

    path = folder / f"{name}.png"
    picture = Image.merge("RGB", [Image.linear_gradient("L").rotate(90 * k).resize((96, 72)) for k in range(3)])
    if name == "mask":
        picture = Image.new("L", (96, 72))
        picture.paste(255, (24, 18, 72, 54))
    picture.save(path)
    return path


def _written(name: str, medium: str, folder: Path) -> Path:
    """Half a second of a sweep, eight frames of a gradient that moves, or a few words."""
    import numpy as np
    from PIL import Image

    from models.outputs import write
    from models.outputs.media import Media, Sound, Text, Video

    sweep = Sound(np.sin(np.linspace(0, 60, 8000) ** 2 / 8) / 2, 16_000)
    gradient = np.asarray(Image.linear_gradient("L").convert("RGB").resize((96, 72)))
    media: dict[str, Media] = {
        "sound": sweep,
        "video": Video(np.stack([np.roll(gradient, 8 * k, axis=0) for k in range(8)]), 8.0, sweep),
        "text": Text("The sea was calm, and the boat was red."),
    }
    return write.save(media[medium], Request("given", "given", "given", "given", name), "Given", folder)[0]
