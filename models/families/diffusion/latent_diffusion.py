"""Latent diffusion (Rombach et al. 2022): Stable Diffusion 1, 2 and XL, and the starter that is built like them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from models.families.diffusion import stable_diffusion_additions as additions
from models.families.diffusion import stable_diffusion_card as shared
from models.families.diffusion.addition_settings import extended
from models.families.diffusion.stable_diffusion_folder import REFINER, StableDiffusionFolder
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
    weighs_words=True,
)


def recognise(files: Any) -> Match | None:
    """A diffusers folder or a single file of Stable Diffusion 1, 2, XL or its refiner, from its configs and tensor
    heads. Raises BadInput."""
    match = shared.claim(
        files, CARD.architecture, lambda folder: extended(_card(folder), additions.found(files, folder))
    )
    return match and replace(match, around=additions.around(files.path))


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as `plan` (models.runtime.fitting.plan.Plan) says. Raises BadInput."""
    from models.runtime.pipelines import kit
    from models.runtime.pipelines.stable_diffusion_plus import StableDiffusionPlus
    from models.store.files import Files

    folder, pipeline, colours = shared.opened(path, plan)

    def there() -> kit.Kit:
        """What is there now: more may be added while the model is warm."""
        more = additions.found(Files(path), folder)
        return kit.Kit(
            {name: partial(kit.control, place, pipeline, plan) for name, place in more.controls.items()},
            {name: partial(kit.weights, place) for name, place in more.styles.items()},
            {name: partial(kit.weights, place) for name, place in more.words.items()},
            {
                name: partial(kit.small_decoder if one.kind == "TAESD" else kit.autoencoder, one.path, pipeline, plan)
                for name, one in more.decoders.items()
            },
        )

    card = extended(_card(folder), additions.found(Files(path), folder))
    return StableDiffusionPlus(pipeline, card, plan, colours, kit=there)


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
    from models.runtime.pipelines.kit import Kit
    from models.runtime.pipelines.stable_diffusion_plus import StableDiffusionPlus

    pipeline = miniature.stable_diffusion()
    control, style = miniature.control(pipeline.unet), miniature.style(pipeline.unet)
    more = additions.Additions({"sketch": Path()}, {"ink": Path()})
    card = extended(replace(CARD, parameters=_parameters(64, 8)), more)
    # Worn from the start, so that its strength is a setting that does something.
    worn = tuple(replace(p, default="ink") if p.name == "style" else p for p in card.parameters)
    kit = Kit({"sketch": lambda: control}, {"ink": lambda: style})
    return StableDiffusionPlus(pipeline, replace(card, parameters=worn), Plan(), kit=lambda: kit)


# ── this model's own card ─────────────────────────────────────────────────────


def _card(folder: StableDiffusionFolder) -> Card:
    """The card with this folder's limits and defaults in it."""
    defaults: dict[str, object] = {"scheduler": schedulers.default_for(folder.scheduler)}
    if folder.kind != "sd":
        defaults["guidance_scale"] = 6.0
    if folder.kind == REFINER:  # what it was made for: the last of the way, on pictures that are nearly there
        defaults["strength"] = 0.3
    return shared.suited(CARD, folder, _parameters(folder.native, folder.factor), defaults)
