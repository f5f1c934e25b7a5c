"""How sounds differ as the ear has it: their spectra at several windows, and a critic that looks at these."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

WINDOWS = (2048, 1024, 512, 256, 128)
JUDGED = (2048, 512, 128)


def unlike(made: Tensor, real: Tensor) -> Tensor:
    """How far spectra of waveforms (B, samples) are apart, at several windows: in share of their size, and in
    logarithms (Yamamoto et al. 2020, arXiv:1910.11480, eq. 2 to 4)."""
    total = made.new_zeros(())
    for size in WINDOWS:
        one, other = (spectrum(wave, size) for wave in (made, real))
        total = total + (one - other).norm() / other.norm().clamp(min=1e-6)
        total = total + F.l1_loss((one + 1e-3).log(), (other + 1e-3).log())
    return total / len(WINDOWS)


def compressed(made: Tensor, real: Tensor) -> Tensor:
    """How far the square roots of magnitudes are apart, in share of their size: quiet partials count beside loud ones,
    and noise, unlike in logarithms, little (waveforms (B, samples))."""
    pairs = [[spectrum(wave, size).sqrt() for wave in (made, real)] for size in WINDOWS[:-1]]
    return torch.stack([(one - other).norm() / other.norm().clamp(min=1e-6) for one, other in pairs]).mean()


def spectrum(wave: Tensor, size: int) -> Tensor:
    """Magnitudes (B, frequencies, frames), as loud at any window for noise of the same level."""
    window = torch.hann_window(size, device=wave.device)
    found = torch.stft(wave, size, size // 4, window=window, return_complex=True)
    return torch.view_as_real(found).square().sum(-1).clamp(min=1e-9).sqrt() / size**0.5


class Critic(nn.Module):
    """Waveforms (B, samples) to scores of places in their spectra, and what it noticed on the way, one list a window.

    Jang et al. 2021 (arXiv:2106.07889, §2.2), on logarithms of magnitudes.
    """

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.windows = nn.ModuleList(
            nn.ModuleList([
                weight_norm(nn.Conv2d(1, width, (7, 5), (2, 1), (3, 2))),
                weight_norm(nn.Conv2d(width, width, (5, 3), (2, 2), (2, 1))),
                weight_norm(nn.Conv2d(width, 2 * width, (5, 3), (2, 2), (2, 1))),
                weight_norm(nn.Conv2d(2 * width, 1, 3, 1, 1)),
            ]) for _ in JUDGED
        )  # fmt: skip

    def forward(self, waves: Tensor) -> list[list[Tensor]]:
        """For each window the features of each layer; the last are the scores."""
        every = []
        for size, layers in zip(JUDGED, self.windows, strict=True):
            x, seen = (spectrum(waves, size) + 1e-3).log()[:, None], list[Tensor]()
            for layer in layers:  # type: ignore[attr-defined]
                x = layer(F.leaky_relu(x, 0.1) if seen else x)
                seen.append(x)
            every.append(seen)
        return every


def judged(real: list[list[Tensor]], made: list[list[Tensor]]) -> Tensor:
    """The critic's loss, least squares (Mao et al. 2017, arXiv:1611.04076, eq. 9)."""
    pairs = zip(real, made, strict=True)
    return sum(((r[-1] - 1).square().mean() + m[-1].square().mean() for r, m in pairs), real[0][0].new_zeros(()))


def persuaded(real: list[list[Tensor]], made: list[list[Tensor]]) -> tuple[Tensor, Tensor]:
    """The generator's loss, and how far what was noticed of its sound is from the real one's (Larsen et al. 2016)."""
    none = made[0][0].new_zeros(())
    fooled = sum(((m[-1] - 1).square().mean() for m in made), none)
    pairs = [
        (r.detach(), m)
        for one, other in zip(real, made, strict=True)
        for r, m in zip(one[:-1], other[:-1], strict=True)
    ]
    return fooled, sum(((r - m).abs().mean() for r, m in pairs), none) / len(pairs)
