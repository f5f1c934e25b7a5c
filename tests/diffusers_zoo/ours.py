"""The same pipeline through the program: saved to a folder, recognised, made, seeded, stopped, written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.emitter import Emitter
from models.generation import Generation
from models.outputs import read
from models.protocol import Card, JobCancelled, Output, Preview, Progress, Request, Value
from models.registry import Registry
from models.runtime.fitting.slot import Slots
from tests.diffusers_zoo import plain
from tests.diffusers_zoo.recipe import SIDE, Recipe
from tests.diffusers_zoo.recipes import RECIPES

_SMALL: dict[str, Value] = {
    "steps": plain.STEPS, "prior_steps": plain.STEPS, "decoder_steps": plain.STEPS, "enlarging_steps": plain.STEPS,
    "width": SIDE, "height": SIDE, "frames": plain.FRAMES, "seconds": 0.5, "own_sizes": False, "class": "1",
    "max_new_tokens": 8, "block_length": 4,
}  # fmt: skip


@dataclass
class Seen:
    """What a run said. `stop` is whether the person stops it as soon as a step is told of."""

    stop: bool = False
    steps: list[tuple[int, int]] = field(default_factory=list)
    previews: int = 0
    outputs: list[Output] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __call__(self, event: Any) -> None:
        if isinstance(event, Progress):
            self.steps.append((event.step, event.total))
            if self.stop:
                self.stopped.set()
        self.previews += isinstance(event, Preview)
        if isinstance(event, Output):
            self.outputs.append(event)


@dataclass(frozen=True)
class Verdict:
    """How a pipeline did: the architecture that ran it, and what was found wrong (nothing where it did well)."""

    architecture: str
    task: str
    medium: str
    previews: bool
    wrong: tuple[str, ...] = ()


def settings(card: Card, task: str, recipe: Recipe) -> dict[str, Value]:
    """Small ones, as far as the card has them and takes them."""
    wanted = {**_SMALL, **recipe.settings}
    found: dict[str, Value] = {}
    for parameter in card.parameters_for(task):
        if parameter.name in wanted:
            value = wanted[parameter.name]
            if isinstance(value, int | float) and not isinstance(value, bool):
                low, high = parameter.minimum or value, parameter.maximum or value
                value = min(max(value, low), high)
                if parameter.type == "int" and parameter.multiple_of > 1:
                    value = int(value) // parameter.multiple_of * parameter.multiple_of or parameter.multiple_of
            found[parameter.name] = value
    return found


def files(card: Card, task: str, folder: Path, side: int) -> dict[str, str]:
    """A file for every input that the task must have."""
    made: dict[str, str] = {}
    for given in card.inputs_for(task):
        if not given.required:
            continue
        path = folder / f"{given.name}.png"
        if given.medium == "video":
            frames = [plain.picture(side, given.name).rotate(10 * k).convert("RGB") for k in range(plain.FRAMES)]
            path = path.with_suffix(".gif")
            frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
        elif given.medium == "sound":
            path = _sound(path.with_suffix(".wav"))
        else:
            plain.picture(side, given.name).save(path)
        made[given.name] = str(path)
    return made


def _sound(path: Path) -> Path:
    import wave

    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 16_000, 0, "NONE", ""))
        file.writeframes(
            b"".join(int(8000 * ((k % 80) / 40 - 1)).to_bytes(2, "little", signed=True) for k in range(32_000))
        )
    return path


def judge(folder: Path, name: str, work: Path, registry: Registry) -> Verdict:
    """Run the folder's pipeline as `generate FOLDER` does: two items, then stopped, then the second item alone."""
    architecture, match = registry.recognise(folder)
    recipe = RECIPES.get(name, Recipe())
    card, task = match.card, match.card.tasks[0]
    if match.missing:
        return Verdict(architecture, task, card.medium, False, (f"it is said to lack {match.missing}",))
    work.mkdir(parents=True, exist_ok=True)
    request = Request(
        model_id=str(folder), model_path=str(folder), architecture=architecture, task=task, prompt=recipe.prompt, seed=7,
        settings=settings(card, task, recipe), inputs=files(card, task, work, recipe.side), out=str(work / "out"), keep=False,
    )  # fmt: skip
    slot = Slots()

    def run(asked: Request, stop: bool = False) -> Seen:
        seen = Seen(stop)
        emitter = Emitter(seen, seen.stopped.is_set, asked.count)
        Generation(asked, registry, slot, emitter, name=name).run()
        return seen

    return Verdict(architecture, task, card.medium, *_found(run, request))


def _found(run: Callable[..., Seen], request: Request) -> tuple[bool, tuple[str, ...]]:
    wrong: list[str] = []
    both = run(replace(request, count=2))
    if not both.steps:
        wrong.append("it told of no step")
    elif both.steps[-1][0] != both.steps[-1][1]:
        wrong.append(f"it ended at step {both.steps[-1][0]} of {both.steps[-1][1]}")
    try:
        run(request, True)
        wrong.append("a stop was not heard")
    except JobCancelled:
        pass
    alone = run(replace(request, seed=request.seed + 1))
    files = [Path(output.path) for output in (*both.outputs, *alone.outputs)]
    wrong += [
        f"{f.name} is not a {both.outputs[0].medium}" for f in files if read.seen(f).medium != both.outputs[0].medium
    ]
    content = [_content(file) for file in files]
    if content[1] != content[2]:
        wrong.append("after a stop its second item is not what that seed makes alone")
    if content[0] == content[1]:
        wrong.append("the seed changes nothing")
    return bool(both.previews), tuple(wrong)


def _content(file: Path) -> Any:
    """What can be compared: the same request writes the same bytes, but for the seed's record beside them."""
    from models.outputs import decode

    medium = read.seen(file).medium
    if medium == "picture":
        return read.open_picture(file).tobytes()
    if medium == "video":
        return b"".join(frame.tobytes() for frame in decode.video(file))
    return decode.sound(file).waveform.tobytes() if medium == "sound" else decode.text(file)
