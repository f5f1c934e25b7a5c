"""How long a sound diffusers' pipelines make where nobody says, and at most, in seconds: from their parts' configs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

# Networks of convolutions go on past what they were taught, and lose the thread there.
_BEYOND = 4


def lengths(configs: Mapping[str, Mapping[str, Any]]) -> tuple[float, float] | None:
    """The usual length and the longest, in seconds; None where the configs do not tell.

    `configs` by part. A network knows how many latents it was taught on; a vocoder (AudioLDM), an autoencoder of waves
    (Stable Audio) or the network itself (Dance Diffusion) how many of them a second has.
    """
    usual: float | None
    try:
        if "vocoder" in configs and "unet" in configs:
            usual = _of_spectrograms(configs)
        elif "transformer" in configs and "sampling_rate" in configs.get("vae", {}):
            usual = _of_waves(configs["transformer"], configs["vae"])
            return None if usual is None else (usual, usual)  # it has no places for more
        elif "sample_rate" in configs.get("unet", {}):
            usual = configs["unet"]["sample_size"] / configs["unet"]["sample_rate"]
        else:
            return None
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (round(usual, 2), round(_BEYOND * usual, 2)) if usual and 0 < usual < 3600 else None


def _of_spectrograms(configs: Mapping[str, Mapping[str, Any]]) -> float:
    """A latent is a square of a mel spectrogram, whose frames the vocoder makes so many samples of."""
    vocoder = configs["vocoder"]
    side = 2 ** (len(configs["vae"]["block_out_channels"]) - 1)
    frame = math.prod(vocoder.get("upsample_rates", (4, 4, 4, 4))) / vocoder.get("sampling_rate", 16_000)
    return float(configs["unet"]["sample_size"] * side * frame)


def _of_waves(transformer: Mapping[str, Any], vae: Mapping[str, Any]) -> float | None:
    ratios = vae.get("downsampling_ratios")
    if ratios is None or "sample_size" not in transformer:
        return None
    exact = transformer["sample_size"] * math.prod(ratios) / vae["sampling_rate"]
    return math.floor(exact * 100) / 100  # never a hundredth more than it has places for
