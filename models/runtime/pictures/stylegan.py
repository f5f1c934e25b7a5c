"""A StyleGAN2 at work: pictures, mixtures and walks in w, shown as one resolution after another adds to them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from models.networks.stylegan2 import Generator, Noise
from models.outputs.media import Picture
from models.protocol import Card, Emit, Progress, Request
from models.runtime import pixels
from models.runtime.fitting.plan import Plan

FIXED, OFF = "fixed", "off"  # where noise comes from; any other word: fresh, by the seed


class StyleGan:
    """A loaded generator, with the card of its limits."""

    def __init__(self, card: Card, network: Generator, plan: Plan) -> None:
        self.card, self._plan = card, plan
        self._network = network.to(plan.device, getattr(torch, plan.dtype))

    @torch.inference_mode()
    def generate(self, request: Request, emit: Emit) -> Picture:
        """One picture, or a strip of `frames`. Raises JobCancelled from `emit`."""
        settings = request.settings
        facts: dict[str, str] = {}
        if request.task == "interpolate":
            ends = self._w(request, [request.seed, int(settings["other_seed"])])
            count = int(settings["frames"])
            path = [torch.lerp(ends[:1], ends[1:], k / (count - 1)) for k in range(count)]
        elif request.task == "walk":
            path = self._walk(request)
        else:
            path = [self._w(request, [request.seed])]
        styles = [self._network.styles(w) for w in path]
        if request.task == "mix":
            first, last = sorted((int(settings["mix_from"]), int(settings["mix_to"])))
            mixed = styles[0].clone()
            mixed[:, first - 1 : last] = self._w(request, [int(settings["other_seed"])])[:, None]
            styles = [mixed]
            facts["mixed"] = f"layers {first} to {last} of {mixed.shape[1]} are those of seed {settings['other_seed']}"
        made = self._made(request, styles, emit)
        return Picture(pixels.to_image(pixels.in_a_row(made)), facts)

    def _w(self, request: Request, seeds: Sequence[int]) -> Tensor:
        """(len(seeds), w): where the mapping network puts each seed's z, pulled toward the mean as ψ says."""
        z = torch.cat([pixels.noise(seed, 1, self._network.z) for seed in seeds])
        mapping = self._network.mapping
        label = request.settings.get("label")
        labels = None if label is None else torch.full((len(z),), int(label), device=self._plan.device)
        w = mapping(z.to(mapping.w_avg), labels)
        return torch.lerp(mapping.w_avg, w, float(request.settings["truncation_psi"]))

    def _walk(self, request: Request) -> list[Tensor]:
        """Straight legs in w from one random place to the next, each frame `stride` of a leg further."""
        count, stride = int(request.settings["frames"]), float(request.settings["stride"])
        draw = torch.Generator("cpu").manual_seed(request.seed)
        seeds = [request.seed, *torch.randint(2**32, (int((count - 1) * stride) + 1,), generator=draw).tolist()]
        corners = self._w(request, seeds)
        places = [k * stride for k in range(count)]
        return [torch.lerp(corners[int(at)], corners[int(at) + 1], at - int(at))[None] for at in places]

    def _made(self, request: Request, styles: list[Tensor], emit: Emit) -> list[Tensor]:
        """(3, S, S) of each; the noise is the same for all, so that nothing but the style moves."""
        synthesis = self._network.synthesis
        total, step = len(styles) * len(synthesis.resolutions), 0
        grey = torch.zeros(3, self._network.resolution, self._network.resolution)
        made: list[Tensor] = []
        for ws in styles:
            for picture in synthesis.grow(ws, self._noise(request)):
                step += 1
                whole = picture.shape[-1] == self._network.resolution
                if whole:
                    made.append(picture[0].float().expand(3, -1, -1).cpu())
                if len(styles) == 1:
                    pixels.show(emit, picture[0].float().expand(3, -1, -1), step)
                elif whole:
                    pixels.show(emit, pixels.in_a_row([*made, *[grey] * (len(styles) - len(made))]), step)
                emit(Progress(step, total))
        return made

    def _noise(self, request: Request) -> Noise:
        """The noise of each layer, from the seed, from the file, or none."""
        kind, draw = request.settings["noise"], torch.Generator("cpu").manual_seed(request.seed)

        def noise(layer: int, resolution: int) -> Tensor | None:
            if kind == OFF:
                return None
            const = self._network.synthesis.layer(layer).noise_const
            return const if kind == FIXED else torch.randn((1, 1, resolution, resolution), generator=draw).to(const)

        return noise
