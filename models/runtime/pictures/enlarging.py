"""An upscaler at work: a picture in tiles that overlap, each of which takes its place as soon as it is done."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from models.outputs.media import Picture
from models.outputs.read import open_picture
from models.protocol import BadInput, Card, Emit, Notice, Preview, Progress, Request
from models.runtime import pixels
from models.sampling.inpainting import fitted

# What a picture as large as this takes while it is made, in 32-bit numbers: about 1 GB.
MAX_PIXELS = 36_000_000
PREVIEW_SIDE = 768
# Networks see black beside a picture, which is an edge. So many of its outermost pixels, repeated, come between.
MARGIN = 8

# A piece (1, 3, h, w) in 0..1 to (1, 3, scale × h, scale × w) in 0..1.
Enlarge = Callable[[Tensor], Tensor]


def pieces(length: int, most: int, overlap: int) -> list[tuple[int, int]]:
    """Start and end of the fewest pieces, none longer than `most`, that cover 0..length and overlap by so much.

    All are about equally long. At most half of a piece overlaps with one neighbour, so that no three meet.
    """
    overlap = min(overlap, most // 2)
    count = max(math.ceil((length - overlap) / (most - overlap)), 1)
    size = min(math.ceil((length + (count - 1) * overlap) / count), length)
    starts = [round(k * (length - size) / max(count - 1, 1)) for k in range(count)]
    return [(start, start + size) for start in starts]


def weights(all_pieces: list[tuple[int, int]], index: int, scale: int) -> Tensor:
    """How much each enlarged place of a piece counts, (length,): it fades out over what it shares with a neighbour."""
    start, end = all_pieces[index]
    found = torch.ones((end - start) * scale)
    if index > 0 and (shared := (all_pieces[index - 1][1] - start) * scale) > 0:
        found[:shared] *= (torch.arange(shared) + 0.5) / shared
    if index + 1 < len(all_pieces) and (shared := (end - all_pieces[index + 1][0]) * scale) > 0:
        found[-shared:] *= 1 - (torch.arange(shared) + 0.5) / shared
    return found


class Upscaler:
    """One loaded network. `descriptor` is spandrel's (models.networks.upscalers.from_weights), where it shall run."""

    def __init__(self, descriptor: Any, card: Card) -> None:
        self.card = card
        self._network = descriptor
        self.scale = int(descriptor.scale)
        if descriptor.input_channels not in (1, 3) or descriptor.output_channels != descriptor.input_channels:
            raise BadInput(
                f"This network takes {descriptor.input_channels} channels: choose one for colour or grey pictures."
            )

    def generate(self, request: Request, emit: Emit) -> Picture:
        """The picture, larger. Raises BadInput where it cannot be read or would become too large."""
        settings: dict[str, Any] = dict(request.settings)
        given = open_picture(request.inputs["picture"])
        self._fits(given)
        if given.mode == "RGBA":
            emit(Notice("The picture's transparent parts were laid on white: upscalers know opaque pictures alone."))
        picture = pixels.to_tensor(fitted(given, None, *given.size).picture) / 2 + 0.5
        whole = _Whole(picture, self.scale, settings["strength"])
        most = settings["tile"] if self._network.tiling.name == "SUPPORTED" else max(given.size)
        high, wide = (pieces(side, most, settings["overlap"]) for side in picture.shape[-2:])
        total = len(high) * len(wide)
        emit(Progress(0, total))
        whole.show(emit, 0, 1.0)
        for k in range(total):
            row, column = divmod(k, len(wide))
            (top, bottom), (left, right) = high[row], wide[column]
            with torch.inference_mode():
                made = self._enlarged(picture, top, bottom, left, right)
            fade = weights(high, row, self.scale)[:, None] * weights(wide, column, self.scale)
            whole.add(made, fade, top, left)
            emit(Progress(k + 1, total))
            whole.show(emit, k + 1, 1 - (k + 1) / total)
        return Picture(whole.image())

    def _fits(self, given: Image.Image) -> None:
        wide, high = given.width * self.scale, given.height * self.scale
        if wide * high > MAX_PIXELS:
            most = math.isqrt(MAX_PIXELS // self.scale**2)
            raise BadInput(
                f"The picture would become {wide} × {high} pixels, too many to make at once: "
                f"use one of about {most} × {most} pixels at most."
            )

    def _enlarged(self, picture: Tensor, top: int, bottom: int, left: int, right: int) -> Tensor:
        """That piece of (1, 3, H, W) as (3, scale × h, scale × w), in 32-bit numbers on the CPU."""
        network = self._network
        high, wide = picture.shape[-2:]
        beside = [MARGIN * there for there in (left == 0, right == wide, top == 0, bottom == high)]
        given = F.pad(picture[..., top:bottom, left:right], beside, mode="replicate")
        given = given.to(network.device, network.dtype)
        if network.input_channels == 1:  # each colour as a grey picture
            made = torch.cat([network(colour) for colour in given.split(1, 1)], 1)
        else:
            made = network(given)
        first, above = beside[0] * self.scale, beside[2] * self.scale
        made = made[0, :, above : above + (bottom - top) * self.scale, first : first + (right - left) * self.scale]
        return made.float().cpu()


class _Whole:
    """The large picture as it grows: tiles where there are any, the bicubic enlargement elsewhere."""

    def __init__(self, picture: Tensor, scale: int, strength: float) -> None:
        high, wide = picture.shape[-2] * scale, picture.shape[-1] * scale
        self._scale, self._strength = scale, strength
        self._plain = F.interpolate(picture, (high, wide), mode="bicubic", align_corners=False)[0].clamp_(0, 1)
        self._sum = torch.zeros_like(self._plain)
        self._weight = torch.zeros(high, wide)

    def add(self, tile: Tensor, fade: Tensor, top: int, left: int) -> None:
        top, left = top * self._scale, left * self._scale
        place = (slice(top, top + fade.shape[0]), slice(left, left + fade.shape[1]))
        self._sum[(slice(None), *place)] += tile * fade
        self._weight[place] += fade

    def show(self, emit: Emit, step: int, level: float) -> None:
        """A preview, seams as they are so far: a tile fades into what is not done yet."""
        if not emit.wants_preview():
            return
        share = PREVIEW_SIDE / max(self._weight.shape)
        plain, made, weight = self._plain, self._sum, self._weight[None]
        if share < 1:
            size = [max(round(side * share), 1) for side in self._weight.shape]
            plain, made, weight = (F.interpolate(t[None], size, mode="area")[0] for t in (plain, made, weight))
        shown = pixels.to_bytes(self._mixed(plain, made, weight) * 2 - 1)
        emit(Preview(shown.shape[1], shown.shape[0], shown.numpy().tobytes(), step=step, level=level))

    def image(self) -> Image.Image:
        return pixels.to_image(self._mixed(self._plain, self._sum, self._weight[None]) * 2 - 1)

    def _mixed(self, plain: Tensor, made: Tensor, weight: Tensor) -> Tensor:
        return plain + self._strength * (made - weight * plain)
