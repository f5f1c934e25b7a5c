"""Any AutoencoderKL of diffusers at work: a picture into its latents and back, and from one picture to another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from models.outputs.media import Picture
from models.protocol import Card, Emit, Progress, Request
from models.runtime import pixels, whole_picture
from models.runtime.fitting.plan import Plan

if TYPE_CHECKING:
    from diffusers import AutoencoderKL


class Autoencoder:
    """One loaded model, for use and on its device."""

    def __init__(self, vae: AutoencoderKL, card: Card, plan: Plan) -> None:
        self.card = card
        self._vae, self._plan = vae, plan
        self._factor = 2 ** (len(vae.config["block_out_channels"]) - 1)

    def generate(self, request: Request, emit: Emit) -> Picture:
        """A picture there and back, or a row of those between two. Raises BadInput for pictures that cannot be read."""
        with torch.inference_mode():
            return self._reconstruct(request, emit) if request.task == "reconstruct" else self._between(request, emit)

    def _reconstruct(self, request: Request, emit: Emit) -> Picture:
        emit(Progress(0, 2))
        real = whole_picture.read(request.inputs["picture"], int(request.settings["side"]), self._factor)
        found = self._encode(real)
        emit(Progress(1, 2))
        pixels.show(emit, pixels.features_as_picture(found[0]), 1)
        made = self._decode(found)
        emit(Progress(2, 2))
        pixels.show(emit, made, 2)
        numbers = f"{found[0].numel():,} numbers for {real.numel():,}"
        return Picture(
            pixels.to_image(made),
            {"likeness to the picture (PSNR)": whole_picture.psnr(made[None], real), "latents": numbers},
        )

    def _between(self, request: Request, emit: Emit) -> Picture:
        count = int(request.settings["pictures"])
        total = count + 2
        emit(Progress(0, total))
        one = whole_picture.read(request.inputs["picture"], int(request.settings["side"]), self._factor)
        ends = [self._encode(one)]
        emit(Progress(1, total))
        ends.append(self._encode(pixels.read(request.inputs["other"], one.shape[-1], one.shape[-2])))
        emit(Progress(2, total))
        made: list[Tensor] = []
        for k in range(count):
            made.append(self._decode(torch.lerp(ends[0], ends[1], k / (count - 1))))
            emit(Progress(k + 3, total))
            missing = [torch.zeros_like(made[0])] * (count - len(made))
            pixels.show(emit, pixels.in_a_row(made + missing), k + 3)
        return Picture(pixels.to_image(pixels.in_a_row(made)))

    def _encode(self, pictures: Tensor) -> Tensor:
        """(1, channels, h, w): the posterior's mode of (1, 3, H, W) in -1..1."""
        self._tile(pictures.shape[-1], pictures.shape[-2])
        return self._vae.encode(pictures.to(self._vae.device, self._vae.dtype)).latent_dist.mode()

    def _decode(self, latents: Tensor) -> Tensor:
        """(3, H, W) in about -1..1, on the CPU."""
        return self._vae.decode(latents).sample[0].float().cpu()

    def _tile(self, width: int, height: int) -> None:
        vae: Any = self._vae
        if not self._plan.tiles(width, height):
            vae.disable_tiling()
            return
        vae.enable_tiling()
        # No larger than what fits; a multiple of four, so that the quarters that overlap come out even.
        fits = math.isqrt(self._plan.tile_above) // self._factor
        vae.tile_latent_min_size = max(min(vae.tile_latent_min_size, fits) // 4, 1) * 4
        vae.tile_sample_min_size = vae.tile_latent_min_size * self._factor
