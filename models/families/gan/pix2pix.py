"""pix2pix (Isola et al. 2017): a sketch, a map or a plan into the picture that it could be of, in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.networks import translator_layout
from models.networks.translator_layout import LEARNED, OWN, Translators
from models.protocol import BadInput, Card, Input, Match, Parameter

TASK = "sketch-to-picture"


def _parameters(
    native: int, factor: int, lights: tuple[str, ...] = (), statistics: bool = True
) -> tuple[Parameter, ...]:
    """The settings of a model whose own pictures measure `native` pixels, in steps of `factor`."""
    steps = {max(round(native * share / factor), 1) * factor for share in (0.75, 1, 1.5, 2)}
    side = {
        "type": "int", "default": native, "minimum": max(native // 2 // factor, 1) * factor, "maximum": 4 * native,
        "multiple_of": factor, "unit": "px", "suggested": tuple(sorted(steps)),
    }  # fmt: skip
    size = (
        Parameter(
            name="width",
            label="Width",
            help=f"How wide the picture is. The sketch is scaled to cover it; this model learned on {native} pixels.",
            **side,  # type: ignore[arg-type]
        ),
        Parameter(
            name="height",
            label="Height",
            help="How tall the picture is. Wider or taller shows more of a scene, its things as large as they were.",
            **side,  # type: ignore[arg-type]
        ),
    )
    variation = Parameter(
        name="variation",
        type="float",
        default=0.5,
        minimum=0,
        maximum=1,
        label="Variation",
        help="How many numbers are left out at random inside the network, the only chance that it has: at 0 every "
        "seed gives the same picture, at 1 half of them are missing.",
        suggested=(0.0, 0.5, 1.0),
    )
    light = Parameter(
        name="light",
        type="choice",
        default=lights[0] if lights else "",
        choices=lights,
        label="Light",
        help="The time of day. The sketch is put on paper of a colour that stands for it.",
    )
    norms = Parameter(
        name="statistics",
        type="choice",
        default=OWN,
        choices=(OWN, LEARNED),
        label="Normalised by",
        help="Whose brightness and contrast the layers are measured against: the picture's own, as the authors do it, "
        "or what was usual in training.",
        advanced=True,
    )
    return (*((light,) if lights else ()), *size, variation, *((norms,) if statistics else ()))


CARD = Card(
    architecture="pix2pix",
    name="pix2pix",
    family="gan",
    medium="picture",
    tasks=(TASK,),
    parameters=_parameters(256, 256),
    inputs=(
        Input(
            name="sketch",
            medium="picture",
            label="Sketch",
            help="Dark lines on white, or whatever the model was trained to begin with. The starter also reads dabs of "
            "colour. It is scaled to cover the size chosen, and what hangs over is cut off.",
            tasks=(TASK,),
        ),
    ),
    process="From a sketch, in one pass",
    guide="resources/guides/pix2pix.md",
)


def recognise(files: Any) -> Match | None:
    """One U-Net generator under its authors' names, in a file or folder. Raises BadInput for several."""
    found = _read(files)
    return None if found is None else Match(_card(found))


def load(path: str, plan: Any) -> Any:
    """The model in that file or folder. Raises BadInput."""
    from models.runtime.pictures.translation import Pix2Pix, generator
    from models.store.files import Files

    files = Files(path)
    found = _read(files)
    if found is None:
        raise BadInput(f"{path} holds no U-Net generator: choose a file like latest_net_G.pth.")
    network: Any = generator(files, found.there, found.layout)
    own = found.everyform.get("statistics") != "trained"
    return Pix2Pix(network, _card(found), plan, _papers(found), own)


def prepare() -> None:
    """Import what `load` needs, which takes seconds, while nobody waits for it."""
    from models.runtime.pictures import translation  # noqa: F401


def tiny() -> Any:
    """A random miniature: 32² pictures, four levels, two lights."""
    import torch

    from models.networks.translators import UNetGenerator
    from models.runtime.fitting.plan import Plan
    from models.runtime.pictures.translation import Pix2Pix

    torch.manual_seed(0)
    network = UNetGenerator(3, 3, (8, 16, 16, 16)).eval().requires_grad_(False)
    card = replace(CARD, parameters=_parameters(32, 16, ("day", "night")))
    return Pix2Pix(network, card, Plan(), {"day": (255, 255, 255), "night": (120, 130, 200)}, True)


# ── this model's own card ─────────────────────────────────────────────────────


def _read(files: Any) -> Translators | None:
    found = translator_layout.read(files)
    return found if found and found.layout.kind == "unet" and not found.back else None


def _papers(found: Translators) -> Mapping[str, tuple[int, ...]]:
    """Colours by the name of the light that they stand for; whatever else a sidecar may say is not taken."""
    told = found.everyform.get("papers")
    if not isinstance(told, dict):
        return {}
    return {
        name: tuple(colour)
        for name, colour in told.items()
        if isinstance(colour, list) and len(colour) == 3 and all(type(v) is int and 0 <= v <= 255 for v in colour)
    }


def _card(found: Translators) -> Card:
    """The card with this model's size and lights. Public ones reach one place at their innermost level."""
    factor, size = found.layout.factor, found.everyform.get("size")
    native = size if isinstance(size, int) and size > 0 and size % factor == 0 else factor
    # Below this a picture of the size shows nothing.
    while native < 64:
        native *= 2
    batch = found.layout.config["norm"] == "batch" and "statistics" not in found.everyform
    return replace(CARD, parameters=_parameters(native, factor, tuple(_papers(found)), batch))
