"""How sounds differ: spectra tell them apart, and a critic learns to."""

from __future__ import annotations

import torch

from models.reader.soundscape import sample as scape
from models.reader.tune import sample as tune
from models.training import mel, spectra
from models.training.recordings import crops
from models.training.world.soundscapes import sound
from models.training.world.tunes import play


def test_spectra_tell_sounds_apart() -> None:
    wave = play([tune(1)], 1.28, 16_000)
    assert spectra.unlike(wave, wave).item() < 1e-3
    assert spectra.unlike(0.9 * wave, wave) < spectra.unlike(torch.randn_like(wave) * wave.std(), wave)


def test_noise_is_as_loud_in_every_window() -> None:
    noise = torch.randn(1, 32_000, generator=torch.Generator().manual_seed(0))
    sizes = [spectra.spectrum(noise, window).square().mean() for window in spectra.WINDOWS]
    assert max(sizes) / min(sizes) < 1.1


def test_a_critic_learns_and_persuades() -> None:
    torch.manual_seed(0)
    real, made = sound([scape(1), scape(2)], 0.6), torch.randn(2, 9600) * 0.1
    critic = spectra.Critic()
    optimizer = torch.optim.Adam(critic.parameters(), 2e-3)
    losses = []
    for _ in range(16):
        optimizer.zero_grad()
        value = spectra.judged(critic(real), critic(made))
        value.backward()
        optimizer.step()
        losses.append(value.item())
    assert losses[-1] < 0.6 * losses[0]
    fooled, off = spectra.persuaded(critic(real), critic(made))
    same = spectra.persuaded(critic(real), critic(real))
    assert same[1] == 0 and off > 0 and same[0] < fooled


def test_mel_bands_of_the_world_are_about_one() -> None:
    waves = sound([scape(k) for k in range(8)], mel.SECONDS, mel.RATE)
    bands = mel.mel(waves)
    assert bands.shape == (8, 512, mel.BANDS)
    assert abs(bands.mean()) < 0.6 and 0.7 < bands.std() < 1.6
    store = (waves * 32767).short()
    assert crops(store, 3, 64 * mel.HOP, torch.Generator().manual_seed(0)).shape == (3, 64 * mel.HOP)


def test_bands_that_were_measured_first_can_be_learned_from() -> None:
    """What is made once for all must not be what inference mode made, of which nothing can be learned."""
    mel._filters.cache_clear()
    with torch.inference_mode():
        mel.mel(torch.zeros(1, 1600))
    wave = torch.randn(1, 1600, requires_grad=True)
    mel.mel(wave).sum().backward()
    assert wave.grad is not None


def test_a_quiet_partial_counts_beside_a_loud_one() -> None:
    time = torch.arange(16_000) / 16_000
    loud, quiet = (torch.sin(2 * torch.pi * hertz * time)[None] for hertz in (220, 1700))
    both = loud + 0.05 * quiet
    missing = spectra.compressed(loud, both)
    linear = (spectra.spectrum(loud, 2048) - spectra.spectrum(both, 2048)).norm() / spectra.spectrum(both, 2048).norm()
    assert spectra.compressed(both, both) < 1e-6
    assert missing > 2 * linear
