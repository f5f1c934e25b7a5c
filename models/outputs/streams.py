"""Sound and video as files, by FFmpeg (PyAV): encoded frame by frame, the record among the file's own tags.

The same sound gives the same bytes: no date, no encoder's name and no random serial is written (`bitexact`).
PyAV itself is BSD; its wheels hold FFmpeg with x264 and x265, so a packaged program with them is passed on under the
GPL. A build of FFmpeg without the two serves every format here but MP4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.outputs import embed
from models.outputs.formats import Format
from models.outputs.media import Sound, Video

if TYPE_CHECKING:
    from av import AudioFrame
    from av.container import OutputContainer
    from numpy import ndarray

_BLOCK = 2**16  # samples encoded at a time
_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_MOST_CHANNELS = {"libmp3lame": 2}
# How the encoders that do not take floats want their samples.
_SAMPLES = {"pcm_s24le": "s32", "pcm_s16le": "s16", "pcm_f32le": "flt", "flac": "s32"}
_BITEXACT = {"fflags": "+bitexact"}
_BT709 = 1  # FFmpeg's number for it as a colour space, as primaries and as a transfer curve
_LIMITED = 1  # luma from 16 to 235, which players expect


def write_sound(path: Path, sound: Sound, kind: Format, record: Mapping[str, Any]) -> None:
    """Write a sound. What the format has no room for is made to fit: MP3 holds two channels and some rates alone."""
    import av

    with av.open(str(path), "w", format=kind.container, options=_BITEXACT) as container:
        container.metadata.update(embed.tags(record))
        _add_sound(container, sound, kind.codec, dict(kind.options))()


def write_video(path: Path, video: Video, kind: Format, record: Mapping[str, Any]) -> None:
    """Write a video with its sound. The codecs want even sides: an odd one is made longer by its last row."""
    import av

    options = _BITEXACT | ({"movflags": "+faststart"} if kind.container == "mp4" else {})
    width, height = (side + side % 2 for side in video.size)
    with av.open(str(path), "w", format=kind.container, options=options) as container:
        container.metadata.update(embed.tags(record))
        rate = _rate(video.fps)
        stream: Any = container.add_stream(kind.codec, rate=rate, options={**dict(kind.options), "flags": "+bitexact"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context: Any = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _LIMITED
        sound = _add_sound(container, video.sound, kind.sound, {"b": "192k"}) if video.sound else None
        for number, pixels in enumerate(video):
            frame = av.VideoFrame.from_ndarray(_even(pixels), format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
            frame.pts, frame.time_base = number, 1 / rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            sound()


def _add_sound(container: OutputContainer, sound: Sound, codec: str, options: dict[str, str]) -> Any:
    """Give the container a track for this sound; what comes back encodes it, once every track is there."""
    import av

    rates = av.Codec(codec, "w").audio_rates
    rate = sound.sample_rate
    if rates and rate not in rates:
        rate = min((r for r in rates if r > rate), default=max(rates))
    channels = min(sound.channels, _MOST_CHANNELS.get(codec, 8))
    stream: Any = container.add_stream(codec, rate=rate, options={**options, "flags": "+bitexact"})
    stream.layout = _LAYOUTS[channels]
    if codec in _SAMPLES:
        stream.format = _SAMPLES[codec]

    def encode() -> None:
        for frame in _frames(sound):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    return encode


def _frames(sound: Sound) -> Iterator[AudioFrame]:
    """The waveform in blocks. More than eight channels have no names that a file could give them: they are mixed."""
    import av
    import numpy as np

    wave = sound.waveform if sound.channels in _LAYOUTS else sound.waveform.mean(axis=0, keepdims=True)
    wave = np.clip(wave, -1.0, 1.0)
    for begin in range(0, wave.shape[1], _BLOCK):
        part = np.ascontiguousarray(wave[:, begin : begin + _BLOCK])
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=_LAYOUTS[wave.shape[0]])
        frame.sample_rate, frame.pts, frame.time_base = sound.sample_rate, begin, Fraction(1, sound.sample_rate)
        yield frame


def _rate(fps: float) -> Fraction:
    """Frames a second as a fraction; 23.976, 29.97 and their like are meant as film and television have them."""
    broadcast = Fraction(round(fps * 1.001) * 1000, 1001)
    return broadcast if abs(broadcast - fps) < 0.002 else Fraction(fps).limit_denominator(1001)


def _even(pixels: ndarray) -> ndarray:
    import numpy as np

    height, width = pixels.shape[:2]
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), "edge") if height % 2 or width % 2 else pixels
