"""StyleGAN2 (Karras et al. 2020): random numbers become a style, and the style is felt at every resolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.families.gan.latent_space import FRAMES, INTERPOLATE, MIX, OTHER_SEED, SAMPLE, WALK
from models.protocol import BadInput, Card, Match, Parameter
from models.runtime import parts

ENDINGS = (".safetensors", ".pth", ".pt", ".ckpt")


def _parameters(styles: int, classes: int = 0) -> tuple[Parameter, ...]:
    """The settings of a model with that many layers to style."""
    mixing: dict[str, Any] = {"type": "int", "minimum": 1, "maximum": styles, "tasks": (MIX,)}
    coarse = min(4, styles)
    bands = (coarse + 1, min(coarse + 4, styles)) if styles > coarse else (1, styles)
    label = Parameter(
        name="label",
        type="int",
        default=0,
        minimum=0,
        maximum=max(classes - 1, 0),
        label="Class",
        help="The number of the class that the picture is of.",
    )
    return (
        *((label,) if classes else ()),
        Parameter(
            name="truncation_psi",
            type="float",
            default=0.7,
            minimum=0,
            maximum=1.5,
            label="Truncation ψ",
            help="How far a picture may be from the average one: 0 is the average itself, 0.7 is safe, 1 is as varied "
            "as what was learned, and more is a caricature.",
            suggested=(0.5, 0.7, 0.85, 1.0),
        ),
        Parameter(
            name="noise",
            type="choice",
            default="fresh",
            choices=("fresh", "fixed", "off"),
            label="Noise",
            help="Where small chances come from, such as the lie of each hair: drawn by the seed, always the same, or "
            "none, which is smoother.",
            advanced=True,
        ),
        replace(OTHER_SEED, tasks=(INTERPOLATE, MIX), help="The seed of the other picture; the seed itself is that of "
                "the first."),
        Parameter(
            name="mix_from",
            default=1,
            label="Mix from layer",
            help=f"The first layer that takes the other picture's style. 1 to {coarse} are coarse (pose, shape), the "
            f"last ones fine (colours).",
            suggested=tuple(dict.fromkeys((1, bands[0], min(bands[1] + 1, styles)))),
            **mixing,
        ),
        Parameter(
            name="mix_to",
            default=coarse,
            label="Mix to layer",
            help=f"The last layer that takes it, of {styles}.",
            suggested=tuple(dict.fromkeys((coarse, bands[1], styles))),
            **mixing,
        ),
        FRAMES,
        Parameter(
            name="stride",
            type="float",
            default=0.34,
            minimum=0.02,
            maximum=1,
            label="Stride",
            help="How far each picture of the walk is on its way to the next random one: 0.02 hardly moves, 1 jumps.",
            suggested=(0.2, 0.34, 0.5),
            tasks=(WALK,),
        ),
    )  # fmt: skip


CARD = Card(
    architecture="stylegan",
    name="StyleGAN",
    family="gan",
    medium="picture",
    tasks=(SAMPLE, MIX, INTERPOLATE, WALK),
    parameters=_parameters(18),
    process="A style, felt at every resolution",
    guide="resources/guides/stylegan.md",
)


def recognise(files: Any) -> Match | None:
    """Ours by its config; a public generator's file by its names and shapes."""
    found = _found(files)
    return None if found is None else Match(_card(files, found[2]))


def load(path: str, plan: Any) -> Any:
    """The model in that file or folder, on `plan`'s device. Raises BadInput."""
    from models.networks import stylegan2, weights
    from models.networks.stylegan2_layout import renamed
    from models.runtime.pictures.stylegan import StyleGan
    from models.store.files import Files

    files = Files(path)
    found = _found(files)
    if found is None:
        raise BadInput(f"{path} holds no StyleGAN2: choose the folder of one, or the file of its generator's weights.")
    name, layout, config = found
    if layout is None:
        return StyleGan(_card(files, config), weights.load(stylegan2.Generator, files.path, config), plan)
    tensors = renamed(weights.state_dict(files.full(name)), layout)
    try:
        network = stylegan2.Generator(**config)
    except ValueError as error:
        raise BadInput(f"The weights in {name} are of sizes that no StyleGAN2 has: get the model again.") from error
    return StyleGan(_card(files, config), stylegan2.filled(network, tensors, name), plan)


def prepare() -> None:
    """Import what `load` needs, while nobody waits for it."""
    from models.networks import stylegan2  # noqa: F401
    from models.runtime.pictures import stylegan  # noqa: F401


def tiny() -> Any:
    """A random miniature: 16 numbers to 32² pictures."""
    import torch

    from models.networks import stylegan2
    from models.runtime.fitting.plan import Plan
    from models.runtime.pictures.stylegan import StyleGan

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = stylegan2.Generator(16, 16, 2, (8, 8, 8, 8))
    for layer in range(network.synthesis.layers):  # so that there is noise to turn off
        network.synthesis.layer(layer).noise_strength.data.fill_(0.3)
    card = replace(CARD, parameters=_parameters(network.synthesis.layers + 1))
    return StyleGan(card, network.eval().requires_grad_(False), Plan())


# ── what lies there ───────────────────────────────────────────────────────────


def _found(files: Any) -> tuple[str, Any, dict[str, Any]] | None:
    """The file of weights, its layout where it is not our own, and the network's config."""
    from models.networks import stylegan2_layout, weights

    if files.exists(weights.CONFIG):
        config = weights.read(files, CARD.architecture)
        return None if config is None else (weights.WEIGHTS, None, config)
    for name in files.names:
        if "/" in name or not name.lower().endswith(ENDINGS):
            continue
        layout = stylegan2_layout.find({key: shape for key, (_, shape) in files.tensors(name).items()})
        if layout is not None:
            return name, layout, layout.config
    return None


def _card(files: Any, config: Mapping[str, Any]) -> Card:
    """The card with this model's layers and defaults in it. Raises BadInput where its config has none."""
    channels, classes = config.get("channels"), config.get("classes", 0)
    if not isinstance(channels, list) or not channels or not isinstance(classes, int):
        raise BadInput(f"The config of {files.path.name} describes no StyleGAN2: get the model again.")
    return replace(CARD, parameters=parts.preset(_parameters(2 * len(channels), classes), files.sidecar))
