"""Diffusion in pixels (Ho et al. 2020): DDPM and DDIM folders of diffusers, one kind of picture out of noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.protocol import BadInput, Card, Input, Match, Parameter
from models.sampling import schedulers

_FROM_PICTURE = "picture-to-picture"
_CLASSES = ("DDPMPipeline", "DDIMPipeline", "PNDMPipeline")
_WEIGHTS = "diffusion_pytorch_model.safetensors"


def _parameters(native: int, grid: int, times: int = 1000) -> tuple[Parameter, ...]:
    """The settings of a model that learned on `native` pixels and halves them until one is left of
    `grid`. `times` is how many levels of noise it knows."""
    smallest = max(-(-native // 4 // grid), 1) * grid
    side = {
        "type": "int", "default": native, "minimum": smallest, "maximum": max(native * 4 // grid, 1) * grid,
        "multiple_of": grid, "unit": "px", "advanced": True,
    }  # fmt: skip
    return (
        Parameter(
            name="steps",
            type="int",
            default=min(50, times),
            minimum=1,
            maximum=times,
            label="Steps",
            help="Into how many steps the way from noise to picture is cut. DDPM wants hundreds, the others 20 to 50.",
            suggested=tuple(count for count in (10, 25, 50, 250, 1000) if count <= times),
        ),
        Parameter(
            name="scheduler",
            type="choice",
            default="DDIM",
            choices=schedulers.PIXEL_NAMES,
            label="Solver",
            help="How a step is taken. DDPM, Euler a and the SDE add fresh noise at each; DDIM, Euler, Heun, "
            "DPM++ 2M and UniPC follow one smooth way. Heun looks twice at each step.",
        ),
        Parameter(
            name="eta",
            type="float",
            default=0.0,
            minimum=0,
            maximum=1,
            label="Eta",
            help="For DDIM alone: how much fresh noise each step adds. 0 is none, 1 as much as DDPM.",
            suggested=(0.0, 0.5, 1.0),
            advanced=True,
        ),
        Parameter(
            name="strength",
            type="float",
            default=0.7,
            minimum=0.05,
            maximum=1,
            label="Strength",
            help="How deep in noise the start picture is put: a little keeps its shapes, 1 keeps nothing of it.",
            suggested=(0.3, 0.5, 0.7),
            tasks=(_FROM_PICTURE,),
        ),
        Parameter(
            name="width",
            label="Width",
            help=f"How wide the picture is. This model learned on {native} pixels; on others it repeats itself.",
            **side,  # type: ignore[arg-type]
        ),
        Parameter(
            name="height",
            label="Height",
            help=f"How tall the picture is. This model learned on {native} pixels; on others it repeats itself.",
            **side,  # type: ignore[arg-type]
        ),
    )


CARD = Card(
    architecture="ddpm",
    name="Diffusion in pixels",
    family="diffusion",
    medium="picture",
    tasks=("sample", _FROM_PICTURE),
    parameters=_parameters(256, 32),
    inputs=(
        Input(
            name="picture",
            medium="picture",
            label="Start picture",
            help="The picture to start from. It is scaled to cover the size chosen, and what hangs over is cut off.",
            tasks=(_FROM_PICTURE,),
        ),
    ),
    process="Out of noise, pixel by pixel all at once",
    guide="resources/guides/ddpm.md",
)


def recognise(files: Any) -> Match | None:
    """A diffusers folder of a DDPM or DDIM pipeline, its parts in folders or all in one. Raises BadInput."""
    if not files.exists("model_index.json"):
        return None
    index = files.json("model_index.json")
    if index.get("_class_name") not in _CLASSES:
        return None
    if not isinstance(index.get("unet"), list) or index["unet"][-1] != "UNet2DModel":
        raise BadInput("A pixel diffusion model's network is a UNet2DModel, and here is none.")
    unet, schedule = _place(files, "unet", "config.json"), _place(files, "scheduler", "scheduler_config.json")
    if not files.exists(unet + "config.json"):
        raise BadInput("The model is not complete, its U-Net's config.json is not there: get it again.")
    name = schedule + "scheduler_config.json"
    noise = files.json(name) if files.exists(name) else {}
    lacks = []
    if not files.exists(unet + _WEIGHTS):
        lacks.append(f"its weights ({unet}{_WEIGHTS})")
    if not noise:
        lacks.append(f"its noise schedule ({name})")
    return Match(_card(files.json(unet + "config.json"), noise, files.sidecar), missing=", ".join(lacks))


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as `plan` (models.runtime.fitting.plan.Plan) says. Raises BadInput."""
    from models.store.files import Files

    files = Files(path)
    match = recognise(files)
    if match is None:
        raise BadInput(f"{path} is no folder of a DDPM: choose one with a model_index.json of that kind.")
    if match.missing:
        raise BadInput(f"The model in {path} lacks {match.missing}: get it again.")
    from models.runtime.pipelines import pixel_diffusion

    network = pixel_diffusion.unet(str(files.full(_place(files, "unet", "config.json") + "config.json").parent), plan)
    schedule = files.json(_place(files, "scheduler", "scheduler_config.json") + "scheduler_config.json")
    return pixel_diffusion.PixelDiffusion(network, schedule, match.card)


def prepare() -> None:
    """Import what `load` needs, which takes seconds, while nobody waits for it."""
    import diffusers

    from models.runtime.pipelines import pixel_diffusion  # noqa: F401

    _ = diffusers.UNet2DModel, diffusers.DDIMScheduler


def tiny() -> Any:
    """A random miniature: 32² pictures, two levels, a hundred levels of noise."""
    from models.networks import miniature_pixels
    from models.runtime.pipelines.pixel_diffusion import PixelDiffusion

    pipeline = miniature_pixels.ddpm(times=100)
    card = replace(CARD, parameters=_parameters(32, 2, 100))
    return PixelDiffusion(pipeline.unet, dict(pipeline.scheduler.config), card)


def _place(files: Any, part: str, name: str) -> str:
    """Where a part lies: in a folder of its own, or, as in the first DDPMs, beside the index."""
    return f"{part}/" if files.exists(f"{part}/{name}") else ""


def _card(unet: Mapping[str, Any], schedule: Mapping[str, Any], told: Mapping[str, Any]) -> Card:
    """The card with this model's size and defaults in it. Raises BadInput where its config makes no sense."""
    try:
        side = unet.get("sample_size") or 256
        grid = 2 ** (len(unet["block_out_channels"]) - 1)
        native = -(-int(max(side) if isinstance(side, list) else side) // grid) * grid
        paints = int(unet.get("in_channels", 3))
        times = max(int(schedule.get("num_train_timesteps", 1000)), 1)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput("The model's config files hold values that make no sense: get the model again.") from error
    if paints not in (1, 3):
        raise BadInput(f"Its U-Net has {paints} channels, which are neither grey nor red, green and blue.")
    defaults = told.get("defaults")
    parameters = []
    for parameter in _parameters(native, grid, times):
        chosen = defaults.get(parameter.name) if isinstance(defaults, Mapping) else None
        parameters.append(parameter if chosen is None else replace(parameter, default=parameter.check(chosen)))
    return replace(CARD, parameters=tuple(parameters))
