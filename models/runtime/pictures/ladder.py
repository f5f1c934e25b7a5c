"""A ladder of latents at work: drawn, found in a picture, walked through, moved; one level after the other is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from models.networks.ladder_vae import LadderVAE
from models.outputs.media import Picture
from models.protocol import Card, Emit, Progress, Request
from models.runtime import pixels, whole_picture

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

STAGES = 6  # that a change goes through on its way
BLENDED = "blended"
Latents = list[Tensor]  # as LadderVAE has them, on the CPU


class Ladder:
    """One loaded model: the ladder, and the autoencoder whose latents it makes, both for use and on their device."""

    def __init__(self, network: LadderVAE, vae: AutoencoderKL, card: Card) -> None:
        self.card = card
        self._network, self._vae = network, vae
        self._side = network.size * 2 ** (len(vae.config["block_out_channels"]) - 1)

    def generate(self, request: Request, emit: Emit) -> Picture:
        """One picture, or a row or a square of several. Raises BadInput for pictures that cannot be read."""
        made = {
            "sample": self._sample, "reconstruct": self._reconstruct, "interpolate": self._interpolate,
            "walk": self._walk, "change": self._change,
        }[request.task]  # fmt: skip
        with torch.inference_mode():
            return made(request, emit)

    # ── the tasks ─────────────────────────────────────────────────────────────

    def _sample(self, request: Request, emit: Emit) -> Picture:
        return Picture(pixels.to_image(self._drawn_by_levels(self._draw(request, request.seed), emit)))

    def _reconstruct(self, request: Request, emit: Emit) -> Picture:
        real, found, nats = self._find(request.inputs["picture"])
        kept = int(request.settings["levels"])
        made = self._drawn_by_levels(found[:kept], emit)
        bits = [n / torch.log(torch.tensor(2.0)).item() for n in nats[:kept]]
        told = f"{bits[0]:.0f} bits in the whole" + (f", {sum(bits[1:]):.0f} in the fields" if kept > 1 else "")
        return Picture(
            pixels.to_image(made),
            {"likeness to the picture (PSNR)": whole_picture.psnr(made[None], real), "told": told},
        )

    def _interpolate(self, request: Request, emit: Emit) -> Picture:
        count = int(request.settings["pictures"])
        ends = [
            self._find(request.inputs[name])[1] if name in request.inputs else self._draw(request, request.seed + k)
            for k, name in enumerate(("first", "other"))
        ]
        fresh = self._draw(request, request.seed + 2)
        blended = request.settings["detail"] == BLENDED
        steps: list[Latents] = []
        for share in (k / (count - 1) for k in range(count)):
            whole = arc(ends[0][0], ends[1][0], share)
            fields = zip(ends[0][1:], ends[1][1:], fresh[1:], strict=True)
            steps.append([whole, *(arc(a, b, share) if blended else by_way_of(a, b, f, share) for a, b, f in fields)])
        return Picture(pixels.to_image(self._several(steps, count, emit)))

    def _walk(self, request: Request, emit: Emit) -> Picture:
        settings = request.settings
        side, reach = int(settings["squares"]), float(settings["reach"])
        start = self._draw(request, request.seed)
        across, down = (self._network.directions[int(settings[name]) - 1].cpu() for name in ("across", "down"))
        places = torch.linspace(-reach, reach, side).tolist()
        steps = [[start[0] + x * across + y * down, *start[1:]] for y in places for x in places]
        return Picture(pixels.to_image(self._several(steps, side, emit)))

    def _change(self, request: Request, emit: Emit) -> Picture:
        found = self._find(request.inputs["picture"])[1]
        name, amount = str(request.settings["attribute"]), float(request.settings["amount"])
        toward = self._network.attributes[self._network.names.index(name)].cpu()
        emit(Progress(0, STAGES))
        made = None
        for stage in range(1, STAGES + 1):
            if stage == STAGES or emit.wants_preview():
                made = self._decode([found[0] + toward * (amount * stage / STAGES), *found[1:]])
            emit(Progress(stage, STAGES))
            if made is not None:
                pixels.show(emit, made, stage)
        assert made is not None
        return Picture(pixels.to_image(made))

    # ── what they share ───────────────────────────────────────────────────────

    def _draw(self, request: Request, seed: int) -> Latents:
        """Latents of a seed, as wide as the settings say where the task has them."""
        draw = torch.Generator("cpu").manual_seed(seed)
        wide = float(request.settings.get("temperature", 1.0)), float(request.settings.get("detail_temperature", 1.0))
        shapes = self._network.shapes
        return [torch.randn((1, *shape), generator=draw) * wide[k > 0] for k, shape in enumerate(shapes)]

    def _find(self, path: str) -> tuple[Tensor, Latents, list[float]]:
        """A picture (1, 3, H, W) in -1..1, the latents that it most likely comes from, and what each tells in nats."""
        real = pixels.read(path, self._side, self._side)
        seen = (
            self._vae.encode(real.to(self._vae.device, self._vae.dtype)).latent_dist.mode()
            * self._vae.config["scaling_factor"]
        )
        found, nats = self._network.encode(seen.float())
        return real, [z.cpu() for z in found], [n.item() for n in nats]

    def _decode(self, latents: Latents) -> Tensor:
        """(3, H, W) in about -1..1, on the CPU; latents left out at the end are 0, which is their likeliest value."""
        device = self._network.directions.device
        seen = self._network.decode([z.to(device) for z in latents]) / self._vae.config["scaling_factor"]
        return self._vae.decode(seen.to(self._vae.dtype)).sample[0].float().cpu()

    def _drawn_by_levels(self, latents: Latents, emit: Emit) -> Tensor:
        """The picture (3, H, W) of latents, after each of them shown as it is so far."""
        total = len(latents)
        emit(Progress(0, total))
        made: Any = None
        for count in range(1, total + 1):
            if count == total or emit.wants_preview():
                made = self._decode(latents[:count])
            emit(Progress(count, total))
            if made is not None:
                pixels.show(emit, made, count, level=1 - count / total)
        return made

    def _several(self, steps: list[Latents], columns: int, emit: Emit) -> Tensor:
        """Pictures of all these latents in rows of so many, shown as they come, grey where none is yet."""
        emit(Progress(0, len(steps)))
        rows, side = len(steps) // columns, self._side
        whole = torch.zeros(3, rows * side, columns * side)
        for k, latents in enumerate(steps):
            y, x = k // columns * side, k % columns * side
            whole[:, y : y + side, x : x + side] = self._decode(latents)
            emit(Progress(k + 1, len(steps)))
            pixels.show(emit, whole, k + 1)
        return whole


def arc(one: Tensor, other: Tensor, share: float) -> Tensor:
    """From `one` at 0 to `other` at 1 on a great circle, lengths in proportion (Shoemake 1985).

    The straight way between two draws of many dimensions leads through points far shorter than any draw.
    """
    lengths = one.norm(), other.norm()
    cosine = ((one * other).sum() / (lengths[0] * lengths[1]).clamp(min=1e-12)).clamp(-1, 1)
    angle = cosine.acos()
    if angle.sin() < 1e-4:
        return torch.lerp(one, other, share)
    weights = ((1 - share) * angle).sin() / angle.sin(), (share * angle).sin() / angle.sin()
    made = weights[0] * one / lengths[0] + weights[1] * other / lengths[1]
    return made * torch.lerp(lengths[0], lengths[1], share)


def by_way_of(one: Tensor, other: Tensor, fresh: Tensor, share: float) -> Tensor:
    """From `one` at 0 to `fresh` in the middle to `other` at 1, always as wide as a draw: so in between stands detail
    of its own, and not two pictures in one."""
    near, rest = (one, 1 - 2 * share) if share < 0.5 else (other, 2 * share - 1)
    return near * rest + fresh * (1 - rest**2) ** 0.5
