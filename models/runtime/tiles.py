"""Decoding large pictures in tiles, so that they fit the memory."""

from __future__ import annotations

import math
from typing import Any

from models.runtime.fitting.plan import Plan


def tile(vae: Any, plan: Plan, factor: int, width: int, height: int) -> None:
    """Let diffusers' autoencoder work in tiles where the plan has it so for pictures of this size, else in one piece.

    `factor` is the side of the square of pixels that one latent stands for.
    """
    if not plan.tiles(width, height):
        vae.disable_tiling()
        return
    vae.enable_tiling()
    # As large as what is decoded in one piece, where its own are larger; the quarters that overlap come out even.
    fits = math.isqrt(plan.tile_above) // factor
    vae.tile_latent_min_size = max(min(vae.tile_latent_min_size, fits) // 4, 1) * 4
    vae.tile_sample_min_size = vae.tile_latent_min_size * factor
