"""Clips of the starter world read back: where a thing goes, which way the clouds drift, what time it becomes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.reader.motion import CLOUDED, MOVES
from models.reader.network import Reader
from models.reader.scene import KINDS

FARTHEST = 0.06  # of the picture: what goes less than that from end to end stays where it is
CHANGED = 0.045  # share of the sky's pattern that changes where clouds drift
_SKY = 0.22  # of the picture's height, in which clouds are looked for: above most things


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
    named, places = reader.located(frames)
    paths, ways = {}, {}
    for kind in KINDS:
        shown = torch.tensor([any(t.kind == kind for t in n.things) for n in named])
        if shown.float().mean() > 0.5:
            paths[kind] = places[:, KINDS.index(kind)]
            ways[kind] = _way(paths[kind], shown.float()) if kind in MOVES else ""
    clouded = sum(n.weather in CLOUDED for n in named) > len(named) / 2
    return Seen(ways, paths, clouds(frames) if clouded else "", named[0].time, named[-1].time)


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
    """Which way the sky drifts: "" where it stands, or where nothing in it tells."""
    change, gone = drift(frames)
    return "" if change < CHANGED or abs(gone) < FARTHEST else "right" if gone > 0 else "left"


def drift(frames: Tensor) -> tuple[float, float]:
    """How much of the sky's pattern changes (0..1), and how far that goes from end to end, to the right.

    What stands still (stars, a moon) is taken away with the mean over time, flakes and drops with a blur.
    """
    size = frames.shape[3]
    sky = frames[:, :, : round(frames.shape[2] * _SKY)].mean(1, keepdim=True)
    soft = max(1, size // 16) | 1
    sky = F.avg_pool2d(sky, soft, 1, soft // 2, count_include_pad=False)[:, 0]
    # The light of the hour, and what fades across the picture, drift nowhere.
    sky = sky - sky.mean((1, 2), keepdim=True)
    sky = sky / sky.std((1, 2), keepdim=True).clamp(min=1e-4)
    moving = sky - sky.mean(0)
    change = float(moving.square().mean())
    gap = max(1, len(frames) // 4)
    most = max(2, size // 8)
    best, gone = -2.0, 0
    for shift in range(-most, most + 1):
        late = moving[gap:, :, max(0, shift) : size + min(0, shift)]
        early = moving[:-gap, :, max(0, -shift) : size - max(0, shift)]
        fit = float((late * early).sum() / (late.square().sum() * early.square().sum()).sqrt().clamp(min=1e-9))
        if fit > best:
            best, gone = fit, shift
    # At the very end of where was looked, nothing was found.
    return change, 0.0 if abs(gone) == most else gone / size * (len(frames) - 1) / gap
