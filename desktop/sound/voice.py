"""What is heard: blocks of samples for a sound device, from any moment of a take, in a loop, and from take to take."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from desktop.sound.take import Take

if TYPE_CHECKING:
    from numpy import ndarray

_FADE = 256  # frames over which one take gives way to another, so that nothing clicks
_NEAR = 1e-6  # seconds: moments that are one and the same
_MARKS = 256  # blocks whose times are remembered: seconds, at any block size


@dataclass(frozen=True)
class Level:
    """Highest sample and root of the mean square of a block, of each channel, from 0 to 1."""

    peak: tuple[float, ...]
    rms: tuple[float, ...]


@dataclass(frozen=True)
class _Mark:
    """At the device's time `heard_at` the moment `at` is heard, and `seconds` from there."""

    heard_at: float
    at: float
    seconds: float
    loop: tuple[float, float] | None


class Voice:
    """`fill` is called by the device's own thread; all else by the window's, at any time. Moments are in seconds.

    Attributes are replaced whole, never changed, which is all the locking that Python needs here.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self.rate, self.channels = rate, channels
        self.take: Take | None = None
        self.loop: tuple[float, float] | None = None
        self.volume = 1.0
        self.level: Level | None = None  # of the last block
        self._before: Take | None = None
        self._at = 0.0
        self._seek: float | None = None
        self._marks: deque[_Mark] = deque(maxlen=_MARKS)

    def seek(self, at: float) -> None:
        """Go on from there with the next block."""
        self._seek = at
        self._marks.clear()
        self._at = at

    def switch(self, take: Take) -> None:
        """Another take, at the same moment."""
        self._before, self.take = self.take, take

    @property
    def at_end(self) -> bool:
        """Whether all of the take was handed over."""
        return self.take is not None and self.loop is None and self._at >= self.take.seconds

    def position(self, now: float) -> float:
        """The moment that is heard at this time of the device."""
        found: _Mark | None = None
        for mark in tuple(self._marks):
            if mark.heard_at <= now or found is None:
                found = mark
        if found is None:
            return self._at
        at = found.at + min(max(now - found.heard_at, 0.0), found.seconds)
        return _looped(at, found.loop)

    def fill(self, out: ndarray, heard_at: float) -> bool:
        """The next block into `out`, floats (frames, channels); False once the take has ended."""
        take, before, loop = self.take, self._before, self.loop
        seek, self._seek = self._seek, None
        at = self._at if seek is None else seek
        if take is None:
            out.fill(0)
            return False
        moments = at + np.arange(len(out)) / self.rate
        moments = _loop_all(moments, loop)
        block = _at(take, moments, self.channels)
        if before is not None and before is not take:
            self._before = None
            fade = np.minimum(np.arange(len(out)) / _FADE, 1.0).astype(np.float32)[:, None]
            block = block * fade + _at(before, moments, self.channels) * (1 - fade)
        np.multiply(block, self.volume, out=out)
        self.level = Level(
            tuple(float(x) for x in np.abs(out).max(axis=0)), tuple(float(x) for x in np.sqrt((out**2).mean(axis=0)))
        )
        self._marks.append(_Mark(heard_at, at, len(out) / self.rate, loop))
        after = _looped(at + len(out) / self.rate, loop)
        if self._seek is None:
            self._at = after
        return loop is not None or after < take.seconds


def _at(take: Take, moments: ndarray, channels: int) -> ndarray:
    """A take's sound at these moments, straight between its samples; silence before and after it."""
    places = moments * take.rate
    left = np.floor(places + 1e-6).astype(np.int64)
    share = np.clip(places - left, 0.0, 1.0).astype(np.float32)[:, None]
    last = len(take.samples) - 1
    there = ((left >= 0) & (left <= last)).astype(np.float32)[:, None]
    first = take.samples[np.clip(left, 0, last)].astype(np.float32)
    second = take.samples[np.clip(left + 1, 0, last)].astype(np.float32)
    block = (first + (second - first) * share) * (there / 32768.0)
    return block if block.shape[1] == channels else np.repeat(block.mean(axis=1, keepdims=True), channels, axis=1)


def _looped(at: float, loop: tuple[float, float] | None) -> float:
    """A moment within its loop; one before the loop is left to come to it."""
    if loop is None or at < loop[1] - _NEAR:
        return at
    begin, end = loop
    return at - (end - begin) * ((at - begin + _NEAR) // (end - begin))


def _loop_all(moments: ndarray, loop: tuple[float, float] | None) -> ndarray:
    if loop is None:
        return moments
    begin, end = loop
    wrapped = moments - (end - begin) * np.floor((moments - begin + _NEAR) / (end - begin))
    return np.where(moments < end - _NEAR, moments, wrapped)
