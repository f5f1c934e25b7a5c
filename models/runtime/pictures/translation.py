"""Pictures into other pictures in one pass: what pix2pix and CycleGAN have in common, and what each makes of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from models.networks import weights
from models.networks.translator_layout import OWN, Layout, cleaned
from models.networks.translators import ResnetGenerator, UNetGenerator
from models.outputs.media import Picture
from models.outputs.read import open_picture
from models.protocol import BadInput, Card, Emit, Progress, Request
from models.runtime import pixels
from models.runtime.fitting.plan import Plan
from models.store.files import Files

Generator = UNetGenerator | ResnetGenerator
SHOWN = 64  # channels of a layer that a preview is made of: more take longer to sort than the layer took
GAP = 4  # white pixels between the pictures of a strip


def generator(files: Files, name: str, layout: Layout) -> Generator:
    """The network in that file, for use. Raises BadInput where its weights do not fit together."""
    kinds: dict[str, Callable[..., Generator]] = {"unet": UNetGenerator, "resnet": ResnetGenerator}
    try:
        network = kinds[layout.kind](**layout.config)
    except (ValueError, RuntimeError) as error:
        raise BadInput(f"{name} describes no generator that can be built: get the model again.") from error
    return weights.fill(network, cleaned(weights.state_dict(files.full(name)), layout), name)


def passes(network: Generator) -> int:
    """How many of its layers a generator tells of on the way."""
    return 2 * len(network.levels) if isinstance(network, UNetGenerator) else network.stages


class Way:
    """Counts the layers of all passes of one job, and shows what each holds as a picture of the final size."""

    def __init__(self, emit: Emit, total: int) -> None:
        self.emit, self.total, self.step = emit, total, 0

    def through(self, network: Generator, picture: Tensor, **options: Any) -> Tensor:
        """(1, C, H, W) in -1..1 through the network: (1, C, H, W) in -1..1."""
        size = picture.shape[-2:]
        left = passes(network)

        def watch(features: Tensor) -> None:
            nonlocal left
            left -= 1
            self.step += 1
            # A layer of a few places only is no picture yet; the last layer is the result itself.
            if min(features.shape[-2:]) > 2 and self.emit.wants_preview():
                seen = features[0] if left == 0 else pixels.features_as_picture(features[0, :SHOWN])
                self.show(F.interpolate(seen[None], size, mode="nearest")[0])
            self.emit(Progress(self.step, self.total))

        with torch.inference_mode():
            return network(picture, watch=watch, **options)

    def show(self, picture: Tensor) -> None:
        pixels.show(self.emit, picture, self.step, 1 - self.step / self.total)


def suited(picture: Tensor, channels: int) -> Tensor:
    """(1, 3, H, W) with as many channels as a network reads."""
    return picture if channels == 3 else picture.mean(1, keepdim=True).expand(-1, channels, -1, -1)


class Pix2Pix:
    """A U-Net that was shown pairs. `papers` maps a light to the colour of the paper that stands for it, 0 to 255."""

    def __init__(
        self, network: UNetGenerator, card: Card, plan: Plan, papers: Mapping[str, tuple[int, ...]], own: bool
    ) -> None:
        self.network, self.card, self.plan = network.to(plan.device), card, plan
        self.papers, self.own = papers, own

    def generate(self, request: Request, emit: Emit) -> Picture:
        settings = request.settings
        if "sketch" not in request.inputs:
            raise BadInput("There is nothing to begin with: give a sketch.")
        picture = pixels.read(request.inputs["sketch"], int(settings["width"]), int(settings["height"]))
        if self.papers:
            paper = torch.tensor(self.papers[str(settings["light"])]).view(1, 3, 1, 1) / 255
            picture = (picture + 1) * paper - 1
        picture = suited(picture, self.network.input_nc).to(self.plan.device)
        way = Way(emit, passes(self.network))
        made = way.through(
            self.network, picture, own=settings["statistics"] == OWN if "statistics" in settings else self.own,
            # The authors leave out half of the numbers, at this time as in training: that is all their noise.
            dropout=float(settings["variation"]) / 2, draw=torch.Generator("cpu").manual_seed(request.seed),
        )  # fmt: skip
        return Picture(pixels.to_image(made[0].cpu()))


class CycleGan:
    """Generators for one direction, or both: `ways` maps a direction to the one that goes there and the one back."""

    def __init__(
        self, ways: Mapping[str, tuple[Generator, Generator | None]], card: Card, plan: Plan, factor: int, own: bool
    ) -> None:
        self.card, self.plan, self.factor, self.own = card, plan, factor, own
        self.ways = {name: (one.to(plan.device), two and two.to(plan.device)) for name, (one, two) in ways.items()}

    def generate(self, request: Request, emit: Emit) -> Picture:
        settings = request.settings
        if "picture" not in request.inputs:
            raise BadInput("There is nothing to translate: give a picture.")
        there, back = self.ways[str(settings.get("direction", next(iter(self.ways))))]
        around = bool(settings.get("round_trip")) and back is not None
        options = {"own": settings["statistics"] == OWN if "statistics" in settings else self.own}
        picture = self._read(request.inputs["picture"], int(settings["size"])).to(self.plan.device)
        way = Way(emit, passes(there) + (passes(back) if around and back else 0))
        made = way.through(there, picture, **options)
        if not around or back is None:
            return Picture(pixels.to_image(made[0].cpu()))
        returned = way.through(back, made, **options)
        far = F.mse_loss(returned, picture).item() / 4  # of pictures from 0 to 1
        facts = {"round trip": f"{-10 * math.log10(max(far, 1e-10)):.1f} dB PSNR to the picture it began with"}
        return Picture(pixels.to_image(pixels.in_a_row([picture[0], made[0], returned[0]], GAP)), facts)

    def _read(self, path: str, size: int) -> Tensor:
        """The picture in its own shape, its shorter side `size` pixels, both sides as the networks can halve them."""
        image = open_picture(path)
        scale = size / min(image.size)
        # A picture that is a hundred times as long as wide is cut.
        width, height = (max(round(min(n * scale, 4 * size) / self.factor), 1) * self.factor for n in image.size)
        return pixels.read(path, width, height)
