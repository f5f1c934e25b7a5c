"""Where a render shows its things: what a training should look at more than at the sky around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from models.reader.scene import Scene
from models.training.world.render import SIZES, render

# A difference of colour from which on a thing counts as fully seen: a tent in fog differs by this much.
PLAIN = 0.12


@torch.inference_mode()
def presence(scenes: Sequence[Scene], size: int, device: torch.device | str = "cpu") -> Tensor:
    """(N, 1, size, size) in 0..1, half precision: how plainly the things of each scene show at each place.

    Found by drawing each scene with and without its things, so that shadows and reflections count and what the fog
    hides does not. `size` divides 32.
    """
    parts = []
    for start in range(0, len(scenes), 128):
        here = scenes[start : start + 128]
        full, bare = (render(what, SIZES[0], device).picture for what in (here, [replace(s, things=()) for s in here]))
        change = (full - bare).abs().amax(1, keepdim=True)
        parts.append((F.max_pool2d(change, SIZES[0] // size) / PLAIN).clamp(max=1).half().cpu())
    return torch.cat(parts)
