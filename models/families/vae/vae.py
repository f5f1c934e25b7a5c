"""Variational autoencoders (Kingma and Welling 2014): a ladder of latents to draw from, or diffusers' AutoencoderKL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.protocol import BadInput, Card, Input, Match, Parameter

_KEY, _CONFIG, _STEM = "vae", "config.json", "diffusion_pytorch_model"
_PART = "vae"  # the folder of the autoencoder that a ladder sees through
_FRESH, _BLENDED = "drawn anew", "blended"
_ATTRIBUTES = ("night", "day")


def _parameters(attributes: tuple[str, ...], levels: int, dimensions: int) -> tuple[Parameter, ...]:
    """The settings of a ladder with so many levels of latents, the first of so many dimensions."""
    strongest = min(dimensions, 16)
    return (
        Parameter(
            name="temperature",
            type="float",
            default=0.9,
            minimum=0,
            maximum=1.5,
            label="Temperature",
            help="How far from the middle of its space the model draws what the whole picture is. Low is safe and "
            "alike, high is bold and sometimes broken.",
            suggested=(0.6, 0.9, 1.1),
            tasks=("sample", "walk"),
        ),
        Parameter(
            name="detail_temperature",
            type="float",
            default=0.9,
            minimum=0,
            maximum=1.5,
            label="Temperature of detail",
            help="The same for everything that is smaller than the picture. 0 leaves each detail at its average, which "
            "is blur.",
            suggested=(0.5, 0.9, 1.1),
            tasks=("sample", "walk"),
        ),
        Parameter(
            name="levels",
            type="int",
            default=levels,
            minimum=1,
            maximum=levels,
            label="Levels kept",
            help="How many levels of the picture's latents are used, from the coarsest on. The others stay at their "
            "average.",
            suggested=tuple(sorted({1, (levels + 1) // 2, levels})),
            tasks=("reconstruct",),
        ),
        _pictures(),
        Parameter(
            name="detail",
            type="choice",
            default=_FRESH,
            choices=(_FRESH, _BLENDED),
            label="Detail between",
            help="Draw the details of the pictures between anew, which is sharp, or blend those of the two ends.",
            tasks=("interpolate",),
        ),
        Parameter(
            name="squares",
            type="int",
            default=5,
            minimum=2,
            maximum=8,
            label="Pictures a side",
            help="The walk is a square of so many times so many pictures.",
            tasks=("walk",),
        ),
        _direction("across", 1, strongest, "from left to right"),
        _direction("down", min(2, strongest), strongest, "from top to bottom"),
        Parameter(
            name="reach",
            type="float",
            default=3.0,
            minimum=0.5,
            maximum=6,
            label="Reach",
            help="How far the walk goes from its middle. Past 4 it leaves what the model knows.",
            tasks=("walk",),
        ),
        Parameter(
            name="attribute",
            type="choice",
            default=attributes[0],
            choices=attributes,
            label="Towards",
            help="What the picture is moved towards: the difference between what pictures with it and without it are "
            "on average.",
            tasks=("change",),
        ),
        Parameter(
            name="amount",
            type="float",
            default=1.5,
            minimum=-3,
            maximum=3,
            label="Amount",
            help="How far it is moved. 1 is the average difference, a negative number moves it the other way.",
            suggested=(-1.0, 1.0, 2.0),
            tasks=("change",),
        ),
    )


def _pictures() -> Parameter:
    return Parameter(
        name="pictures",
        type="int",
        default=5,
        minimum=2,
        maximum=9,
        label="Pictures",
        help="How many pictures the row has, its two ends included.",
        tasks=("interpolate",),
    )


def _direction(name: str, default: int, strongest: int, way: str) -> Parameter:
    return Parameter(
        name=name,
        type="int",
        default=default,
        minimum=1,
        maximum=strongest,
        label=f"Direction {name}",
        help=f"Which direction of its space changes {way}: 1 is the one that changes pictures most.",
        tasks=("walk",),
    )


def _side(native: int, factor: int) -> Parameter:
    return Parameter(
        name="side",
        type="int",
        default=native,
        minimum=8 * factor,
        maximum=max(min(4 * native, 1024), native),
        multiple_of=factor,
        unit="px",
        suggested=tuple(dict.fromkeys((max(native // 2, 8 * factor), native))),
        label="Longer side",
        help="How large the picture is made before it is encoded. It keeps its shape.",
    )


CARD = Card(
    architecture=_KEY,
    name="VAE",
    family="vae",
    medium="picture",
    tasks=("sample", "reconstruct", "interpolate", "walk", "change"),
    parameters=_parameters(_ATTRIBUTES, 9, 64),
    inputs=(
        Input(
            name="picture",
            medium="picture",
            label="Picture",
            help="The picture to find in the model's space. What hangs over its square is cut off.",
            tasks=("reconstruct", "change"),
        ),
        Input(
            name="first",
            medium="picture",
            label="First picture",
            help="Where the row begins; without it, where the seed leads.",
            tasks=("interpolate",),
            required=False,
        ),
        Input(
            name="other",
            medium="picture",
            label="Last picture",
            help="Where the row ends; without it, where the next seed leads.",
            tasks=("interpolate",),
            required=False,
        ),
    ),
    process="Drawn from a space, level by level",
    guide="resources/guides/vae.md",
    seedless=("reconstruct", "change"),
)


def recognise(files: Any) -> Match | None:
    """A ladder of ours with its autoencoder, or a folder of diffusers' AutoencoderKL. Raises BadInput."""
    if not files.path.is_dir() or not files.exists(_CONFIG) or not isinstance(files.value(_CONFIG), dict):
        return None
    from models.networks import weights

    if (config := weights.read(files, _KEY)) is not None:
        lacks = "" if _is_autoencoder(files, f"{_PART}/") else f"the autoencoder that it sees through ({_PART}/)"
        return Match(_ladder_card(config), missing=lacks)
    if not _is_autoencoder(files, ""):
        return None
    lacks = "" if _variant(files, "") is not None else f"its weights ({_STEM}.safetensors)"
    return Match(_plain_card(files.json(_CONFIG)), missing=lacks)


def _is_autoencoder(files: Any, inside: str) -> bool:
    if not files.exists(inside + _CONFIG):
        return False
    return bool(files.json(inside + _CONFIG).get("_class_name") == "AutoencoderKL")


def _variant(files: Any, inside: str) -> str | None:
    """ "" for plain weights, "fp16" for those alone, None for none. Weights in shards count as plain."""
    if any(n.startswith(f"{inside}{_STEM}") and n.endswith(".safetensors") and ".fp16" not in n for n in files.names):
        return ""
    return "fp16" if files.exists(f"{inside}{_STEM}.fp16.safetensors") else None


def _ladder_card(config: Mapping[str, Any]) -> Card:
    """Raises BadInput where the config makes no sense."""
    try:
        names = tuple(str(name) for name in config.get("attributes", ()))
        levels, dimensions = 1 + sum(int(n) for n in config["rungs"]), int(config["whole"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput("The model's config.json holds values that make no sense: get it again.") from error
    parameters = _parameters(names or _ATTRIBUTES, levels, dimensions)
    if names:
        return replace(CARD, parameters=parameters)
    rest = tuple(task for task in CARD.tasks if task != "change")
    inputs = tuple(replace(i, tasks=tuple(t for t in i.tasks if t in rest)) for i in CARD.inputs)
    return replace(CARD, tasks=rest, inputs=inputs, seedless=("reconstruct",),
                   parameters=tuple(p for p in parameters if p.tasks != ("change",)))  # fmt: skip


def _plain_card(config: Mapping[str, Any]) -> Card:
    """An AutoencoderKL has no prior that could be drawn from: it goes there and back. Raises BadInput."""
    try:
        factor = 2 ** (len(config.get("block_out_channels", (64,))) - 1)
        told = int(config.get("sample_size", 32))
    except (TypeError, ValueError) as error:
        raise BadInput("The model's config.json holds values that make no sense: get it again.") from error
    if not 1 <= factor <= 64:
        raise BadInput("The model's config.json describes no autoencoder that can be used: get it again.")
    native = max(round(min(told if told >= 64 else 512, 1024) / factor), 8) * factor
    both = ("reconstruct", "interpolate")
    inputs = (
        Input("picture", "picture", "Picture", "The picture to encode. It keeps its shape.", both),
        Input("other", "picture", "Other picture", "The picture to arrive at, cut to the first one's shape.", both[1:]),
    )
    return replace(CARD, tasks=both, parameters=(_side(native, factor), _pictures()), inputs=inputs,
                   process="Into latents and back", seedless=both)  # fmt: skip


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as `plan` (models.runtime.fitting.plan.Plan) says. Raises BadInput."""
    from models.networks import weights
    from models.store.files import Files

    files = Files(path)
    config = weights.read(files, _KEY)
    if config is None:
        from models.runtime.pictures.autoencoder import Autoencoder

        vae = _autoencoder(files, "", plan)
        return Autoencoder(vae, _plain_card(files.json(_CONFIG)), plan)
    from models.networks.ladder_vae import LadderVAE
    from models.runtime.pictures.ladder import Ladder

    network = weights.load(LadderVAE, path, config).to(plan.device)
    vae = _autoencoder(files, f"{_PART}/", plan)
    if vae.config.latent_channels != network.channels:
        raise BadInput(
            f"Its ladder makes {network.channels} channels, and the autoencoder beside it reads "
            f"{vae.config.latent_channels}: put the one that it learned with there."
        )
    return Ladder(network, vae, _ladder_card(config))


def _autoencoder(files: Any, inside: str, plan: Any) -> Any:
    """The AutoencoderKL in that folder of the model's, which may be shared. Raises BadInput."""
    variant = _variant(files, inside)
    if not _is_autoencoder(files, inside) or variant is None:
        raise BadInput(f"{files.path.name} has no AutoencoderKL with weights: get the model again, with all its parts.")
    import torch
    from diffusers import AutoencoderKL

    folder = files.full(inside + _CONFIG).parent
    try:
        vae = AutoencoderKL.from_pretrained(
            folder, torch_dtype=getattr(torch, plan.dtype), local_files_only=True, use_safetensors=True,
            variant=variant or None, low_cpu_mem_usage=False,
        )  # fmt: skip
    except (TypeError, ValueError, RuntimeError, OSError) as error:
        raise BadInput(f"The weights in {folder.name} are not those that its config.json describes.") from error
    return vae.to(plan.device).eval().requires_grad_(False)


def tiny() -> Any:
    """A random miniature: a ladder of four latents over an autoencoder of 32² pictures."""
    import torch
    from diffusers import AutoencoderKL

    from models.networks.ladder_vae import LadderVAE
    from models.runtime.pictures.ladder import Ladder

    config: dict[str, Any] = {
        "channels": 4, "size": 8, "whole": 8, "widths": [8, 16], "rungs": [2, 1], "latents": [2, 3], "deep": 1,
        "attributes": list(_ATTRIBUTES),
    }  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(3)
        vae = AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
            block_out_channels=(8, 8, 16), latent_channels=4, norm_num_groups=4, sample_size=32,
            mid_block_add_attention=False,
        )  # fmt: skip
        network = LadderVAE(**config)
        for part in network.parameters():  # what starts at zero would leave every level without effect
            torch.nn.init.normal_(part, std=0.2)
        torch.nn.init.normal_(network.attributes)
    return Ladder(network.eval().requires_grad_(False), vae.eval().requires_grad_(False), _ladder_card(config))
