"""The starter world's soundscapes: noise, chirps, strikes and motors as waveforms, any length, the same for a seed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from models.reader.soundscape import Soundscape

RATES = (16_000, 48_000)
_FAR = 0.3  # how loud what is far is, against what is near
_TAU = 2 * math.pi


@torch.inference_mode()
def sound(scapes: Sequence[Soundscape], seconds: float, rate: int = 16_000) -> Tensor:
    """Waveforms (B, samples) in -1..1, mono. Raises ValueError for a rate below 16 or above 48 kHz."""
    if not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"soundscapes are made at {RATES[0]} to {RATES[1]} samples a second, not {rate}")
    return torch.stack([_mixed(scape, round(seconds * rate), rate) for scape in scapes])


def _mixed(scape: Soundscape, count: int, rate: int) -> Tensor:
    whole = torch.zeros(count)
    for layer in scape.layers:
        stage = Stage(f"{layer.sound} {scape.seed}", count, rate)
        wave = MAKERS[layer.sound](stage, layer.amount == "much")
        wave = wave / wave.square().mean().sqrt().clamp(min=1e-4) * _LOUDNESS[layer.sound]
        wave = wave * (1.25 if layer.amount == "much" else 0.85)
        whole += _distant(wave, stage) if layer.distance == "far" else wave
    return torch.tanh(whole * 1.2) * 0.9


# Mean levels: what comes in strokes is louder in its strokes.
_LOUDNESS = {"sea": 0.13, "wind": 0.11, "rain": 0.10, "birds": 0.07, "bells": 0.10, "engine": 0.11, "steps": 0.07}


class Stage:
    """What a sound is made with: its own dice, time in seconds, and noise of any colour."""

    def __init__(self, name: str, count: int, rate: int) -> None:
        self.dice = random.Random(name)
        self.count, self.rate = count, rate
        self.time = torch.arange(count) / rate
        self.seconds = count / rate

    def noise(self, shape: Callable[[Tensor], Tensor]) -> Tensor:
        """Noise whose spectrum has this shape: hertz to amplitude; its mean level is 1."""
        draw = torch.Generator().manual_seed(self.dice.getrandbits(31))
        size = 1 << (self.count - 1).bit_length()
        spectrum = torch.fft.rfft(torch.randn(size, generator=draw))
        hertz = torch.arange(len(spectrum)) * self.rate / size
        wave = torch.fft.irfft(spectrum * shape(hertz), size)[: self.count]
        return wave / wave.square().mean().sqrt().clamp(min=1e-6)

    def slow(self, period: float) -> Tensor:
        """Something that wanders between 0 and 1, about once in so many seconds."""
        total = torch.zeros(self.count)
        for k in (1.0, 1.7, 2.9):
            speed = k / period * self.dice.uniform(0.85, 1.15)
            total += torch.sin(_TAU * (self.time * speed + self.dice.random())) / k
        return (total / 3.6 + 0.5).clamp(0, 1)

    def strike(self, out: Tensor, at: float, wave: Tensor) -> None:
        """Add a short wave at a moment; what runs over the end is cut."""
        start = round(at * self.rate)
        part = wave[: max(0, self.count - start)]
        out[start : start + len(part)] += part

    def clock(self, seconds: float) -> Tensor:
        return torch.arange(round(seconds * self.rate)) / self.rate


def _band(hertz: Tensor, low: float, high: float, slope: float = 2.0) -> Tensor:
    """A soft band-pass."""
    return 1 / (1 + (low / hertz.clamp(min=1)) ** (2 * slope)).sqrt() / (1 + (hertz / high) ** (2 * slope)).sqrt()


def _sea(s: Stage, much: bool) -> Tensor:
    """Waves that rise, break with a hiss and draw back."""
    period = s.dice.uniform(3.2, 4.2) if much else s.dice.uniform(5.5, 7.0)
    phase = s.time / period + s.dice.random() + 0.06 * s.slow(9.0)
    place = phase - phase.floor()
    swell = torch.where(place < 0.35, (place / 0.35) ** 2, torch.exp(-(place - 0.35) * 4.2))
    deep = s.noise(lambda f: _band(f, 60, 350, 1.0))
    foam = s.noise(lambda f: _band(f, 500, 2600, 1.0))
    return deep * (0.35 + 0.65 * swell) + foam * swell * (1.0 if much else 0.55)


def _wind(s: Stage, much: bool) -> Tensor:
    """Two howling bands whose strength wanders."""
    middle = s.dice.uniform(420, 560) if much else s.dice.uniform(220, 300)
    gust = s.slow(2.4 if much else 5.0)
    low = s.noise(lambda f: torch.exp(-0.5 * ((f - middle) / (0.22 * middle)) ** 2))
    high = s.noise(lambda f: torch.exp(-0.5 * ((f - 1.75 * middle) / (0.14 * middle)) ** 2))
    rumble = s.noise(lambda f: _band(f, 40, 130))
    return low * (0.25 + gust) + 0.7 * high * gust**2 + 0.5 * rumble * (0.4 + 0.6 * gust)


def _rain(s: Stage, much: bool) -> Tensor:
    """A high, even hiss, and drops that fall on something."""
    hiss = s.noise(lambda f: _band(f, 1800, 7000, 1.0))
    drops = torch.zeros(s.count)
    short = s.clock(0.012)
    for _ in range(int(s.seconds * (60 if much else 14))):
        tone = s.dice.uniform(1500, 4200)
        drop = torch.sin(_TAU * tone * short) * torch.exp(-short / 0.0025) * s.dice.uniform(0.3, 1.0)
        s.strike(drops, s.dice.uniform(0, s.seconds), drop)
    return (1.0 if much else 0.4) * hiss + (1.4 if much else 2.4) * drops


def _birds(s: Stage, much: bool) -> Tensor:
    """Calls of a few whistled notes; each bird has its own."""
    out = torch.zeros(s.count)
    for _ in range(4 if much else 1):
        tone, bend = s.dice.uniform(2600, 4800), s.dice.choice((-0.25, 0.2, 0.35))
        notes, length = s.dice.randint(2, 5), s.dice.uniform(0.05, 0.12)
        warble = s.dice.choice((0.0, 28.0))
        at = s.dice.uniform(0.0, 0.6)
        while at < s.seconds:
            for k in range(notes):
                t = s.clock(length)
                rise = tone * (1 + bend * t / length + 0.05 * k)
                phase = torch.cumsum(_TAU * (rise + 180 * torch.sin(_TAU * warble * t)) / s.rate, 0)
                call = torch.sin(phase) * torch.sin(math.pi * t / length) ** 2
                s.strike(out, at + k * length * 1.5, call * s.dice.uniform(0.7, 1.0))
            at += notes * length * 1.5 + s.dice.uniform(0.4, 1.1)
    return out


def _bells(s: Stage, much: bool) -> Tensor:
    """Strokes with the partials of a church bell: hum, prime, tierce, quint and nominal."""
    out = torch.zeros(s.count)
    t = s.clock(3.0)
    for k in range(3 if much else 1):
        tone = s.dice.uniform(230, 330) * (1, 1.26, 1.5)[k]
        stroke = torch.zeros(len(t))
        for ratio, strength, span in ((0.5, 0.5, 2.0), (1, 0.8, 1.4), (1.19, 0.6, 1.0), (1.5, 0.35, 0.7),
                                      (2.0, 0.9, 0.8), (2.74, 0.4, 0.4), (3.76, 0.25, 0.25)):  # fmt: skip
            stroke += strength * torch.sin(_TAU * tone * ratio * t) * torch.exp(-t / span)
        period = s.dice.uniform(1.1, 1.3) if much else s.dice.uniform(1.9, 2.3)
        at = s.dice.uniform(0.0, 0.5)
        while at < s.seconds:
            s.strike(out, at, stroke * (t / 0.002).clamp(max=1))
            at += period * s.dice.uniform(0.97, 1.03)
    return out


def _engine(s: Stage, much: bool) -> Tensor:
    """A motor: harmonics of its firing, which is never quite even, through an exhaust."""
    firing = s.dice.uniform(46, 62) if much else s.dice.uniform(17, 24)
    phase = torch.cumsum((firing * (1 + 0.02 * (s.slow(3.0) - 0.5))) / s.rate, 0)
    total = torch.zeros(s.count)
    for k in range(1, 25):
        hertz = firing * k
        total += torch.sin(_TAU * (phase * k + s.dice.random())) * (1 / k**0.6) / (1 + (hertz / 650) ** 2)
    puff = (0.5 + 0.5 * torch.cos(_TAU * phase)) ** 3
    return total + 0.8 * s.noise(lambda f: _band(f, 90, 700)) * puff


def _steps(s: Stage, much: bool) -> Tensor:
    """Heels and gravel."""
    out = torch.zeros(s.count)
    t = s.clock(0.16)
    period = s.dice.uniform(0.28, 0.34) if much else s.dice.uniform(0.58, 0.72)
    gravel = s.noise(lambda f: _band(f, 900, 5000, 1.0))
    at, k = s.dice.uniform(0.0, 0.3), 0
    while at < s.seconds:
        heel = torch.sin(_TAU * (95 - 12 * (k % 2)) * t) * torch.exp(-t / 0.03) * 1.2
        first = s.dice.randrange(max(1, s.count - len(t)))
        crunch = gravel[first : first + len(t)] * torch.exp(-(((t - 0.035) / 0.03) ** 2)) * 0.5
        s.strike(out, at, heel[: len(crunch)] + crunch)
        at, k = at + period * s.dice.uniform(0.95, 1.05), k + 1
    return out


MAKERS: dict[str, Callable[[Stage, bool], Tensor]] = {
    "sea": _sea, "wind": _wind, "rain": _rain, "birds": _birds, "bells": _bells, "engine": _engine, "steps": _steps,
}  # fmt: skip


def _distant(wave: Tensor, stage: Stage) -> Tensor:
    """Quieter, duller, and with more of the space around it than of itself."""
    count = round(0.9 * stage.rate)
    draw = torch.Generator().manual_seed(5)
    t = torch.arange(count) / stage.rate
    answer = torch.randn(count, generator=draw) * torch.exp(-t / 0.22)
    answer = answer / answer.square().sum().sqrt()
    answer[0] += 0.7
    size = 1 << (stage.count + count - 1).bit_length()
    hertz = torch.arange(size // 2 + 1) * stage.rate / size
    dull = 1 / (1 + (hertz / 1600) ** 2).sqrt()
    spectrum = torch.fft.rfft(wave, size) * torch.fft.rfft(answer, size) * dull
    far = torch.fft.irfft(spectrum, size)[: stage.count]
    return far / far.square().mean().sqrt().clamp(min=1e-6) * wave.square().mean().sqrt() * _FAR


assert set(MAKERS) == set(_LOUDNESS)
