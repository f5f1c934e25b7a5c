"""Adversarial super-resolution (ESRGAN, Wang et al. 2018), and the public upscalers that came after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.families.gan.upscaler_kinds import kind
from models.protocol import BadInput, Card, Input, Match, Parameter
from models.store.files import SIDECAR

_WEIGHTS = (".safetensors", ".pth", ".pt", ".ckpt")

CARD = Card(
    architecture="upscaler",
    name="Upscaler",
    family="gan",
    medium="picture",
    tasks=("upscale",),
    parameters=(
        Parameter(
            name="tile",
            type="int",
            default=128,
            minimum=32,
            maximum=1024,
            multiple_of=8,
            unit="px",
            label="Tile",
            help="How large a piece of the small picture is enlarged at a time, at most. Smaller ones need less memory "
            "and show more of the work, larger ones see more of what is around them.",
            suggested=(64, 128, 256, 512),
        ),
        Parameter(
            name="overlap",
            type="int",
            default=16,
            minimum=0,
            maximum=64,
            unit="px",
            label="Overlap",
            help="How far neighbouring tiles reach into each other, at most half a tile. Raise it where seams show.",
            advanced=True,
        ),
        Parameter(
            name="strength",
            type="float",
            default=1.0,
            minimum=0,
            maximum=1,
            label="Strength",
            help="How much of the network's picture is seen: 0 is the plain bicubic enlargement, 1 all that it draws.",
            suggested=(0.5, 0.75, 1.0),
        ),
    ),
    inputs=(
        Input(
            name="picture",
            medium="picture",
            label="Picture",
            help="The picture to make larger, of any size; transparent parts are laid on white.",
            tasks=("upscale",),
        ),
    ),
    process="Once through the network, tile by tile",
    guide="resources/guides/upscaler.md",
    seedless=("upscale",),
)


def recognise(files: Any) -> Match | None:
    """A file of weights, or a folder that holds one, whose tensors have the names of a known upscaler."""
    name = _weights(files)
    if not name or not (base := kind(files.tensors(name))):
        return None
    return Match(_card(_told(files)), base=base)


def load(path: str, plan: Any) -> Any:
    """The network in that file or folder, as `plan` (models.runtime.fitting.plan.Plan) says. Raises BadInput."""
    from models.networks import upscalers, weights
    from models.runtime.pictures.enlarging import Upscaler
    from models.store.files import Files

    files = Files(path)
    if not (name := _weights(files)):
        raise BadInput(f"{path} is no upscaler: choose one file of weights, or a folder with one in it.")
    found = upscalers.from_weights(weights.state_dict(files.full(name)))
    return Upscaler(upscalers.placed(found, plan.device, plan.dtype), _card(_told(files)))


def tiny() -> Any:
    """A random miniature of ESRGAN, which enlarges 32 pixels at a time."""
    import torch

    from models.networks import upscalers
    from models.runtime.pictures.enlarging import Upscaler

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = upscalers.rrdbnet(features=8, blocks=1)
    return Upscaler(upscalers.from_weights(network.state_dict()), _card({"defaults": {"tile": 32, "overlap": 4}}))


def _weights(files: Any) -> str:
    """The only file of weights, in a folder that describes no other kind of model; empty where there is none."""
    found = [name for name in files.names if name.lower().endswith(_WEIGHTS)]
    described = any(
        name.endswith((".json", ".yaml")) and name not in (SIDECAR, "training.json") for name in files.names
    )
    return found[0] if len(found) == 1 and "/" not in found[0] and not described else ""


def _told(files: Any) -> Mapping[str, Any]:
    return files.sidecar


def _card(told: Mapping[str, Any]) -> Card:
    """The card with the defaults that this model's own notes ask for, where its settings allow them."""
    asked = told.get("defaults")
    if not isinstance(asked, Mapping):
        return CARD
    return replace(CARD, parameters=tuple(_with_default(p, asked) for p in CARD.parameters))


def _with_default(parameter: Parameter, asked: Mapping[str, object]) -> Parameter:
    try:
        return replace(parameter, default=parameter.check(asked.get(parameter.name, parameter.default)))
    except BadInput:
        return parameter
