"""One take: its samples in memory, its outline, and what it is called. Numpy is read with the first of them, aside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.protocol import BadInput

if TYPE_CHECKING:
    from numpy import ndarray

    from desktop.sound.peaks import Peaks
    from models.protocol import SoundPreview


@dataclass(frozen=True, eq=False)
class Take:
    """`samples` are 16-bit (frames, channels) with one or two channels, `rate` in Hz; `path` is "" while it is made.

    `ours` where its file holds our record, `stamp` says which state of the file it is of.
    """

    path: str
    samples: ndarray
    rate: int
    peaks: Peaks
    ours: bool = True
    stamp: tuple[int, int] = (0, 0)

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    @property
    def facts(self) -> str:
        """`32 kHz mono`."""
        channels = "mono" if self.samples.shape[1] == 1 else "stereo"
        return f"{self.rate / 1000:g} kHz {channels}"


def read(path: str) -> Take:
    """Decode a file of any sound that can be opened. Seconds for long ones; any thread. Raises BadInput."""
    from desktop.sound.peaks import Peaks
    from models.outputs import decode, read

    if not Path(path).is_file():
        raise BadInput(f"{Path(path).name} is no longer where it was; it may have been moved or deleted.")
    now = stamp(path)
    ours = bool(read.seen(path).record)
    samples, rate = decode.samples(path)
    return Take(path, samples, rate, Peaks(samples), ours, now)


def stamp(path: str) -> tuple[int, int]:
    """A file's size and time, to tell whether it is another one now; zeros where it is gone."""
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def of_preview(preview: SoundPreview) -> Take:
    """What is there so far of one that is being made. Any thread."""
    import numpy as np

    from desktop.sound.peaks import Peaks

    samples = np.frombuffer(preview.samples[: len(preview.samples) // 2 * 2], "<i2").astype(np.int16)[:, None]
    return Take("", samples, preview.sample_rate, Peaks(samples))


def clock(seconds: float, hundredths: bool = True) -> str:
    """A moment as `0:06.42`, and `1:02:03.50` from an hour on."""
    whole = int(max(seconds, 0.0) * 100 + 1e-6)
    minutes, rest = divmod(whole, 6000)
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{start}:{rest / 100:05.2f}" if hundredths else f"{start}:{rest // 100:02}"
