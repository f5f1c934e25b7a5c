"""Sound as the networks that denoise it see it: log mel spectrograms, and waveforms of soundscapes to learn from."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from models.reader.soundscape import sample
from models.training.world.soundscapes import sound

RATE, HOP, WINDOW, BANDS = 16_000, 160, 1024, 64  # 100 frames a second
SECONDS = 5.12  # of a soundscape: 512 frames
FLOOR = 1e-5
# The mean of log mel bands over the world's soundscapes, and how far they are from it: so the networks see about -1..1.
MIDDLE, SPREAD = -0.7, 3.0


@lru_cache(maxsize=1)
def _filters() -> Tensor:
    """(frequencies, BANDS)"""
    from transformers.audio_utils import mel_filter_bank

    filters = mel_filter_bank(WINDOW // 2 + 1, BANDS, 0.0, RATE / 2, RATE, norm="slaney", mel_scale="slaney")
    with torch.inference_mode(False):  # whoever learns is given the same
        return torch.from_numpy(filters).float() * 40


def mel(waves: Tensor) -> Tensor:
    """Waveforms (B, samples) at RATE to (B, samples / HOP, BANDS), about -1..1."""
    window = torch.hann_window(WINDOW, device=waves.device)
    found = torch.stft(waves, WINDOW, HOP, window=window, return_complex=True)[..., : waves.shape[1] // HOP]
    size = torch.view_as_real(found).square().sum(-1).clamp(min=1e-12).sqrt()
    bands = torch.einsum("bft,fm->btm", size, _filters().to(waves.device))
    return (bands.clamp(min=FLOOR).log() - MIDDLE) / SPREAD


def soundscapes(seeds: range) -> Tensor:
    """(N, samples) in -1..1 at RATE."""
    return sound([sample(seed) for seed in seeds], SECONDS, RATE)
