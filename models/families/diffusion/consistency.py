"""Latent consistency models (Luo et al. 2023): each step goes all the way from noise to a picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.families.diffusion import stable_diffusion_card as shared
from models.families.diffusion.stable_diffusion_folder import StableDiffusionFolder
from models.protocol import Card, Match, Parameter

_GUIDANCE = Parameter(
    name="guidance_scale",
    type="float",
    default=7.5,
    minimum=1,
    maximum=20,
    label="Guidance",
    help="How closely the picture follows the prompt. This model was taught what guidance does, so it costs no time.",
    suggested=(4.0, 7.5, 12.0),
)


def _parameters(native: int, factor: int, guided: bool) -> tuple[Parameter, ...]:
    """The settings of a model; `guided` where its U-Net is told the guidance scale and so lets one choose."""
    return (
        *shared.sides(native, factor),
        Parameter(
            name="steps",
            type="int",
            default=4,
            minimum=1,
            maximum=8,
            label="Steps",
            help="How many strides it takes. One is a soft sketch, four are a picture; past that little changes.",
            suggested=(1, 2, 4, 8),
        ),
        *((_GUIDANCE,) if guided else ()),
        shared.strength(),
    )


CARD = Card(
    architecture="consistency",
    name="Consistency model",
    family="diffusion",
    medium="picture",
    tasks=shared.TASKS,
    parameters=_parameters(512, 8, guided=True),
    inputs=shared.INPUTS,
    process="Out of noise, in a few long strides",
    guide="resources/guides/consistency.md",
    prompt_limit=77,
    tokenizer="tokenizer",
    weighs_words=True,
)


def recognise(files: Any) -> Match | None:
    """A diffusers folder of a latent consistency model, or of Stable Diffusion with LCM's sampler. Raises BadInput."""
    return shared.claim(files, CARD.architecture, _card)


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as `plan` (models.runtime.fitting.plan.Plan) says. Raises BadInput."""
    from models.runtime.pipelines.few_steps import FewSteps

    folder, pipeline, colours = shared.opened(path, plan)
    return FewSteps(pipeline, _card(folder), plan, colours)


def tiny() -> Any:
    """A random miniature: 64² pictures, two levels, and a U-Net that is told the guidance scale."""
    from models.networks import miniature
    from models.runtime.fitting.plan import Plan
    from models.runtime.pipelines.few_steps import FewSteps

    pipeline = miniature.stable_diffusion(scheduler="LCMScheduler", guidance_embedding=16)
    return FewSteps(pipeline, replace(CARD, parameters=_parameters(64, 8, guided=True)), Plan())


def _card(folder: StableDiffusionFolder) -> Card:
    """The card with this folder's limits and defaults in it."""
    return shared.suited(CARD, folder, _parameters(folder.native, folder.factor, folder.distilled), {})
