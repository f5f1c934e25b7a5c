"""PixelCNN (van den Oord et al. 2016; PixelCNN++, Salimans et al. 2017): each pixel foretold from those before it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.protocol import BadInput, Card, Emit, Input, Match, Parameter, Progress, Request

if TYPE_CHECKING:
    from torch import Tensor

    from models.networks.pixelcnn import PixelCNN

_SAMPLE, _COMPLETE, _MEASURE = "sample", "complete", "measure"
_SHOWN_EVERY = 8  # pixels from one preview to the next, at the least

CARD = Card(
    architecture="pixelcnn",
    name="PixelCNN",
    family="autoregressive",
    medium="picture",
    tasks=(_SAMPLE, _COMPLETE, _MEASURE),
    parameters=(
        Parameter(
            name="temperature",
            type="float",
            default=1.0,
            minimum=0.5,
            maximum=1.2,
            label="Temperature",
            help="How boldly each pixel is drawn. 1 is what was learned; below it pictures get calmer and plainer, "
            "above it noisier.",
            suggested=(0.7, 0.9, 1.0),
            tasks=(_SAMPLE, _COMPLETE),
        ),
        Parameter(
            name="keep",
            type="float",
            default=0.5,
            minimum=0.1,
            maximum=0.9,
            label="Kept",
            help="What share of the picture stays, from the top down; the rows below it are drawn anew.",
            suggested=(0.25, 0.5, 0.75),
            tasks=(_COMPLETE,),
        ),
        Parameter(
            name="enlarge",
            type="int",
            default=4,
            minimum=1,
            maximum=8,
            label="Enlarged",
            help="How many pixels wide each pixel of the result is, so that it can be seen; 1 leaves it as it is.",
            suggested=(1, 4, 8),
        ),
    ),
    inputs=(
        Input(
            name="picture",
            medium="picture",
            label="Picture",
            help="It is scaled to the model's own small square, and what hangs over is cut off.",
            tasks=(_COMPLETE, _MEASURE),
        ),
    ),
    process="Pixel by pixel, row after row",
    guide="resources/guides/pixelcnn.md",
    seedless=(_MEASURE,),
)


def recognise(files: Any) -> Match | None:
    """A folder with our config of a PixelCNN. Raises BadInput where its weights are missing."""
    from models.networks import weights

    return None if weights.read(files, CARD.architecture) is None else Match(CARD)


def load(path: str, plan: Any) -> Any:
    """The model in that folder, on `plan`'s device. Raises BadInput."""
    from models.networks import weights
    from models.networks.pixelcnn import PixelCNN
    from models.store.files import Files

    config = weights.read(Files(path), CARD.architecture)
    if config is None:
        raise BadInput(f"{path} holds no PixelCNN: choose a folder with one.")
    return Model(weights.load(PixelCNN, path, config).to(plan.device))


def prepare() -> None:
    """Import what `load` needs, while nobody waits for it."""
    from models.networks import pixelcnn  # noqa: F401
    from models.runtime.pictures import small  # noqa: F401


def tiny() -> Any:
    """A random miniature: pictures of 8 × 8 pixels."""
    import torch

    from models.networks.pixelcnn import PixelCNN

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = PixelCNN(8, 8, (1, 2), 2)
        for weight in network.parameters():  # so that what it draws depends on what is there
            weight.data += 0.1 * torch.randn_like(weight)
    return Model(network.eval().requires_grad_(False))


@dataclass
class _Sheet:
    """What is there so far: the picture (3, side, side), the bits that each pixel took, and how many are there."""

    picture: Tensor
    bits: Tensor
    done: int = 0


class Model:
    """One loaded network, for use, on its device."""

    def __init__(self, network: PixelCNN) -> None:
        self.card = CARD
        self._network = network

    def generate(self, request: Request, emit: Emit) -> Any:
        """A new picture, the rest of one, or how surprising each of its pixels is. Raises BadInput for the picture."""
        import torch

        from models.outputs.media import Picture
        from models.runtime import pixels
        from models.runtime.pictures import small

        side = self._network.side
        given, kept = None, 0
        if request.task != _SAMPLE:
            given = pixels.read(request.inputs["picture"], side, side)[0]
            share = float(request.settings["keep"]) if request.task == _COMPLETE else 1.0
            kept = min(max(round(share * side), 1), side - (request.task == _COMPLETE))
        with torch.inference_mode():
            sheet = self._unfold(request, given, kept, emit)
            result = sheet.picture
            if request.task == _MEASURE:
                result = pixels.in_a_row([sheet.picture, self._shown(sheet, True)])
        facts = small.facts(sheet.bits.mean().item() / 3, sheet.picture)
        if request.task == _COMPLETE:
            facts["bits per dimension of the rows drawn"] = f"{sheet.bits[kept:].mean().item() / 3:.3f}"
        return Picture(small.enlarged(result, int(request.settings["enlarge"])), facts)

    def _unfold(self, request: Request, given: Tensor | None, kept: int, emit: Emit) -> _Sheet:
        """Go through all places in order: the first `kept` rows as they are `given`, the others drawn."""
        import torch

        from models.networks import logistic_mixture
        from models.networks.pixelcnn import Unfolding
        from models.runtime import pixels

        network, side, measured = self._network, self._network.side, request.task == _MEASURE
        temperature = float(request.settings.get("temperature", 1.0))
        draws = torch.Generator("cpu").manual_seed(request.seed)
        chances = torch.rand((side * side, 1, network.mixtures + 3), generator=draws).to(network.rows)
        sheet = _Sheet(torch.zeros(3, side, side), torch.zeros(side, side))
        if given is not None:
            sheet.picture[:, :kept] = given[:, :kept]
        unfolding = Unfolding(network)
        for row in range(side):
            for column in range(side):
                expected = unfolding.expected()
                if row < kept:
                    pixel = sheet.picture[:, row, column][None].to(expected)
                else:
                    pixel = logistic_mixture.draw(expected, chances[row * side + column], temperature)
                    sheet.picture[:, row, column] = pixel[0]
                unfolding.put(pixel)
                sheet.bits[row, column] = -logistic_mixture.log_prob(expected, pixel)[0] / math.log(2)
                sheet.done += 1
                if sheet.done % _SHOWN_EVERY == 0 and emit.wants_preview():
                    level = 1 - sheet.done / (side * side)
                    emit(pixels.preview(self._shown(sheet, measured), sheet.done // side, level))
            emit(Progress(row + 1, side))
        return sheet

    def _shown(self, sheet: _Sheet, measured: bool) -> Tensor:
        """The picture so far, or the map of its surprises; what is not there yet is grey."""
        import torch

        from models.runtime.pictures import small

        if not measured:
            return sheet.picture
        there = (torch.arange(sheet.bits.numel()) < sheet.done).view(sheet.bits.shape)
        return torch.where(there, small.heat(sheet.bits / small.WHOLE), torch.zeros(()))
