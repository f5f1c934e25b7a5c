"""Tunes read back from sound by signal processing: tempo from the pulse, key from pitches, instruments from partials.

Works on any recording; what it says is meant for the starter world's tunes, whose tempos lie within one octave and
whose instruments it knows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from models.reader.tune import MODES, TONICS
from models.reader.voices import LEADS, VOICES, Voice

RATE = 16_000
SLOWEST, FASTEST = 69.0, 137.5
# How strongly each semitone above the tonic is felt (Temperley 1999, Music Perception 17(1), table 1).
_PROFILES = {
    "major": (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
    "minor": (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
}


@dataclass(frozen=True)
class Heard:
    """`tempo` in beats a minute, `tonic` and `mode` of the key, and the instruments: shares of the sound by name, and
    those that are certainly there."""

    tempo: float
    tonic: str
    mode: str
    shares: dict[str, float]
    instruments: tuple[str, ...]


@torch.inference_mode()
def read(waveform: Tensor, rate: int) -> Heard:
    """What is heard in a mono waveform (samples,) of some seconds. Raises ValueError where it is shorter than two."""
    if len(waveform) < 2 * rate:
        raise ValueError(f"{len(waveform) / rate:.1f} seconds are too short to be read: two or more are needed")
    wave = _resampled(waveform.float(), rate)
    tonic, mode = key(wave)
    shares = voices(wave)
    return Heard(tempo(wave), tonic, mode, shares, certain(shares))


def certain(shares: dict[str, float]) -> tuple[str, ...]:
    """The instruments that are there: of those of melodies and chords the two loudest, as no tune has more."""
    here = [name for name, share in shares.items() if share >= _CERTAIN[name]]
    loudest = sorted((name for name in here if name in LEADS), key=lambda name: -shares[name])[:2]
    return tuple(name for name in here if name in loudest or name not in LEADS)


def _resampled(wave: Tensor, rate: int) -> Tensor:
    """At `RATE`, through the spectrum."""
    if rate == RATE:
        return wave
    count = round(len(wave) * RATE / rate)
    spectrum = torch.fft.rfft(wave)
    kept = count // 2 + 1
    spectrum = spectrum[:kept] if kept <= len(spectrum) else F.pad(spectrum, (0, kept - len(spectrum)))
    return torch.fft.irfft(spectrum, count) * (count / len(wave))


def _spectrogram(wave: Tensor, size: int, hop: int) -> Tensor:
    """Magnitudes (frequencies, frames)."""
    return torch.stft(wave, size, hop, window=torch.hann_window(size), center=True, return_complex=True).abs()


# ── tempo ─────────────────────────────────────────────────────────────────────

_HOP = 160


def tempo(wave: Tensor) -> float:
    """Beats a minute, by how well a comb of beats fits the autocorrelation of onsets (after Scheirer 1998)."""
    rise = onsets(wave)
    spectrum = torch.fft.rfft(rise, 2 * len(rise))
    echo = torch.fft.irfft(spectrum.abs().square())[: len(rise)]
    echo = echo / echo[0].clamp(min=1e-9)
    # A recording that ends hears fewer pairs of onsets far apart.
    echo = echo * len(rise) / (len(rise) - torch.arange(len(rise))).clamp(min=len(rise) // 4)
    candidates = torch.arange(SLOWEST, FASTEST, 0.25)
    lag = 60 * RATE / _HOP / candidates
    beats = torch.arange(1, 13)
    places = lag[:, None] * beats
    heard = places < 0.75 * len(rise)
    low = places.floor().long().clamp(max=len(rise) - 2)
    at = torch.lerp(echo[low], echo[low + 1], (places - low).clamp(0, 1))
    halves = lag[:, None] * (beats - 0.5)
    low = halves.floor().long().clamp(max=len(rise) - 2)
    between = torch.lerp(echo[low], echo[low + 1], (halves - low).clamp(0, 1))
    # All its beats must be there, hence the logarithm: two thirds of the tempo meet every second one.
    fit = (at.clamp(min=0) + 0.05).log() - 0.5 * between.clamp(min=0)
    score = (fit * heard).sum(1) / heard.sum(1)
    return float(candidates[score.argmax()])


def onsets(wave: Tensor) -> Tensor:
    """(frames,), 100 a second: how much louder every band becomes, less what is usual around."""
    bands = _spectrogram(wave, 1024, _HOP)
    # Up to 2 kHz: above it, hats strike between the beats.
    bands = F.avg_pool1d(bands.T[None, :, :128].contiguous(), 2)[0].T
    level = torch.log1p(100 * bands / bands.max().clamp(min=1e-9))
    rise = (level[:, 2:] - level[:, :-2]).clamp(min=0).mean(0)
    usual = F.avg_pool1d(F.pad(rise[None, None], (50, 50), mode="replicate"), 101, 1)[0, 0]
    rise = (rise - usual).clamp(min=0)
    soft = torch.tensor([0.25, 0.5, 0.25])
    return F.conv1d(rise[None, None], soft[None, None], padding=1)[0, 0]


# ── key ───────────────────────────────────────────────────────────────────────


def key(wave: Tensor) -> tuple[str, str]:
    """Tonic and mode: the profile that fits the pitches best (Krumhansl 1990), the last chord counting as well."""
    size, hop = 8192, 2048
    bins = _spectrogram(wave, size, hop)
    every = chroma(bins.sum(1), size)
    loud = bins.square().sum(0)
    end = int((loud > 0.02 * loud.max()).nonzero().max()) + 1
    ending = chroma(bins[:, max(0, end - round(1.3 * RATE / hop)) : end].sum(1), size)
    best, found = -math.inf, ("C", "major")
    for mode in MODES:
        profile = torch.tensor(_PROFILES[mode])
        third = 4 if mode == "major" else 3
        for shift, tonic in enumerate(TONICS):
            turned = profile.roll(shift)
            fit = float(torch.corrcoef(torch.stack([every, turned]))[0, 1])
            chord = float(ending[shift] + 0.6 * ending[(shift + third) % 12] + 0.3 * ending[(shift + 7) % 12])
            if (score := fit + 1.5 * chord) > best:
                best, found = score, (tonic, mode)
    return found


def chroma(spectrum: Tensor, size: int) -> Tensor:
    """(12,), sum 1: peaks of a magnitude spectrum between 60 and 1200 Hz, by pitch class, C first."""
    hertz = torch.arange(len(spectrum)) * RATE / size
    peak = (spectrum > spectrum.roll(1)) & (spectrum >= spectrum.roll(-1)) & (hertz > 60) & (hertz < 1200)
    places = peak.nonzero().flatten()
    before, at, after = (spectrum[places + k].clamp(min=1e-9).log() for k in (-1, 0, 1))
    bend = (0.5 * (before - after) / (before - 2 * at + after)).clamp(-0.5, 0.5)
    pitch = 69 + 12 * torch.log2((places + bend) * RATE / size / 440)
    near = 1 - 2 * (pitch - pitch.round()).abs()
    strength = spectrum[places].sqrt() * near.clamp(min=0)
    classes = torch.zeros(12).index_add_(0, pitch.round().long() % 12, strength)
    # A note's third partial sounds a fifth above it.
    classes = (classes - 0.25 * classes.roll(7)).clamp(min=0)
    return classes / classes.sum().clamp(min=1e-9)


# ── instruments ───────────────────────────────────────────────────────────────

_SIZE, _STEP, _TOP = 4096, 1600, 6000
_PITCHED = (*LEADS, "bass")
_CERTAIN = {"piano": 0.11, "strings": 0.08, "flute": 0.115, "bells": 0.03, "clarinet": 0.17, "bass": 0.08,
            "drums": 0.075}  # fmt: skip


@lru_cache(maxsize=1)
def _templates() -> tuple[Tensor, tuple[str, ...]]:
    """Spectra (frequencies, templates) of length 1 of every instrument's notes and of drums, and whose each is."""
    count = _TOP * _SIZE // RATE
    bins = torch.arange(count) * RATE / _SIZE
    columns, owners = [], []
    for name in _PITCHED:
        for age in (0.0, 0.4) if VOICES[name].decay else (0.0,):
            for pitch in range(VOICES[name].lowest, VOICES[name].highest + 1):
                columns.append(_partials(VOICES[name], 440 * 2 ** ((pitch - 69) / 12), age, bins))
                owners.append(name)
    columns += [torch.ones(count), (bins / 3000).clamp(max=2.0), torch.exp(-0.5 * ((bins - 50) / 14).square())]
    owners += ["drums"] * 3
    table = torch.stack(columns, 1)
    return table / table.norm(dim=0), tuple(owners)


def _partials(voice: Voice, hertz: float, age: float, bins: Tensor) -> Tensor:
    """The spectrum of a note that has been held for so many seconds: what is struck becomes duller."""
    width = 1.1 * RATE / _SIZE
    column = torch.zeros(len(bins))
    for ratio, amplitude in zip(voice.ratios, voice.amplitudes, strict=True):
        faded = math.exp(-age * voice.damping * (ratio - 1) / voice.decay) if voice.decay else 1.0
        # Vibrato smears a partial the wider the higher it is.
        wide = (width**2 + (0.8 * voice.vibrato * hertz * ratio) ** 2) ** 0.5
        bump = torch.exp(-0.5 * ((bins - hertz * ratio) / wide).square())
        column += amplitude * faded * (width / wide) ** 0.5 * bump
    return column


def voices(wave: Tensor, rounds: int = 40) -> dict[str, float]:
    """Shares of the instruments: the spectra explained by known ones, non-negatively (Lee & Seung 2001, KL updates).

    Of the bass the median over time counts, as strokes of a low drum are short.
    """
    table, owners = _templates()
    seen = _spectrogram(wave, _SIZE, _STEP)[: len(table)]
    seen = seen / seen.max().clamp(min=1e-9) + 1e-6
    weights = torch.full((table.shape[1], seen.shape[1]), float(seen.mean()))
    total = table.sum(0)[:, None]
    for _ in range(rounds):
        weights = weights * (table.T @ (seen / (table @ weights + 1e-9))) / (total + 0.02)
    strength = weights * total.sqrt()
    whole = strength.sum(0).mean().clamp(min=1e-9)
    found = {}
    for name in (*_PITCHED, "drums"):
        mine = strength[[k for k, owner in enumerate(owners) if owner == name]].sum(0)
        found[name] = float((mine.median() if name == "bass" else mine.mean()) / whole)
    # A struck string that fades is nearly a flute, and the hum of bells and flutes nearly that.
    flute = found["flute"] - 0.15 * found["piano"]
    piano = found["piano"] - 0.15 * found["flute"] - 0.3 * found["bells"]
    return found | {"flute": max(0.0, flute), "piano": max(0.0, piano)}
