"""Any GAN that makes a picture from a z in one pass, layer by layer; where there is a critic, it scores it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from models.outputs.media import Picture
from models.protocol import Card, Emit, Progress, Request
from models.runtime import pixels
from models.runtime.fitting.plan import Plan


class Network(Protocol):
    """A generator: `stages` gives what each resolution holds, and as the last the picture (B, C, S, S) in -1..1."""

    latent: int
    size: int

    @property
    def depth(self) -> int: ...

    def stages(self, *inputs: Tensor) -> Iterator[Tensor]: ...

    def to(self, *args: Any, **kwargs: Any) -> Any: ...


class Growing:
    """Makes pictures by a network's stages: counts each as a step, and shows what there is."""

    def __init__(self, network: Network, plan: Plan, emit: Emit, pictures: int) -> None:
        self._network, self._plan, self._emit = network, plan, emit
        self.step, self.total = 0, pictures * network.depth

    def picture(self, *inputs: Tensor, layers: bool = True) -> Tensor:
        """(3, S, S) in -1..1 of one item's inputs, each (1, N); `layers`: show each layer's features on the way."""
        dtype = getattr(torch, self._plan.dtype)
        given = [one.to(self._plan.device, dtype) for one in inputs]
        for left, stage in zip(range(self._network.depth, 0, -1), self._network.stages(*given), strict=True):
            made = stage[0]
            self.step += 1
            if left > 1 and layers and self._emit.wants_preview():
                self._emit(pixels.preview(pixels.features_as_picture(made), self.step))
            if left == 1 and layers:
                pixels.show(self._emit, made.float().expand(3, -1, -1), self.step)
            self._emit(Progress(self.step, self.total))
        return made.float().expand(3, -1, -1).cpu()

    def strip(self, frames: list[tuple[Tensor, ...]]) -> list[Tensor]:
        """A picture of each frame's inputs; what is not there yet is grey in the preview."""
        made: list[Tensor] = []
        for inputs in frames:
            made.append(self.picture(*inputs, layers=False))
            empty = [torch.zeros_like(made[0])] * (len(frames) - len(made))
            pixels.show(self._emit, pixels.in_a_row([*made, *empty]), self.step)
        return made


class LatentGan:
    """A loaded generator without conditions, as DCGAN and WGAN have. `real` and `made` in `scores`: the critic's
    average of real pictures and of the generator's, which tell what a score is worth."""

    def __init__(
        self, card: Card, generator: Any, critic: Any | None, plan: Plan, scores: Mapping[str, float] | None = None
    ) -> None:
        self.card, self._plan, self._scores = card, plan, dict(scores or {})
        dtype = getattr(torch, plan.dtype)
        self._generator = generator.to(plan.device, dtype)
        self._critic = None if critic is None else critic.to(plan.device, dtype)

    @torch.inference_mode()
    def generate(self, request: Request, emit: Emit) -> Picture:
        """One picture, or a strip of them. Raises JobCancelled from `emit`."""
        scale = float(request.settings["truncation"])
        if request.task == "sample":
            return self._best(request.seed, int(request.settings.get("best_of", 1)), scale, emit)
        count = int(request.settings["frames"])
        start = pixels.noise(request.seed, 1, self._generator.latent)
        if request.task == "interpolate":
            end = pixels.noise(int(request.settings["other_seed"]), 1, self._generator.latent)
            path = [spherical(start, end, k / (count - 1)) for k in range(count)]
        else:
            path = walk(start, count, float(request.settings["stride"]), request.seed)
        made = Growing(self._generator, self._plan, emit, count).strip([(scale * z,) for z in path])
        return Picture(pixels.to_image(pixels.in_a_row(made)), self._facts([self._score(one) for one in made]))

    def _best(self, seed: int, count: int, scale: float, emit: Emit) -> Picture:
        """The picture that the critic scores highest of `count`; the first of them is what `count` 1 gives."""
        draw = torch.Generator("cpu").manual_seed(seed)
        growing = Growing(self._generator, self._plan, emit, count)
        best, scores = None, []
        for _ in range(count):
            z = torch.randn((1, self._generator.latent), generator=draw)
            made = growing.picture(scale * z)
            scores.append(self._score(made))
            if best is None or scores[-1] == max(scores):
                best = made
        assert best is not None
        facts = self._facts([max(scores)])
        if count > 1:
            facts["best of"] = f"{count}, scored {' '.join(f'{score:.2f}' for score in scores)}"
        return Picture(pixels.to_image(best), facts)

    def _score(self, picture: Tensor) -> float:
        """What the critic says of (3, S, S); 0 where there is none."""
        if self._critic is None:
            return 0.0
        given = picture[None, : self._critic.colours].to(self._plan.device, getattr(torch, self._plan.dtype))
        return self._critic(given).item()

    def _facts(self, scores: list[float]) -> dict[str, str]:
        if self._critic is None:
            return {}
        facts = {f"critic's score{'s' if len(scores) > 1 else ''}": " ".join(f"{score:.2f}" for score in scores)}
        if {"real", "made"} <= set(self._scores):
            real, made = self._scores["real"], self._scores["made"]
            facts["scores on average"] = f"{real:.2f} for real pictures, {made:.2f} for made ones"
        return facts


def spherical(start: Tensor, end: Tensor, share: float) -> Tensor:
    """Between two z (1, N) along the sphere that high-dimensional normal numbers lie on (White 2016,
    arXiv:1609.04468, §2.1); the length goes from one's to the other's."""
    cosine = torch.nn.functional.cosine_similarity(start, end).item()
    angle = math.acos(min(max(cosine, -1.0), 1.0))
    if math.sin(angle) < 1e-4:
        return torch.lerp(start, end, share)
    return (math.sin((1 - share) * angle) * start + math.sin(share * angle) * end) / math.sin(angle)


def walk(start: Tensor, count: int, stride: float, seed: int) -> list[Tensor]:
    """`count` z from `start` on: each is the one before, turned by `stride` of a right angle to somewhere new.

    So each is as likely as any other: the sum of two normal numbers with squared weights of 1 is one, too.
    """
    draw = torch.Generator("cpu").manual_seed(seed)
    torch.randn(start.shape, generator=draw)  # the start itself
    path, turn = [start], stride * math.pi / 2
    while len(path) < count:
        path.append(math.cos(turn) * path[-1] + math.sin(turn) * torch.randn(start.shape, generator=draw))
    return path
