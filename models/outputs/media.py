"""What a model hands back: one finished thing in memory, before it is a file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.protocol import Medium

if TYPE_CHECKING:
    from numpy import ndarray
    from PIL.Image import Image


@dataclass(frozen=True)
class Picture:
    """A picture of any Pillow mode; it is written as RGB, or RGBA where it has transparency.

    `facts` are what the model knows of it, by name and in words for people ("critic's score": "0.83"); they
    lie in the file with the settings.
    """

    image: Image
    facts: Mapping[str, str] = field(default_factory=dict)

    medium: Medium = "picture"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.size


@dataclass(frozen=True, eq=False)
class Sound:
    """A waveform: numbers from -1 to 1, (channels, samples), or (samples,) where it is mono; `sample_rate` in Hz.

    Any numpy array of floats, or what numpy makes one of (a CPU tensor in float32). Raises ValueError where it holds
    what is no number, as a broken model's does: a file of it would be noise or silence without a word.
    """

    waveform: ndarray
    sample_rate: int
    facts: Mapping[str, str] = field(default_factory=dict)

    medium: Medium = "sound"

    def __post_init__(self) -> None:
        import numpy as np

        wave = np.atleast_2d(np.asarray(self.waveform, dtype=np.float32))
        if wave.ndim != 2 or not wave.size:
            raise ValueError(f"A sound has channels and samples, not the shape {wave.shape}.")
        if not np.isfinite(wave).all():
            raise ValueError("The model gave numbers that are no sound (not finite).")
        if not 1 <= int(self.sample_rate) <= 768_000:
            raise ValueError(f"{self.sample_rate} is no sample rate.")
        object.__setattr__(self, "waveform", wave)
        object.__setattr__(self, "sample_rate", int(self.sample_rate))

    @property
    def seconds(self) -> float:
        return self.waveform.shape[1] / self.sample_rate

    @property
    def channels(self) -> int:
        return int(self.waveform.shape[0])


@dataclass(frozen=True, eq=False)
class Video:
    """Frames in order, `fps` of them a second, and the sound that runs along.

    `frames` is an array (N, height, width, 3) of bytes, or a sequence of Pillow pictures or of arrays
    (height, width, 3); it is walked through frame by frame, so a sequence may make each only when it is asked for.
    """

    frames: Sequence[Any] | ndarray
    fps: float
    sound: Sound | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    medium: Medium = "video"

    def __post_init__(self) -> None:
        if not len(self.frames):
            raise ValueError("A video has at least one frame.")
        if not (math.isfinite(self.fps) and 0 < self.fps <= 1000):
            raise ValueError(f"{self.fps} is no number of frames a second.")

    def __iter__(self) -> Iterator[ndarray]:
        """Each frame as (height, width, 3) bytes. Raises ValueError where one is of another size."""
        import numpy as np

        size: tuple[int, ...] = ()
        for frame in self.frames:
            pixels = np.asarray(frame.convert("RGB") if hasattr(frame, "convert") else frame)
            size = size or pixels.shape
            if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.shape != size:
                raise ValueError(f"A frame is {pixels.dtype} {pixels.shape}, not RGB bytes of one size.")
            yield np.ascontiguousarray(pixels)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = next(iter(self)).shape[:2]
        return width, height

    @property
    def seconds(self) -> float:
        return len(self.frames) / self.fps


@dataclass(frozen=True)
class Text:
    """What was written, without the prompt that it follows."""

    text: str
    facts: Mapping[str, str] = field(default_factory=dict)

    medium: Medium = "text"


# Everything that `write.save` can write.
Media = Picture | Sound | Video | Text
