"""Clips of the starter world read back: where a thing goes, which way the clouds drift, what time it becomes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.reader.motion import MOVES
from models.reader.network import Reader
from models.reader.scene import KINDS

FARTHEST = 0.06  # of the picture: what goes less than that from end to end stays where it is
_SKY = 0.42  # of the picture's height, in which clouds are looked for


@dataclass(frozen=True)
class Seen:
    """`ways` are directions by kind ("" for what stays), `paths` the things' places (frames, 2) across and down in
    0..1; `first` and `last` are the times of day at both ends."""

    ways: dict[str, str]
    paths: dict[str, Tensor]
    clouds: str
    first: str | None
    last: str | None


@torch.inference_mode()
def watch(reader: Reader, frames: Tensor) -> Seen:
    """What happens in frames (T, 3, H, W) in 0..1. Things are those that most frames show."""
    named = reader.read(frames)
    places = reader.places(frames)
    paths, ways = {}, {}
    for kind in KINDS:
        shown = torch.tensor([any(t.kind == kind for t in n.things) for n in named])
        if shown.float().mean() > 0.5:
            paths[kind] = places[:, KINDS.index(kind)]
            ways[kind] = _way(paths[kind], shown.float()) if kind in MOVES else ""
    return Seen(ways, paths, clouds(frames), named[0].time, named[-1].time)


def _way(path: Tensor, weight: Tensor) -> str:
    """The direction of a path (T, 2), by its weighted slope in time."""
    time = torch.linspace(-0.5, 0.5, len(path))
    time = time - (time * weight).sum() / weight.sum()
    across, down = ((path * (time * weight)[:, None]).sum(0) / (time.square() * weight).sum()).tolist()
    if max(abs(across), abs(down)) < FARTHEST:
        return ""
    if abs(across) >= abs(down):
        return "right" if across > 0 else "left"
    return "down" if down > 0 else "up"


def clouds(frames: Tensor) -> str:
    """Which way the sky drifts, by where every second frame fits the one before best; "" where it stands."""
    sky = frames[:, :, : round(frames.shape[2] * _SKY)].mean(1)
    # Even light across each row: what fades from left to right drifts nowhere.
    sky = sky - sky.mean(2, keepdim=True)
    sky = sky - torch.nn.functional.avg_pool1d(sky, 2 * (sky.shape[2] // 6) + 1, 1, sky.shape[2] // 6)
    size = frames.shape[3]
    most = max(2, size // 6)
    best, gone = None, 0
    gap = max(1, len(frames) // 3)
    for shift in range(-most, most + 1):
        early, late = sky[:-gap], sky[gap:]
        inside = slice(max(0, shift), size + min(0, shift)), slice(max(0, -shift), size - max(0, shift))
        a, b = late[..., inside[0]], early[..., inside[1]]
        fit = float((a * b).sum() / (a.square().sum() * b.square().sum()).sqrt().clamp(min=1e-9))
        if best is None or fit > best:
            best, gone = fit, shift
    moved = gone / size * len(frames) / gap
    return "" if abs(moved) < FARTHEST else "right" if moved > 0 else "left"
