"""Small previews of a latent picture: a linear map from an autoencoder's channels to red, green and blue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class LatentRGB:
    """RGB = latents @ weight + bias, from 0 to 1.

    `weight` has shape (channels, 3), `bias` (3,). Latents are those of the denoising network, which are
    the autoencoder's, less its shift, times its scaling factor.
    """

    weight: Tensor
    bias: Tensor

    def picture(self, latents: Tensor) -> tuple[int, int, bytes]:
        """Width, height and 8-bit RGB rows of latents of shape (channels, height, width); a pixel for each place."""
        rgb = torch.einsum("chw,cr->hwr", latents.detach().float().cpu(), self.weight) + self.bias
        # A model that has gone astray makes NaN, which has no 8-bit value.
        eight = rgb.nan_to_num(0.5).mul(255).round().clamp(0, 255).to(torch.uint8).contiguous()
        return eight.shape[1], eight.shape[0], eight.numpy().tobytes()


# Stable Diffusion 1.x and 2.x share one autoencoder. K. Turner's regression, for RGB from -1 to 1:
# https://discuss.huggingface.co/t/decoding-latents-to-rgb-without-upscaling/23204/2
STABLE_DIFFUSION = LatentRGB(
    torch.tensor([[0.298, 0.207, 0.208], [0.187, 0.286, 0.173], [-0.158, 0.189, 0.264], [-0.184, -0.271, -0.473]]) / 2,
    torch.full((3,), 0.5),
)
# T. A. Vass gives SDXL's for 8-bit values, as rows of R, G and B:
# https://huggingface.co/blog/TimothyAlexisVass/explaining-the-sdxl-latent-space
_SDXL_8_BIT = torch.tensor([[60.0, -60.0, 25.0, -70.0], [60.0, -5.0, 15.0, -50.0], [60.0, 10.0, -5.0, -35.0]])
STABLE_DIFFUSION_XL = LatentRGB(_SDXL_8_BIT.T / 255, torch.tensor([150.0, 140.0, 130.0]) / 255)

# The scaling factor (1 / deviation of the latents) tells the two 4-channel autoencoders apart.
_BY_SCALE = {0.18215: STABLE_DIFFUSION, 0.13025: STABLE_DIFFUSION_XL}


def known(channels: int, scaling_factor: float) -> LatentRGB | None:
    """The table of a public autoencoder, None for any other."""
    for scale, table in _BY_SCALE.items():
        if channels == 4 and abs(scaling_factor - scale) < 1e-6:
            return table
    return None


def from_json(given: Any, channels: int) -> LatentRGB | None:
    """A model's own map, {"weight": [r, g, b] for each channel, "bias": [r, g, b]}; None where it is amiss."""
    if not isinstance(given, Mapping):
        return None
    try:
        weight = torch.tensor(given["weight"], dtype=torch.float32)
        bias = torch.tensor(given.get("bias", [0.0, 0.0, 0.0]), dtype=torch.float32)
    except (KeyError, TypeError, ValueError, RuntimeError):
        return None
    if weight.shape != (channels, 3) or bias.shape != (3,):
        return None
    return LatentRGB(weight, bias)


def fit(autoencoder: Any) -> LatentRGB:
    """The least-squares map of any autoencoder, from 16 pictures of 64² in soft colours that it encodes.

    For a model that nobody has tabled; the same each time. An autoencoder of films is given films of one frame.
    """
    generator = torch.Generator("cpu").manual_seed(0)
    corners = torch.rand(16, 3, 3, 3, generator=generator) * 2 - 1
    pictures = torch.nn.functional.interpolate(corners, size=64, mode="bilinear", align_corners=True)
    weights = next(autoencoder.encoder.parameters())
    with torch.inference_mode():
        # One at a time: sixteen at once would take more memory than the picture that is being made.
        parts = [_encoded(autoencoder, one.to(weights.device, weights.dtype)) for one in pictures.split(1)]
    latents = _as_denoised(torch.cat(parts).float().cpu(), autoencoder.config)
    high, wide = latents.shape[-2:]
    colours = torch.nn.functional.adaptive_avg_pool2d(pictures, (high, wide))
    rows = latents.movedim(1, -1).flatten(0, 2)
    rows = torch.cat([rows, torch.ones(len(rows), 1)], dim=1)
    # The driver that also takes matrices without full rank, which a random autoencoder may give.
    solution = torch.linalg.lstsq(rows, colours.movedim(1, -1).flatten(0, 2) / 2 + 0.5, driver="gelsd").solution
    return LatentRGB(solution[:-1].contiguous(), solution[-1].contiguous())


def _encoded(autoencoder: Any, picture: Tensor) -> Tensor:
    """The latents (1, C, h, w) of a picture (1, 3, H, W), whatever the autoencoder calls them."""
    film = next(autoencoder.encoder.parameters()).ndim == 5
    made = autoencoder.encode(picture[:, :, None] if film else picture)
    spread = getattr(made, "latent_dist", None)
    latents = spread.mode() if spread is not None else getattr(made, "latent", None)
    latents = made.latents if latents is None else latents
    return latents[:, :, 0] if latents.ndim == 5 else latents


def _as_denoised(latents: Tensor, config: Any) -> Tensor:
    """An autoencoder's latents as its denoising network has them: less their shift, times their scale."""
    scale, shift = getattr(config, "scaling_factor", None) or 1.0, getattr(config, "shift_factor", None) or 0.0
    mean, spread = getattr(config, "latents_mean", None), getattr(config, "latents_std", None)
    if isinstance(mean, list | tuple) and isinstance(spread, list | tuple) and len(mean) == latents.shape[1]:
        latents = (latents - torch.tensor(mean).view(1, -1, 1, 1)) / torch.tensor(spread).view(1, -1, 1, 1)
    return (latents - shift) * scale
