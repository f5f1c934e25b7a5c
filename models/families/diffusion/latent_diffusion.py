"""Latent diffusion (Rombach et al. 2022): Stable Diffusion 1, 2 and XL, and the starter that is built like them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.families.diffusion import stable_diffusion_folder
from models.families.diffusion.stable_diffusion_folder import StableDiffusionFolder
from models.protocol import BadInput, Card, Input, Match, Parameter
from models.sampling import schedulers

_FROM_PICTURE = ("picture-to-picture", "inpaint")
_TASKS = ("text-to-picture", *_FROM_PICTURE)


def _parameters(native: int, factor: int) -> tuple[Parameter, ...]:
    """The settings of a model whose own pictures measure `native` pixels, on a grid of `factor`."""
    grid = 64 if native >= 512 else 32
    sizes = tuple(dict.fromkeys(max(round(native * share / grid), 1) * grid for share in (0.75, 1, 1.25, 1.5)))
    smallest = max(native // 4 // factor, 8) * factor
    side = {
        "type": "int", "default": native, "minimum": smallest, "maximum": max(4 * native, 2048 if native >= 512 else 0),
        "multiple_of": factor, "unit": "px", "suggested": sizes,
    }  # fmt: skip
    return (
        Parameter(
            name="width",
            label="Width",
            help=f"How wide the picture is. This model learned on {native} pixels and is at its best near that.",
            **side,  # type: ignore[arg-type]
        ),
        Parameter(
            name="height",
            label="Height",
            help=f"How tall the picture is. Far above {native} pixels, things tend to appear twice.",
            **side,  # type: ignore[arg-type]
        ),
        Parameter(
            name="steps",
            type="int",
            default=25,
            minimum=1,
            maximum=150,
            label="Steps",
            help="How often the picture is refined. Twice the steps take twice the time; past 30 little changes.",
            suggested=(10, 20, 30, 50),
        ),
        Parameter(
            name="guidance_scale",
            type="float",
            default=7.5,
            minimum=1,
            maximum=20,
            label="Guidance",
            help="How closely the picture follows the prompt. Low is freer, high is stricter and harsher; 1 turns "
            "guidance and the negative prompt off, and takes half the time.",
            suggested=(1.0, 4.0, 7.5, 12.0),
        ),
        Parameter(
            name="strength",
            type="float",
            default=0.75,
            minimum=0.05,
            maximum=1,
            label="Strength",
            help="How much of the start picture is made anew: a little keeps its shapes, 1 keeps nothing of it.",
            suggested=(0.3, 0.5, 0.75, 1.0),
            tasks=_FROM_PICTURE,
        ),
        Parameter(
            name="scheduler",
            type="choice",
            default=schedulers.DPM,
            choices=schedulers.NAMES,
            label="Sampler",
            help="The way from noise to picture. DPM++ 2M Karras is good in 20 to 30 steps, Euler a is more varied, "
            "LCM is for models made to need only 4 to 8.",
            advanced=True,
        ),
    )


CARD = Card(
    architecture="latent-diffusion",
    name="Latent diffusion",
    family="diffusion",
    medium="picture",
    tasks=_TASKS,
    parameters=_parameters(512, 8),
    inputs=(
        Input(
            name="picture",
            medium="picture",
            label="Start picture",
            help="The picture to start from. It is scaled to cover the size chosen, and what hangs over is cut off.",
            tasks=_FROM_PICTURE,
        ),
        Input(
            name="mask",
            medium="picture",
            label="Mask",
            help="A picture of the same shape: what is white in it is made again, what is black stays as it is.",
            tasks=("inpaint",),
        ),
    ),
    process="Out of noise, everything at once",
    guide="resources/guides/latent-diffusion.md",
    prompt_limit=77,
    tokenizer="tokenizer",
    negative_prompt=True,
)


def recognise(files: Any) -> Match | None:
    """A diffusers folder of Stable Diffusion 1, 2 or XL, from its configs and tensor heads. Raises BadInput."""
    folder = stable_diffusion_folder.read(files)
    if folder is None:
        return None
    return Match(
        card=_card(folder),
        name=str(folder.everyform.get("name") or files.path.name),
        licence=str(folder.everyform.get("licence") or ""),
        base=folder.base,
        missing=folder.missing,
    )


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as `plan` (models.runtime.plan.Plan) says. Raises BadInput."""
    from models.store.files import Files

    files = Files(path)
    folder = stable_diffusion_folder.read(files)
    if folder is None:
        raise BadInput(f"{path} is no Stable Diffusion folder: choose one with a model_index.json of that kind.")
    if folder.missing:
        raise BadInput(f"The model in {path} lacks {folder.missing}: get it again.")
    from models.runtime import stable_diffusion_load
    from models.runtime.stable_diffusion import StableDiffusion
    from models.sampling import latent_rgb

    pipeline = stable_diffusion_load.pipeline(
        path, plan, xl=folder.kind == "sdxl", variant=folder.variant, shared=files.shared
    )
    colours = latent_rgb.from_json(folder.everyform.get("latent_rgb"), folder.channels)
    return StableDiffusion(pipeline, _card(folder), plan, colours)


def prepare() -> None:
    """Import what `load` needs, which takes seconds, while nobody waits for it."""
    import diffusers

    from models.runtime import stable_diffusion, stable_diffusion_load  # noqa: F401

    # Both are only imported once they are named.
    _ = diffusers.StableDiffusionPipeline, diffusers.StableDiffusionXLPipeline


def tiny() -> Any:
    """A random miniature: 64² pictures, two levels, four latent channels."""
    from models.networks import miniature
    from models.runtime.plan import Plan
    from models.runtime.stable_diffusion import StableDiffusion

    pipeline = miniature.stable_diffusion()
    return StableDiffusion(pipeline, replace(CARD, parameters=_parameters(64, 8)), Plan())


# ── this model's own card ─────────────────────────────────────────────────────


def _card(folder: StableDiffusionFolder) -> Card:
    """The card with this folder's limits and defaults in it."""
    defaults: dict[str, object] = {"scheduler": schedulers.default_for(folder.scheduler)}
    if folder.kind == "sdxl":
        defaults["guidance_scale"] = 6.0
    if defaults["scheduler"] == "LCM":
        defaults |= {"steps": 6, "guidance_scale": 7.5 if folder.distilled else 1.5}
    told = folder.everyform.get("defaults")
    if isinstance(told, Mapping):
        defaults |= told
    parameters = tuple(_with_default(p, defaults) for p in _parameters(folder.native, folder.factor))
    tasks = ("inpaint",) if folder.inpaints else _TASKS
    return replace(CARD, tasks=tasks, parameters=parameters, prompt_limit=folder.prompt_limit)


def _with_default(parameter: Parameter, defaults: Mapping[str, object]) -> Parameter:
    """The parameter with the model's default, unless the model asks for what its own range forbids."""
    if parameter.name not in defaults:
        return parameter
    try:
        return replace(parameter, default=parameter.check(defaults[parameter.name]))
    except BadInput:
        return parameter
