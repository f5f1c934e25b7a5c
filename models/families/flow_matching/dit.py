"""Diffusion transformers trained by flow matching (Esser et al. 2024): Stable Diffusion 3, Flux, PRX, the starter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from models.families.diffusion.addition_settings import style_settings
from models.families.flow_matching import dit_file, dit_folder, dit_styles
from models.families.flow_matching.dit_folder import DitFolder
from models.protocol import BadInput, Card, Input, Match, Parameter
from models.store import additions

_FROM_PICTURE = "picture-to-picture"


def _parameters(native: int, grid: int, largest: int) -> tuple[Parameter, ...]:
    """The settings of a model whose own pictures measure `native` pixels, on a grid of `grid`."""
    coarse = 64 if native >= 512 else max(32, grid)
    sizes = dict.fromkeys(max(round(native * share / coarse), 1) * coarse for share in (0.75, 1, 1.25, 1.5))
    side = {
        "type": "int", "default": native, "minimum": max(native // 4 // grid, 2) * grid, "maximum": largest,
        "multiple_of": grid, "unit": "px", "suggested": tuple(size for size in sizes if size <= largest),
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
            help=f"How tall the picture is. This model learned on {native} pixels and is at its best near that.",
            **side,  # type: ignore[arg-type]
        ),
        Parameter(
            name="steps",
            type="int",
            default=28,
            minimum=1,
            maximum=100,
            label="Steps",
            help="Into how many straight pieces the way is cut. The way is nearly straight, so few already do.",
            suggested=(4, 8, 16, 28),
        ),
        Parameter(
            name="shift",
            type="float",
            default=3.0,
            minimum=0.2,
            maximum=12,
            label="Shift",
            help="Where the steps lie: above 1 more of them deal with noise, which settles the composition; below 1 "
            "more of them deal with detail. Larger pictures want more.",
            suggested=(0.5, 1.0, 2.0, 3.0),
        ),
        Parameter(
            name="guidance_scale",
            type="float",
            default=5.0,
            minimum=1,
            maximum=15,
            label="Guidance",
            help="How closely the picture follows the prompt. Low is freer, high is stricter and harsher; 1 turns "
            "guidance and the negative prompt off, and takes half the time.",
            suggested=(1.0, 3.0, 5.0, 7.0),
        ),
        Parameter(
            name="strength",
            type="float",
            default=0.7,
            minimum=0.05,
            maximum=1,
            label="Strength",
            help="How far back towards the noise the start picture is taken: a little keeps its shapes, 1 keeps "
            "nothing of it.",
            suggested=(0.4, 0.6, 0.8, 1.0),
            tasks=(_FROM_PICTURE,),
        ),
    )


CARD = Card(
    architecture="dit-flow-matching",
    name="Diffusion transformer, flow matching",
    family="flow-matching",
    medium="picture",
    tasks=("text-to-picture", _FROM_PICTURE),
    parameters=_parameters(1024, 16, 2048),
    inputs=(
        Input(
            name="picture",
            medium="picture",
            label="Start picture",
            help="The picture to start from. It is scaled to cover the size chosen, and what hangs over is cut off.",
            tasks=(_FROM_PICTURE,),
        ),
    ),
    process="Out of noise, by the straightest way",
    guide="resources/guides/dit-flow-matching.md",
    prompt_limit=77,
    tokenizer="tokenizer",
    negative_prompt=True,
)


def recognise(files: Any) -> Match | None:
    """A diffusers folder of Stable Diffusion 3, Flux or PRX, from its configs, or a file with all of SD 3 or Flux in
    it. Raises BadInput."""
    folder = _facts(files)
    if folder is None:
        return None
    return Match(
        card=_card(folder, dit_styles.found(files.path, folder)),
        base=folder.base,
        missing=folder.missing,
        around=(*folder.around, *additions.around(files.path)),
    )


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as `plan` (models.runtime.fitting.plan.Plan) says. Raises BadInput."""
    from models.store.files import Files

    files = Files(path)
    folder = _facts(files)
    if folder is None:
        raise BadInput(f"{path} is no folder of a flow-matching transformer: choose one of Stable Diffusion 3 or Flux.")
    if folder.missing:
        raise BadInput(f"The model in {path} lacks {folder.missing}: get it again.")
    from models.networks import weights
    from models.runtime import adapted
    from models.runtime.pipelines import flow_matching
    from models.sampling import latent_rgb

    if files.path.is_file():
        pipeline = flow_matching.one_file(
            path, plan, base=folder.base, detail=folder.detail, words=folder.words, beside=folder.beside
        )
    else:
        pipeline = flow_matching.pipeline(
            path, plan, kind=folder.kind, texts=folder.texts, variant=folder.variant, shared=adapted.places(files)
        )
    colours = latent_rgb.from_json(folder.everyform.get("latent_rgb"), folder.channels)

    def styles() -> dict[str, Any]:
        """What is there now: more may be added while the model is warm."""
        return {
            name: partial(weights.state_dict, place) for name, place in dit_styles.found(files.path, folder).items()
        }

    return flow_matching.FlowMatching(
        pipeline, _card(folder, styles()), plan, colours, styles=styles,
        whole_text=folder.everyform.get("whole_text") is True,
    )  # fmt: skip


def _facts(files: Any) -> DitFolder | None:
    """What a folder says of itself, or a single file. Raises BadInput."""
    return dit_file.read(files) if files.path.is_file() else dit_folder.read(files)


def prepare() -> None:
    """Import what `load` needs, which takes seconds, while nobody waits for it."""
    import diffusers

    from models.runtime.pipelines import flow_matching  # noqa: F401

    # Each is only imported once it is named.
    _ = diffusers.PRXPipeline, diffusers.StableDiffusion3Pipeline


def tiny() -> Any:
    """A random miniature: 64² pictures, two blocks, four latent channels."""
    from models.networks import miniature_flow
    from models.runtime.fitting.plan import Plan
    from models.runtime.pipelines.flow_matching import FlowMatching

    card = replace(CARD, parameters=_parameters(64, 16, 256))
    return FlowMatching(miniature_flow.flow_matching("prx"), card, Plan())


# ── this model's own card ─────────────────────────────────────────────────────


def _card(folder: DitFolder, styles: Mapping[str, Any]) -> Card:
    """The card with this folder's limits and defaults in it, and a choice of these styles."""
    defaults: dict[str, object] = {"shift": folder.shift}
    if folder.kind == "flux":
        # One of its kind was taught guidance, the other to do in four steps without.
        defaults |= {"guidance_scale": 3.5} if folder.distilled else {"guidance_scale": 1.0, "steps": 4}
    told = folder.everyform.get("defaults")
    if isinstance(told, Mapping):
        defaults |= told
    parameters = tuple(_with_default(p, defaults) for p in _parameters(folder.native, folder.grid, folder.largest))
    return replace(
        CARD,
        parameters=(*parameters, *style_settings(styles)),
        prompt_limit=folder.prompt_limit,
        tokenizer=folder.tokenizer,
        negative_prompt=not folder.distilled,
    )


def _with_default(parameter: Parameter, defaults: Mapping[str, object]) -> Parameter:
    """The parameter with the model's default, unless the model asks for what its own range forbids."""
    if parameter.name not in defaults:
        return parameter
    try:
        return replace(parameter, default=parameter.check(defaults[parameter.name]))
    except BadInput:
        return parameter
