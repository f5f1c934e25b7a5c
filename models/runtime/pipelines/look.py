"""Previews of any pipeline: latents of whatever layout as small pictures, by a linear map of its autoencoder."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from models.protocol import Emit, Preview, SoundPreview
from models.sampling import latent_rgb

_FRAMES = 16  # of a film: all of a short one, and of a long one as many as a timeline shows
_SIDE = 128  # the most pixels of a side where latents are pixels already
_AUTOENCODERS = ("vae", "movq", "vqvae", "vqgan", "video_vae")


class Look:
    """What there is to see of a pipeline's latents. The map is found once, and kept from one call to the next."""

    def __init__(self, pipeline: Any, film: bool, factor: int) -> None:
        self._pipeline, self._film, self._factor = pipeline, film, factor
        self._map: latent_rgb.LatentRGB | None = None
        self.blind = False  # once it has failed, it is not tried again

    def show(self, emit: Emit, latents: Tensor, step: int, width: int, height: int) -> None:
        """Emit a preview of these latents if one is wanted. Sizes in pixels of what is made, 0 where unknown."""
        if self.blind or not emit.wants_preview():
            return
        try:
            with torch.no_grad():
                preview = self._preview(latents.detach(), step, width, height)
        except Exception:  # a layout that nobody foresaw costs the preview, never what is made
            preview = None
        if preview is None:
            self.blind = True
        else:
            emit(preview)

    def _preview(self, latents: Tensor, step: int, width: int, height: int) -> Preview | SoundPreview | None:
        frames = self._pictures(latents, width, height)
        if not frames:
            return None
        w, h, _ = frames[0]
        return Preview(w, h, b"".join(rgb for _, _, rgb in frames), step=step, frames=len(frames))

    def _pictures(self, latents: Tensor, width: int, height: int) -> list[tuple[int, int, bytes]] | None:
        vae = next((part for n in _AUTOENCODERS if (part := getattr(self._pipeline, n, None)) is not None), None)
        if vae is None:
            return [_pixels(latents[0])] if latents.ndim == 4 and latents.shape[1] in (1, 3, 6) else None
        if self._map is None:
            self._map = self._colours(vae)
        channels = self._map.weight.shape[0]
        frames = laid_out(latents, channels, width, height, self._factor)
        if frames is None:
            return None
        count = min(len(frames), _FRAMES if self._film else 1)
        chosen = [frames[round(k * (len(frames) - 1) / max(count - 1, 1))] for k in range(count)]
        return [self._map.picture(frame) for frame in chosen]

    @staticmethod
    def _colours(vae: Any) -> latent_rgb.LatentRGB:
        config = vae.config
        found = latent_rgb.known(config.get("latent_channels") or 0, config.get("scaling_factor") or 0.0)
        return found or latent_rgb.fit(vae)


def laid_out(latents: Tensor, channels: int, width: int, height: int, factor: int) -> Tensor | None:
    """The first item's latents as (frames, channels, h, w), from any of the layouts that pipelines have.

    (B, C, h, w); films as (B, C, T, h, w) or (B, T, C, h, w); tokens (B, N, C * p * p) of squares of p latents, row by
    row, frame by frame, where N fits `width` and `height`, in pixels, `factor` of which are a latent's side. None where
    it is none of these.
    """
    one = latents[0].float().cpu()
    if one.ndim == 4:
        frames = one.transpose(0, 1) if one.shape[0] == channels else one
        return frames if frames.shape[1] == channels else None
    if one.ndim == 3 and one.shape[0] == channels:
        return one[None]
    if one.ndim != 2 or one.shape[1] % channels:
        return None
    side = round((one.shape[1] / channels) ** 0.5)
    rows, columns = height // (factor * side), width // (factor * side)
    if side * side * channels != one.shape[1] or not rows * columns or one.shape[0] % (rows * columns):
        return None
    grid = one.view(-1, rows, columns, channels, side, side)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(-1, channels, rows * side, columns * side)


def _pixels(picture: Tensor) -> tuple[int, int, bytes]:
    """(C, H, W) in -1..1, of one channel or more, as RGB rows; large ones thinned out."""
    rgb = picture[:3] if picture.shape[0] >= 3 else picture[:1].expand(3, -1, -1)
    every = max(max(rgb.shape[1:]) // _SIDE, 1)
    values = (rgb[:, ::every, ::every].float().cpu().nan_to_num(0.0).clamp(-1, 1) + 1) * 127.5
    rows = values.round().to(torch.uint8).permute(1, 2, 0).contiguous()
    return rows.shape[1], rows.shape[0], rows.numpy().tobytes()
