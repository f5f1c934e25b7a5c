"""CycleGAN (Zhu et al. 2017): one kind of picture into another, learned without a single pair of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.networks import translator_layout
from models.networks.translator_layout import LEARNED, OWN, Translators
from models.protocol import BadInput, Card, Input, Match, Parameter

TASK = "translate"


def _parameters(
    native: int, factor: int, directions: tuple[str, ...] = ("A to B", "B to A"), statistics: bool = False
) -> tuple[Parameter, ...]:
    """The settings of a model that learned on `native` pixels, in steps of `factor`. One direction is no choice."""
    direction = Parameter(
        name="direction",
        type="choice",
        default=directions[0],
        choices=directions,
        label="Direction",
        help="What is turned into what. Each direction has a network of its own.",
    )
    round_trip = Parameter(
        name="round_trip",
        type="bool",
        default=False,
        label="Round trip",
        help="Translate the result back, too, and show all three side by side: the closer the last is to the first, "
        "the less was lost.",
    )
    size = Parameter(
        name="size",
        type="int",
        default=native,
        minimum=max(native // 2 // factor, 4) * factor,
        maximum=8 * native,
        multiple_of=factor,
        unit="px",
        suggested=(native, 2 * native, 4 * native),
        label="Shorter side",
        help=f"How long the shorter side becomes; the picture keeps its shape. This model learned on {native} pixels.",
    )
    norms = Parameter(
        name="statistics",
        type="choice",
        default=LEARNED,
        choices=(OWN, LEARNED),
        label="Normalised by",
        help="Whose brightness and contrast the layers are measured against: the picture's own, or what was usual in "
        "training.",
        advanced=True,
    )
    both = (direction, round_trip) if len(directions) == 2 else ()
    return (*both, size, *((norms,) if statistics else ()))


CARD = Card(
    architecture="cyclegan",
    name="CycleGAN",
    family="gan",
    medium="picture",
    tasks=(TASK,),
    parameters=_parameters(256, 4),
    inputs=(
        Input(
            name="picture",
            medium="picture",
            label="Picture",
            help="The picture to translate, of the kind that the direction begins with.",
            tasks=(TASK,),
        ),
    ),
    process="One kind of picture into another, in one pass",
    guide="resources/guides/cyclegan.md",
    seedless=(TASK,),
)


def recognise(files: Any) -> Match | None:
    """One residual generator under its authors' names, or two generators of either kind. Raises BadInput."""
    found = _read(files)
    return None if found is None else Match(_card(found))


def load(path: str, plan: Any) -> Any:
    """The model in that file or folder. Raises BadInput."""
    from models.runtime.pictures.translation import CycleGan, generator
    from models.store.files import Files

    files = Files(path)
    found = _read(files)
    if found is None:
        raise BadInput(f"{path} holds no generator of CycleGAN: choose a file like latest_net_G_A.pth.")
    there = generator(files, found.there, found.layout)
    ways: dict[str, Any] = {_directions(found)[0]: (there, None)}
    if found.back_layout is not None:
        back = generator(files, found.back, found.back_layout)
        ways = dict(zip(_directions(found), ((there, back), (back, there)), strict=True))
    return CycleGan(ways, _card(found), plan, _factor(found), found.layout.kind == "unet")


def prepare() -> None:
    """Import what `load` needs, which takes seconds, while nobody waits for it."""
    from models.runtime.pictures import translation  # noqa: F401


def tiny() -> Any:
    """A random miniature of 32² pictures, both ways, with statistics of its own."""
    import torch

    from models.networks.translators import ResnetGenerator
    from models.runtime.fitting.plan import Plan
    from models.runtime.pictures.translation import CycleGan

    torch.manual_seed(0)
    one, other = (ResnetGenerator(3, 3, 4, 2, norm="batch", bias=False).eval().requires_grad_(False) for _ in range(2))
    directions = ("A to B", "B to A")
    ways = dict(zip(directions, ((one, other), (other, one)), strict=True))
    return CycleGan(ways, replace(CARD, parameters=_parameters(32, 4, directions, True)), Plan(), 4, False)


# ── this model's own card ─────────────────────────────────────────────────────


def _read(files: Any) -> Translators | None:
    found = translator_layout.read(files)
    return found if found and (found.layout.kind == "resnet" or found.back) else None


def _directions(found: Translators) -> tuple[str, ...]:
    one, other = found.domains or ("A", "B")
    return (f"{one} to {other}", f"{other} to {one}") if found.back else (f"{one} to {other}",)


def _factor(found: Translators) -> int:
    return max(layout.factor for layout in (found.layout, found.back_layout) if layout)


def _card(found: Translators) -> Card:
    factor, size = _factor(found), found.everyform.get("size")
    native = size if isinstance(size, int) and size >= 32 and size % factor == 0 else max(256, factor)
    batch = found.layout.config["norm"] == "batch" and "statistics" not in found.everyform
    process = CARD.process if found.back else f"{_directions(found)[0]}, in one pass"
    return replace(CARD, parameters=_parameters(native, factor, _directions(found), batch), process=process)
