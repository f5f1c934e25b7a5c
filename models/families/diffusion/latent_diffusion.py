"""Latent diffusion (Rombach et al. 2022): Stable Diffusion 1, 2 and XL, and the starter that is built like them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from models.families.diffusion import stable_diffusion_additions as additions
from models.families.diffusion import stable_diffusion_card as shared
from models.families.diffusion.stable_diffusion_folder import StableDiffusionFolder
from models.protocol import Card, Match, Parameter
from models.sampling import schedulers


def _parameters(native: int, factor: int) -> tuple[Parameter, ...]:
    """The settings of a model whose own pictures measure `native` pixels, on a grid of `factor`."""
    return (
        *shared.sides(native, factor),
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
        shared.strength(),
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
    tasks=shared.TASKS,
    parameters=_parameters(512, 8),
    inputs=shared.INPUTS,
    process="Out of noise, everything at once",
    guide="resources/guides/latent-diffusion.md",
    prompt_limit=77,
    tokenizer="tokenizer",
    negative_prompt=True,
)


def recognise(files: Any) -> Match | None:
    """A diffusers folder of Stable Diffusion 1, 2 or XL, from its configs and tensor heads. Raises BadInput."""
    match = shared.claim(files, CARD.architecture, _card)
    return match and replace(match, card=additions.extended(match.card, additions.found(files)))


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as `plan` (models.runtime.fitting.plan.Plan) says. Raises BadInput."""
    from models.runtime.pipelines import stable_diffusion_plus as plus
    from models.store.files import Files

    folder, pipeline, colours = shared.opened(path, plan)
    more = additions.found(Files(path))
    controls = {name: partial(plus.control, place, plan) for name, place in more.controls.items()}
    styles = {name: partial(plus.style, place) for name, place in more.styles.items()}
    card = additions.extended(_card(folder), more)
    return plus.StableDiffusionPlus(pipeline, card, plan, colours, controls=controls, styles=styles)


def prepare() -> None:
    """Import what `load` needs, which takes seconds, while nobody waits for it."""
    import diffusers

    from models.runtime.pipelines import stable_diffusion_load, stable_diffusion_plus  # noqa: F401

    # Both are only imported once they are named.
    _ = diffusers.StableDiffusionPipeline, diffusers.StableDiffusionXLPipeline


def tiny() -> Any:
    """A random miniature: 64² pictures, two levels, four latent channels, with a control network and a style."""
    from models.networks import miniature
    from models.runtime.fitting.plan import Plan
    from models.runtime.pipelines.stable_diffusion_plus import StableDiffusionPlus

    pipeline = miniature.stable_diffusion()
    control, style = miniature.control(pipeline.unet), miniature.style(pipeline.unet)
    more = additions.Additions({"sketch": Path()}, {"ink": Path()})
    card = additions.extended(replace(CARD, parameters=_parameters(64, 8)), more)
    # Worn from the start, so that its strength is a setting that does something.
    worn = tuple(replace(p, default="ink") if p.name == "style" else p for p in card.parameters)
    return StableDiffusionPlus(
        pipeline,
        replace(card, parameters=worn),
        Plan(),
        controls={"sketch": lambda: control},
        styles={"ink": lambda: style},
    )


# ── this model's own card ─────────────────────────────────────────────────────


def _card(folder: StableDiffusionFolder) -> Card:
    """The card with this folder's limits and defaults in it."""
    defaults: dict[str, object] = {"scheduler": schedulers.default_for(folder.scheduler)}
    if folder.kind == "sdxl":
        defaults["guidance_scale"] = 6.0
    return shared.suited(CARD, folder, _parameters(folder.native, folder.factor), defaults)
