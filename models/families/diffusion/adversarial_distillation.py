"""Adversarial diffusion distillation (Sauer et al. 2023): SD Turbo, SDXL Turbo, and a starter taught the same way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.families.diffusion import stable_diffusion_card as shared
from models.families.diffusion.stable_diffusion_folder import StableDiffusionFolder
from models.protocol import Card, Match, Parameter


def _parameters(native: int, factor: int) -> tuple[Parameter, ...]:
    return (
        *shared.sides(native, factor),
        Parameter(
            name="steps",
            type="int",
            default=1,
            minimum=1,
            maximum=4,
            label="Passes",
            help="How often the picture goes through the network. One is what it was made for; more may add detail.",
            suggested=(1, 2, 4),
        ),
        # One pass that begins nearer to noise than this keeps too little of the start picture to be told.
        shared.strength(0.5),
    )


CARD = Card(
    architecture="adversarial-distillation",
    name="Adversarial distillation",
    family="diffusion",
    medium="picture",
    tasks=shared.TASKS,
    parameters=_parameters(512, 8),
    inputs=shared.INPUTS,
    process="Out of noise, in a single pass",
    guide="resources/guides/adversarial-distillation.md",
    prompt_limit=77,
    tokenizer="tokenizer",
    weighs_words=True,
)


def recognise(files: Any) -> Match | None:
    """A diffusers folder of Stable Diffusion distilled with a discriminator, told by its sampler. Raises BadInput."""
    return shared.claim(files, CARD.architecture, _card)


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as `plan` (models.runtime.fitting.plan.Plan) says. Raises BadInput."""
    from models.runtime.pipelines.few_steps import ExactPasses

    folder, pipeline, colours = shared.opened(path, plan)
    sampler = "Euler" if folder.scheduler == "EulerDiscreteScheduler" else "Euler a"
    return ExactPasses(pipeline, _card(folder), plan, colours, sampler=sampler)


def tiny() -> Any:
    """A random miniature: 64² pictures, two levels, four latent channels."""
    from models.networks import miniature
    from models.runtime.fitting.plan import Plan
    from models.runtime.pipelines.few_steps import ExactPasses

    pipeline = miniature.stable_diffusion(scheduler="EulerAncestralDiscreteScheduler", spacing="trailing")
    return ExactPasses(pipeline, replace(CARD, parameters=_parameters(64, 8)), Plan(), sampler="Euler a")


def _card(folder: StableDiffusionFolder) -> Card:
    """The card with this folder's limits and defaults in it."""
    return shared.suited(CARD, folder, _parameters(folder.native, folder.factor), {})
