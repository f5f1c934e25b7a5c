"""The starter world's tunes as sound: notes to waveforms by additive synthesis, in batches, on any device."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from models.reader.tune import Tune
from models.reader.voices import VOICES, Voice
from models.training.world.composing import Note, compose

RATES = (16_000, 48_000)
_AT_ONCE = 2_000_000  # samples of notes that are computed together
_VIBRATO = 5.2  # Hz
_WET, _ROOM = 0.16, 0.5  # share of the room's answer, and its length in seconds


@torch.inference_mode()
def play(tunes: Sequence[Tune], seconds: float, rate: int = 24_000, device: torch.device | str = "cpu") -> Tensor:
    """Waveforms (B, samples) in -1..1 of tunes, mono. Raises ValueError for a rate below 16 or above 48 kHz."""
    if not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"tunes are played at {RATES[0]} to {RATES[1]} samples a second, not {rate}")
    total = round(seconds * rate)
    room = math.ceil((_ROOM + 2) * rate)
    out = torch.zeros(len(tunes), total + room, device=device)
    scores = [(row, note) for row, tune in enumerate(tunes) for note in compose(tune, seconds) if note.start < seconds]
    for name in dict.fromkeys(note.voice for _, note in scores):
        # Notes of about one length together, so that little silence is computed.
        played = sorted(((r, n) for r, n in scores if n.voice == name), key=lambda item: (item[1].length, item[0]))
        while played:
            longest = math.ceil((played[-1][1].length + _release(name)) * rate)
            many = max(1, _AT_ONCE // longest)
            part, played = played[-many:], played[:-many]
            _add(out, part, name, rate, longest)
    out = _in_a_room(out, rate)[:, :total]
    fade = ((total - torch.arange(total, device=out.device)) / (0.2 * rate)).clamp(0, 1)
    return torch.tanh(out * 0.55) * fade


def _release(name: str) -> float:
    return 0.02 if name == "drums" else 3 * VOICES[name].release


def _add(out: Tensor, part: list[tuple[int, Note]], name: str, rate: int, longest: int) -> None:
    """Mix notes of one voice into their rows."""
    device = out.device
    time = torch.arange(longest, device=device) / rate

    def number(values: list[float]) -> Tensor:
        return torch.tensor(values, device=device).view(-1, 1)

    pitch = number([float(n.pitch) for _, n in part])
    length, force = number([n.length for _, n in part]), number([n.force for _, n in part])
    waves = _drum(pitch, time) if name == "drums" else _note(VOICES[name], pitch, length, time, rate)
    waves = waves * force
    starts = torch.tensor([row * out.shape[1] + round(n.start * rate) for row, n in part], device=device)
    room = out.shape[1] - torch.tensor([round(n.start * rate) for _, n in part], device=device)
    steps = torch.arange(longest, device=device)
    inside = steps < room[:, None]
    # In order, one after another: sums of floats depend on it.
    out.view(-1).index_add_(0, (starts[:, None] + steps)[inside], waves[inside])


def _note(voice: Voice, pitch: Tensor, length: Tensor, time: Tensor, rate: int) -> Tensor:
    """(N, samples) from MIDI pitches and lengths (N, 1)."""
    hertz = 440.0 * 2 ** ((pitch - 69) / 12)
    sway = voice.vibrato * torch.sin(2 * math.pi * _VIBRATO * time) / (2 * math.pi * _VIBRATO)
    phase = 2 * math.pi * hertz * (time + sway)
    wave = torch.zeros_like(phase)
    for ratio, amplitude in zip(voice.ratios, voice.amplitudes, strict=True):
        heard = (hertz * ratio < 0.45 * rate).float()
        partial = amplitude * heard * torch.sin(phase * ratio)
        if voice.decay:
            # Low notes ring longer.
            span = voice.decay * (440 / hertz).clamp(0.5, 3) ** 0.5 / (1 + voice.damping * (ratio - 1))
            partial = partial * torch.exp(-time / span)
        wave = wave + partial
    if voice.breath:
        wave = wave + voice.breath * _noise(len(time), time.device)
    rise = (time / voice.attack).clamp(max=1)
    fall = torch.exp(-(time - length).clamp(min=0) / voice.release)
    tail = ((length + 3 * voice.release - time) / (0.5 * voice.release)).clamp(0, 1)
    return wave * (rise * rise * (3 - 2 * rise)) * fall * tail * (0.30 * voice.loud / sum(voice.amplitudes) ** 0.5)


def _drum(which: Tensor, time: Tensor) -> Tensor:
    """A low drum whose pitch falls, a snare of noise and tone, and a hat of high noise."""
    noise = _noise(len(time), time.device)
    hiss = noise - torch.roll(noise, 1)
    low = torch.sin(2 * math.pi * (48 * time + 3.0 * (1 - torch.exp(-time / 0.03)))) * torch.exp(-time / 0.12)
    snare = (0.45 * noise + 0.4 * torch.sin(2 * math.pi * 185 * time)) * torch.exp(-time / 0.06)
    hat = 0.16 * hiss * torch.exp(-time / 0.025)
    soft = (time / 0.001).clamp(max=1)
    return torch.where(which == 0, 0.75 * low, torch.where(which == 1, 0.5 * snare, hat)) * soft


def _noise(count: int, device: torch.device) -> Tensor:
    """White noise, the same on every machine."""
    return torch.randn(count, generator=torch.Generator("cpu").manual_seed(11)).to(device)


def _in_a_room(dry: Tensor, rate: int) -> Tensor:
    """The sound with a room's answer: noise that dies away, folded in."""
    count = round(_ROOM * rate)
    time = torch.arange(count, device=dry.device) / rate
    answer = torch.randn(count, generator=torch.Generator("cpu").manual_seed(12)).to(dry.device)
    answer = answer * torch.exp(-time / (_ROOM / 5)) * (time > 0.012)
    answer = answer / answer.square().sum().sqrt()
    size = 1 << (dry.shape[1] + count - 1).bit_length()
    wet = torch.fft.irfft(torch.fft.rfft(dry, size) * torch.fft.rfft(answer, size), size)[:, : dry.shape[1]]
    return dry + _WET * wet
