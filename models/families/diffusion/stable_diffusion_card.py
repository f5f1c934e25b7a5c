"""What the families that run Stable Diffusion's networks have in common: settings, inputs, the claim on a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from models.families.diffusion import stable_diffusion_file, stable_diffusion_folder
from models.families.diffusion.stable_diffusion_folder import REFINER, StableDiffusionFolder
from models.families.masking import MASK
from models.protocol import BadInput, Card, Input, Match, Parameter

FROM_PICTURE = ("picture-to-picture", "inpaint")
TASKS = ("text-to-picture", *FROM_PICTURE)
INPUTS = (
    Input(
        name="picture",
        medium="picture",
        label="Start picture",
        help="The picture to start from. It is scaled to cover the size chosen, and what hangs over is cut off.",
        tasks=FROM_PICTURE,
    ),
    MASK,
)


def sides(native: int, factor: int) -> tuple[Parameter, Parameter]:
    """Width and height of a model whose own pictures measure `native` pixels, on a grid of `factor`."""
    grid = 64 if native >= 512 else 32
    sizes = tuple(dict.fromkeys(max(round(native * share / grid), 1) * grid for share in (0.75, 1, 1.25, 1.5)))
    side: dict[str, Any] = {
        "type": "int", "default": native, "minimum": max(native // 4 // factor, 8) * factor,
        "maximum": max(4 * native, 2048 if native >= 512 else 0), "multiple_of": factor, "unit": "px",
        "suggested": sizes,
    }  # fmt: skip
    return (
        Parameter(
            name="width",
            label="Width",
            help=f"How wide the picture is. This model learned on {native} pixels and is at its best near that.",
            **side,
        ),
        Parameter(
            name="height",
            label="Height",
            help=f"How tall the picture is. Far above {native} pixels, things tend to appear twice.",
            **side,
        ),
    )


def strength(default: float = 0.75) -> Parameter:
    return Parameter(
        name="strength",
        type="float",
        default=default,
        minimum=0.05,
        maximum=1,
        label="Strength",
        help="How much of the start picture is made anew: a little keeps its shapes, 1 keeps nothing of it.",
        suggested=(0.3, 0.5, 0.75, 1.0),
        tasks=FROM_PICTURE,
    )


def suited(
    card: Card, folder: StableDiffusionFolder, parameters: tuple[Parameter, ...], defaults: Mapping[str, object]
) -> Card:
    """The card with these settings, and with the folder's own limits; what its sidecar says of defaults comes first."""
    told = folder.everyform.get("defaults")
    wanted = {**defaults, **(told if isinstance(told, Mapping) else {})}
    if folder.kind == REFINER:
        card = replace(card, tasks=FROM_PICTURE, tokenizer="tokenizer_2")
    return replace(
        card,
        tasks=("inpaint",) if folder.inpaints else card.tasks,
        parameters=tuple(_with_default(parameter, wanted) for parameter in parameters),
        prompt_limit=folder.prompt_limit,
    )


def _with_default(parameter: Parameter, defaults: Mapping[str, object]) -> Parameter:
    """The parameter with the model's default, unless the model asks for what its own range forbids."""
    if parameter.name not in defaults:
        return parameter
    try:
        return replace(parameter, default=parameter.check(defaults[parameter.name]))
    except BadInput:
        return parameter


def claim(files: Any, architecture: str, card_of: Callable[[StableDiffusionFolder], Card]) -> Match | None:
    """The match of a folder that is of this very architecture, None for any other. Raises BadInput."""
    folder = facts(files)
    if folder is None or folder.architecture != architecture:
        return None
    return Match(card_of(folder), base=folder.base, missing=folder.missing)


def facts(files: Any) -> StableDiffusionFolder | None:
    """What a folder says of itself, or a single file. Raises BadInput."""
    return stable_diffusion_file.read(files) if files.path.is_file() else stable_diffusion_folder.read(files)


def opened(path: str, plan: Any) -> tuple[StableDiffusionFolder, Any, Any]:
    """The folder's facts, its pipeline with weights where `plan` wants them, and its map from latents to colours.

    Raises BadInput where it cannot run.
    """
    from models.store.files import Files

    files = Files(path)
    folder = facts(files)
    if folder is None:
        raise BadInput(f"{path} is no Stable Diffusion folder: choose one with a model_index.json of that kind.")
    if folder.missing:
        raise BadInput(f"The model in {path} lacks {folder.missing}: get it again.")
    from models.runtime import adapted
    from models.runtime.pipelines import stable_diffusion_load
    from models.sampling import latent_rgb

    if files.path.is_file():
        pipeline = stable_diffusion_load.one_file(
            path,
            plan,
            base=folder.base,
            velocity=folder.velocity,
            pure_noise=folder.pure_noise,
            inpaints=folder.inpaints,
        )
    else:
        pipeline = stable_diffusion_load.pipeline(
            path, plan, kind=folder.kind, variant=folder.variant, shared=adapted.places(files)
        )
    return folder, pipeline, latent_rgb.from_json(folder.everyform.get("latent_rgb"), folder.channels)
