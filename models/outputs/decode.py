"""Sound, video and text that people bring, decoded: within limits, from files that nobody vouches for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.outputs import look, read
from models.outputs.media import Sound, Video
from models.protocol import BadInput

MAX_SECONDS = 600.0  # of sound
MAX_FRAME_BYTES = 2 * 2**30  # of a video, all frames together as RGB


def sound(path: str | Path, sample_rate: int = 0, channels: int = 0) -> Sound:
    """The sound of a file, also of a video; at that rate and in that many channels (1 or 2), where they are given.

    What lies beyond `MAX_SECONDS` is left out. Raises BadInput.
    """
    import av
    import numpy as np

    path = Path(path)
    with look.opened(path, container(path)) as found:
        if not found.streams.audio:
            raise BadInput(f"{path.name} holds no sound: use another file.")
        stream: Any = found.streams.audio[0]
        rate, layout = sample_rate or stream.rate, {1: "mono", 2: "stereo"}.get(channels, stream.layout.name)
        resampler = av.AudioResampler("fltp", layout, rate)
        parts: list[Any] = []
        had = 0
        for frame in found.decode(stream):
            parts += [part.to_ndarray() for part in resampler.resample(frame)]
            had += parts[-1].shape[1] if parts else 0
            if had > MAX_SECONDS * rate:
                break
        parts += [part.to_ndarray() for part in resampler.resample(None)]
        if not parts:
            raise BadInput(f"{path.name} holds no sound: use another file.")
        wave = np.concatenate(parts, axis=1)[:, : int(MAX_SECONDS * rate)]
    return Sound(np.nan_to_num(np.clip(wave, -1, 1)), rate)


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
