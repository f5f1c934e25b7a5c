"""Sound, video and text that people bring, decoded: within limits, from files that nobody vouches for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.outputs import formats, look, read
from models.outputs.media import Sound, Video
from models.protocol import BadInput

if TYPE_CHECKING:
    from numpy import ndarray

MAX_SECONDS = 600.0  # of sound that a model is given
MAX_HEARD_SECONDS = 7200.0  # of sound that is played or written again
_BLOCK = 2**16  # samples handed on at a time
MAX_FRAME_BYTES = 2 * 2**30  # of a video, all frames together as RGB


def sound(
    path: str | Path, sample_rate: int = 0, channels: int = 0, seconds: float = MAX_SECONDS, begin: float = 0.0
) -> Sound:
    """The sound of a file, also of a video; at that rate and in that many channels (1 or 2), where they are given.

    `seconds` of it from `begin` on, at most; what lies beyond is left out. Raises BadInput.
    """
    import numpy as np

    with _sound_of(Path(path), "fltp", sample_rate, channels) as (rate, _, blocks):
        first, last = round(begin * rate), round((begin + seconds) * rate)
        parts: list[ndarray] = []
        had = 0
        for block in blocks:
            length = block.shape[1]
            if not parts and length <= first:  # before what is wanted
                first, last = first - length, last - length
                continue
            parts.append(block)
            had += length
            if had >= last:
                break
        wave = np.concatenate(parts, axis=1)[:, first:last] if parts else np.zeros((1, 0))
        if not wave.size:
            raise BadInput(f"{Path(path).name} holds no sound: use another file.")
    return Sound(np.nan_to_num(np.clip(wave, -1, 1)), rate)


def samples(path: str | Path) -> tuple[ndarray, int]:
    """A file's sound to be played and looked at: 16-bit (frames, channels), one or two of these, and its rate in Hz.

    Half as large as in floats, and no louder than the hearing goes. What lies beyond `MAX_HEARD_SECONDS` is left out.
    Raises BadInput.
    """
    import numpy as np

    path = Path(path)
    with _sound_of(path, "s16", 0, 0) as (rate, channels, blocks):
        most = int(MAX_HEARD_SECONDS * rate)
        # As long as the file says, so that it lies in memory once; the file may be wrong.
        held = np.zeros((min(int((read.seen(path).seconds + 1) * rate), most), channels), np.int16)
        had = 0
        for block in blocks:
            part = block.reshape(-1, channels)
            if had + len(part) > len(held):
                grown = np.zeros((min(max(2 * len(held), had + len(part)), most), channels), np.int16)
                grown[:had] = held[:had]
                held = grown
            part = part[: len(held) - had]
            held[had : had + len(part)] = part
            had += len(part)
            if had >= most:
                break
    if not had:
        raise BadInput(f"{path.name} holds no sound: use another file.")
    return held[:had], rate


@contextmanager
def _sound_of(path: Path, kind: str, rate: int, channels: int) -> Iterator[tuple[int, int, Iterator[ndarray]]]:
    """A file's rate, its channels and its blocks, in FFmpeg's sample format `kind`. Raises BadInput."""
    import av

    with look.opened(path, container(path)) as found:
        if not found.streams.audio:
            raise BadInput(f"{path.name} holds no sound: use another file.")
        stream: Any = found.streams.audio[0]
        rate = rate or stream.rate
        if kind == "s16":
            channels = min(stream.channels, 2)
        layout = {1: "mono", 2: "stereo"}.get(channels, stream.layout.name)
        resampler = av.AudioResampler(kind, layout, rate, frame_size=_BLOCK)

        def blocks() -> Iterator[ndarray]:
            for frame in found.decode(stream):
                for part in resampler.resample(frame):
                    yield part.to_ndarray()
            for part in resampler.resample(None):
                yield part.to_ndarray()

        yield rate, channels, blocks()


def video(path: str | Path, frames: int = 0) -> Video:
    """The first `frames` of a video (0: all that 2 GB hold), without its sound; a GIF also is one. Raises BadInput."""
    import numpy as np

    path = Path(path)
    if path.suffix.lower() == ".gif":
        return _gif(path, frames)
    with look.opened(path, container(path)) as found:
        if not found.streams.video:
            raise BadInput(f"{path.name} holds no pictures: use a video.")
        stream: Any = found.streams.video[0]
        if stream.width * stream.height > formats.MAX_PIXELS:
            million = formats.MAX_PIXELS // 1_000_000
            raise BadInput(f"{path.name} has frames of more than {million} million pixels: use a smaller video.")
        most = _most(frames, stream.width, stream.height)
        shown: list[Any] = []
        for frame in found.decode(stream):
            shown.append(frame.to_ndarray(format="rgb24"))
            if len(shown) >= most:
                break
        fps = float(stream.average_rate or 24)
    if not shown:
        raise BadInput(f"{path.name} holds no pictures: use a video.")
    return Video(np.stack([f for f in shown if f.shape == shown[0].shape]), fps)


def text(path: str | Path) -> str:
    """The text of a file in UTF-8, without our record. Raises BadInput."""
    return read.open_text(path)


def container(path: Path) -> str:
    """FFmpeg's name of what the file is by its first bytes. Raises BadInput where it is nothing that is known."""
    if (found := look.container(path)) is None:
        raise BadInput(f"{path.name} is no sound or video that can be read: use WAV, FLAC, OGG, MP3, MP4 or WebM.")
    return found[1]


def _gif(path: Path, frames: int) -> Video:
    import numpy as np
    from PIL import Image, ImageSequence

    seen = read.seen(path)
    try:
        with Image.open(path, formats=["GIF"]) as image:
            most = _most(frames, *image.size)
            every = ImageSequence.Iterator(image)
            shown = [np.asarray(f.convert("RGB")) for _, f in zip(range(most), every, strict=False)]
    except Exception as error:
        raise BadInput(f"{path.name} is broken: use another file.") from error
    return Video(np.stack(shown), seen.fps or 10.0)


def _most(frames: int, width: int, height: int) -> int:
    fit = max(1, MAX_FRAME_BYTES // max(width * height * 3, 1))
    return min(frames, fit) if frames else fit
