"""A loaded BigGAN: pictures of a class, mixtures of two, and the way from one z to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from models.outputs.media import Picture
from models.protocol import Card, Emit, Request
from models.runtime import pixels
from models.runtime.fitting.plan import Plan
from models.runtime.pictures.latent_gan import Growing, spherical

ANY = "any"  # the class that the seed draws


class BigGan:
    """A generator that is told a class. `labels` are the classes' names, in the order of its embedding."""

    def __init__(self, card: Card, generator: Any, labels: Sequence[str], plan: Plan) -> None:
        self.card, self._labels, self._plan = card, list(labels), plan
        self._generator = generator.to(plan.device, getattr(torch, plan.dtype))

    @torch.inference_mode()
    def generate(self, request: Request, emit: Emit) -> Picture:
        """One picture, or a strip of them. Raises JobCancelled from `emit`."""
        draw = torch.Generator("cpu").manual_seed(request.seed)
        told, threshold = request.settings, float(request.settings["truncation"])
        z = truncated(self._generator.latent, threshold, draw)
        chosen = self._class(str(told["class_name"]), draw)
        embedded = self._embedded(chosen)
        facts = {"class": self._labels[chosen]}
        if request.task == "sample":
            made = Growing(self._generator, self._plan, emit, 1).picture(z, embedded)
            return Picture(pixels.to_image(made), facts)
        if request.task == "mix":
            other, share = self._class(str(told["other_class"]), draw), float(told["mix"])
            mixed = torch.lerp(embedded, self._embedded(other), share)
            made = Growing(self._generator, self._plan, emit, 1).picture(z, mixed)
            facts["other class"] = f"{self._labels[other]}, {share:.0%}"
            return Picture(pixels.to_image(made), facts)
        count, other_draw = int(told["frames"]), torch.Generator("cpu").manual_seed(int(told["other_seed"]))
        end = truncated(self._generator.latent, threshold, other_draw)
        last = self._class(str(told["class_name"]), other_draw)
        shares = [k / (count - 1) for k in range(count)]
        path = [(spherical(z, end, s), torch.lerp(embedded, self._embedded(last), s)) for s in shares]
        strip = Growing(self._generator, self._plan, emit, count).strip(list(path))
        if last != chosen:
            facts["other class"] = self._labels[last]
        return Picture(pixels.to_image(pixels.in_a_row(strip)), facts)

    def _class(self, name: str, draw: torch.Generator) -> int:
        """Its number; one that `draw` gives where any will do."""
        drawn = int(torch.randint(0, len(self._labels), (), generator=draw))
        return drawn if name == ANY else self._labels.index(name)

    def _embedded(self, number: int) -> Tensor:
        """(1, shared)"""
        return self._generator.shared.weight[number : number + 1].float().cpu()


def truncated(count: int, threshold: float, draw: torch.Generator) -> Tensor:
    """(1, count) of normal numbers, those beyond ±`threshold` drawn again until none is (Brock et al. 2019, §3.1)."""
    z = torch.randn((1, count), generator=draw)
    while (beyond := z.abs() > threshold).any():
        z = torch.where(beyond, torch.randn(z.shape, generator=draw), z)
    return z
