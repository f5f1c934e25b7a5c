"""The card of any diffusers pipeline, and how a request becomes its call: both from the class's signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.families.diffusion import diffusers_inputs, diffusers_settings
from models.families.diffusion.diffusers_folder import DiffusersFolder
from models.families.diffusion.diffusers_table import Signature
from models.protocol import BadInput, Card, Parameter
from models.runtime.pipelines.wiring import Wiring

_MOST_PIXELS = 2048
_FPS = 8.0
# Arguments that are given as they stand here: what an option would take libraries that are no part of the program.
# A schedule of guidance would fit one number of steps alone.
_FIXED: Mapping[str, Any] = {
    "clean_caption": False, "enable_prompt_rewrite": False, "use_pe": False, "guidance_schedule": None,
}  # fmt: skip
# A network that has a place for each of so many frames makes no more and no fewer.
_AS_TAUGHT = "video_length"
# They fail without a negative prompt, so that they get an empty one.
_WANT_WORDS = ("EasyAnimate",)
_PROMPTS = ("prompt", "target_prompt")


@dataclass(frozen=True)
class Declared:
    """A model's own card, and the way from its requests to the pipeline."""

    card: Card
    wiring: Wiring


def declare(base: Card, folder: DiffusersFolder) -> Declared:
    """The card of the pipeline in that folder, from `base`, and its wiring."""
    signature = folder.signature
    files = diffusers_inputs.files(signature)
    every = diffusers_settings.parameters(signature, folder.told)
    settings = {p.name: (_as_long(p, folder.longest), argument) for argument, p in every}
    fixed = {name: value for name, value in _FIXED.items() if signature.has(name)}
    if _AS_TAUGHT in folder.told and "frames" in settings:
        del settings["frames"]
        fixed[_AS_TAUGHT] = folder.told[_AS_TAUGHT]
    sides = [_side(name, getattr(folder, name), folder) for name in ("width", "height") if signature.has(name)]
    parameters = [*sides, *(parameter for parameter, _ in settings.values())]
    fps = next((p for p in parameters if p.name == "fps"), None)
    if signature.medium == "video" and fps is None:
        parameters.append(_own_fps(signature))
    started = tuple(task for task in files.tasks if any(task in given.tasks for given in files.inputs))
    parameters = [replace(p, tasks=started) if p.name in _ONLY_STARTED else p for p in parameters]
    prompt = next((name for name in _PROMPTS if signature.has(name)), "")
    card = replace(
        base,
        name=signature.words,
        medium=signature.medium or base.medium,
        tasks=files.tasks,
        parameters=tuple(_preset(p, folder.everyform.get("defaults")) for p in parameters),
        inputs=files.inputs,
        prompt_limit=folder.prompt_limit if prompt else 0,
        tokenizer=folder.tokenizer if prompt else "",
        negative_prompt=bool(prompt) and signature.has("negative_prompt"),
    )
    wiring = Wiring(
        pipeline=signature.name,
        medium=card.medium,
        shown=signature.shown,
        hook=signature.hook,
        settings={name: argument for name, (_, argument) in settings.items()}
        | {side.name: side.name for side in sides},
        inputs=files.given,
        fixed=fixed,
        prompt=prompt == "prompt",
        negative_prompt=card.negative_prompt,
        says_nothing=signature.name.startswith(_WANT_WORDS),
        seeded=signature.has("seed"),
        moments={
            name: signature.default(name) / signature.default("num_inference_steps")
            for name in _MOMENTS
            if signature.has(name)
        },
        fps=float(signature.fps or _FPS),
        factor=folder.factor,
    )
    return Declared(card, wiring)


# Arguments that are steps: their defaults are some of the default number of these.
_MOMENTS = ("t0", "t1")

# Settings that say something of a start file alone.
_ONLY_STARTED = ("strength", "image_guidance_scale", "control_strength", "control_end", "noise_level")


def _as_long(parameter: Parameter, frames: int) -> Parameter:
    """A number of frames no higher than there are places for."""
    if parameter.name != "frames" or not frames:
        return parameter
    suggested = tuple(n for n in parameter.suggested if isinstance(n, int) and n <= frames)
    default = min(int(parameter.default), frames)
    return replace(parameter, default=default, maximum=frames, suggested=suggested)


def _side(name: str, native: int, folder: DiffusersFolder) -> Parameter:
    """Width or height; 0, where nobody knows it beforehand, leaves it to the pipeline."""
    what = "wide" if name == "width" else "tall"
    told = f"This model's own measure is {native} pixels." if native else "0 is this model's own measure."
    grid = folder.grid
    native = round(native / grid) * grid
    coarse = max(grid, 64) if native >= 512 else grid
    least = max(folder.least // 4 // grid, 1) * grid if native else 0
    most = max(4 * native, _MOST_PIXELS if native >= 512 or not native else 0) // grid * grid
    sizes = dict.fromkeys(
        max(round(native * share / coarse) * coarse // grid, 1) * grid for share in (0.75, 1, 1.25, 1.5)
    )
    return Parameter(
        name=name, type="int", default=native, label=name.capitalize(), help=f"How {what} it is. {told}", minimum=least,
        maximum=most, unit="px", multiple_of=grid,
        suggested=tuple(size for size in sizes if least <= size <= most) if native else (),
    )  # fmt: skip


def _own_fps(signature: Signature) -> Parameter:
    """How fast the film is shown, where the pipeline does not ask."""
    return diffusers_settings.ranged(diffusers_settings.known()["fps"], signature.fps or _FPS)


def _preset(parameter: Parameter, told: Any) -> Parameter:
    """The parameter with the sidecar's default, unless that is none."""
    if not isinstance(told, Mapping) or parameter.name not in told:
        return parameter
    try:
        return replace(parameter, default=parameter.check(told[parameter.name]))
    except BadInput:
        return parameter
