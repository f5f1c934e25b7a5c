"""Between pictures and tensors: what goes into a network, what comes out, and what is shown on the way."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from models.outputs.read import open_picture
from models.protocol import Emit, Preview
from models.sampling.inpainting import fitted

# The smaller side of a preview that is enlarged, so that a 4 × 4 picture is more than a dot on the canvas.
PREVIEW_SIDE = 128


def noise(seed: int, *shape: int) -> Tensor:
    """Standard normal numbers that depend on nothing but the seed, on the CPU."""
    return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed))


def read(path: str | Path, width: int, height: int) -> Tensor:
    """The picture at `path`, scaled to cover width × height and cut, as (1, 3, height, width) in -1..1.

    Raises BadInput where it cannot be read.
    """
    return to_tensor(fitted(open_picture(path), None, width, height).picture)


def read_mask(path: str | Path, width: int, height: int) -> Tensor:
    """(1, 1, height, width) of 0 and 1: what is white in the picture at `path` is 1.

    Raises BadInput where it cannot be read, or has no white.
    """
    mask = open_picture(path)
    both = fitted(Image.new("RGB", mask.size), mask, width, height)
    assert both.mask is not None
    return (to_tensor(both.mask.convert("RGB"))[:, :1] > 0).float()


def to_tensor(image: Image.Image) -> Tensor:
    """An RGB image as (1, 3, H, W) in -1..1."""
    rgb = image.convert("RGB")
    values = torch.frombuffer(bytearray(rgb.tobytes()), dtype=torch.uint8)
    return values.view(1, rgb.height, rgb.width, 3).permute(0, 3, 1, 2).float() / 127.5 - 1


def to_bytes(picture: Tensor) -> Tensor:
    """(3, H, W), or (1, H, W) grey, in -1..1 to (H, W, 3) uint8 on the CPU."""
    values = ((picture.detach().float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).cpu()
    return values.expand(3, -1, -1).permute(1, 2, 0).contiguous()


def to_image(picture: Tensor) -> Image.Image:
    """(3, H, W) in -1..1 as an RGB image."""
    values = to_bytes(picture)
    return Image.frombytes("RGB", (values.shape[1], values.shape[0]), values.numpy().tobytes())


def preview(picture: Tensor, step: int, level: float | None = None) -> Preview:
    """(3, H, W) in -1..1 as a Preview; a small one is enlarged in whole steps, its pixels kept as squares."""
    values = to_bytes(picture)
    times = max(PREVIEW_SIDE // min(values.shape[:2]), 1)
    values = values.repeat_interleave(times, 0).repeat_interleave(times, 1)
    return Preview(values.shape[1], values.shape[0], values.numpy().tobytes(), step=step, level=level)


def show(emit: Emit, picture: Tensor, step: int, level: float | None = None) -> None:
    """Emit a preview of (3, H, W) in -1..1, if one is wanted."""
    if emit.wants_preview():
        emit(preview(picture, step, level))


def features_as_picture(features: Tensor) -> Tensor:
    """(C, H, W) of any layer as (3, H, W) in -1..1: its three strongest directions as colours.

    For seeing what a network holds before there is a picture: principal components, each scaled to its own range.
    """
    flat = features.detach().float().flatten(1).cpu()
    flat = flat - flat.mean(1, keepdim=True)
    values, directions = torch.linalg.eigh(flat @ flat.T / flat.shape[1])
    count = min(3, len(values))
    top = directions[:, -count:].flip(1)
    # A direction's sign is arbitrary: the same picture must come out each time.
    top = top * torch.where(top.sum(0, keepdim=True) < 0, -1.0, 1.0)
    seen = top.T @ flat
    seen = seen / seen.abs().amax(1, keepdim=True).clamp(min=1e-8)
    return F.pad(seen, (0, 0, 0, 3 - count)).view(3, *features.shape[1:])


def in_a_row(pictures: list[Tensor], gap: int = 0) -> Tensor:
    """Pictures (3, H, W) in -1..1 side by side, `gap` white pixels between them: a strip of a walk or a comparison."""
    parts: list[Tensor] = []
    for picture in pictures:
        if parts and gap:
            parts.append(torch.ones(3, picture.shape[1], gap))
        parts.append(picture.detach().float().cpu())
    return torch.cat(parts, 2)
