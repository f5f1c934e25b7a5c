"""Making a part of a picture again with a model that never learned to: the rest is put back at every step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image, ImageFilter
from torch import Tensor

from models.protocol import BadInput


@dataclass(frozen=True)
class Fitted:
    """A start picture (RGB) and, for inpainting, its mask ("L", white is made again), both width × height."""

    picture: Image.Image
    mask: Image.Image | None = None


def fitted(picture: Image.Image, mask: Image.Image | None, width: int, height: int) -> Fitted:
    """Scale both to cover width × height and cut off evenly what hangs over. The mask follows its picture.

    Transparent parts become white paper. Raises BadInput for a mask with nothing to make again.
    """
    if picture.mode == "RGBA":
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture)
    picture = picture.convert("RGB")
    if mask is not None:
        if mask.mode == "RGBA":
            mask = Image.alpha_composite(Image.new("RGBA", mask.size, "black"), mask)
        mask = mask.convert("L")
        if mask.size != picture.size:
            mask = mask.resize(picture.size, Image.Resampling.BILINEAR)
        mask = _cover(mask, width, height).point(lambda value: 255 if value >= 128 else 0)
        if mask.getbbox() is None:
            raise BadInput("The mask is black all over: paint white what is to be made again.")
    return Fitted(_cover(picture, width, height), mask)


def _cover(image: Image.Image, width: int, height: int) -> Image.Image:
    if image.size == (width, height):
        return image
    scale = max(width / image.width, height / image.height)
    # The largest box of the wanted shape, in the middle.
    w, h = width / scale, height / scale
    left, top = (image.width - w) / 2, (image.height - h) / 2
    return image.resize((width, height), Image.Resampling.LANCZOS, box=(left, top, left + w, top + h))


def latent_mask(mask: Image.Image, factor: int) -> Tensor:
    """1 where a latent place holds any white pixel, else 0; shape (1, 1, height / factor, width / factor)."""
    pixels = torch.frombuffer(bytearray(mask.tobytes()), dtype=torch.uint8).view(1, 1, mask.height, mask.width)
    return torch.nn.functional.max_pool2d((pixels > 127).float(), factor)


@dataclass
class Blend:
    """Keeps the part outside the mask on the original's own way from noise to picture (Lugmayr et al. 2022, eq. 8).

    `mask` as `latent_mask` gives it. With `from_noise` the part inside begins as pure noise and owes the
    original nothing.
    """

    mask: Tensor
    from_noise: bool

    def start(self, noisy: Tensor, noise: Tensor, scheduler: Any) -> Tensor:
        """The latents to begin with. `noisy` is the original with all its noise."""
        if not self.from_noise:
            return noisy
        return self.mixed(noise * scheduler.init_noise_sigma, noisy)

    def step(self, latents: Tensor, clean: Tensor, noise: Tensor, scheduler: Any, index: int) -> Tensor:
        """The latents after `index` of the scheduler's steps, with the outside as it is at that level of noise."""
        outside = clean
        if index < len(scheduler.timesteps):
            outside = scheduler.add_noise(clean, noise, scheduler.timesteps[index : index + 1])
        return self.mixed(latents, outside)

    def mixed(self, inside: Tensor, outside: Tensor) -> Tensor:
        """`inside` where the mask is, `outside` elsewhere."""
        mask = self.mask.to(inside.device, inside.dtype)
        return mask * inside + (1 - mask) * outside.to(inside.device, inside.dtype)


def pasted(made: Image.Image, original: Fitted) -> Image.Image:
    """The made picture inside the mask, the original's own pixels outside, with a seam a few pixels soft.

    An autoencoder changes every pixel a little; what was not to be touched is given back as it was.
    """
    if original.mask is None:
        return made
    soft = max(round(min(made.size) / 128), 1)
    # Grown first, so that the softness lies outside and all of the white is new.
    seam = original.mask.filter(ImageFilter.MaxFilter(4 * soft + 1)).filter(ImageFilter.GaussianBlur(soft / 2))
    return Image.composite(made.convert("RGB"), original.picture, seam)
