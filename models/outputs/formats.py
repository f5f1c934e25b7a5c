"""The file formats that finished work is written in, and the ones that pictures may come in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from models.protocol import BadInput, Medium, listed


@dataclass(frozen=True)
class Format:
    """`options` go to the encoder. `pillow` is its name there; `container`, `codec` and `sound` are FFmpeg's names."""

    name: str
    medium: Medium
    extension: str
    label: str
    pillow: str = ""
    options: tuple[tuple[str, Any], ...] = ()
    container: str = ""
    codec: str = ""
    sound: str = ""

    @property
    def quality(self) -> int | None:
        """How much of a picture is kept, from 1 to 100; None where nothing is lost, or it is not to be chosen."""
        return dict(self.options).get("quality")

    @property
    def said(self) -> str:
        """Its name as `find` reads it, with the quality where that is another than usual: "jpeg:80"."""
        usual = next((one.quality for one in FORMATS if one.name == self.name), None)
        return self.name if self.quality == usual else f"{self.name}:{self.quality}"


QUALITY = (1, 100)
# FFmpeg's encoders cut the work into as many parts as there are threads, which changes the bytes: so the number is set.
_THREADS = ("threads", "4")
# x264 weighs blocks by what later frames take from them, and that differs from run to run: forty frames of 64 x 64
# became 17 different files in 60 runs. Without it they are a sixth larger, and always one file.
_SAME = ("mbtree", "0")
# A frame each second or two that needs no other: so films are looked through without waiting, here and elsewhere.
_KEYS = ("g", "30")
# The first of a medium is its default: it loses nothing, or it opens everywhere. The others are for sharing.
FORMATS: tuple[Format, ...] = (
    Format("png", "picture", ".png", "PNG, without loss", "PNG", (("compress_level", 6),)),
    Format("jpeg", "picture", ".jpg", "JPEG, small", "JPEG", (("quality", 95), ("subsampling", 0))),
    Format("webp", "picture", ".webp", "WebP, smallest", "WEBP", (("quality", 95), ("method", 4))),
    Format("wav", "sound", ".wav", "WAV, 24 bits, without loss", container="wav", codec="pcm_s24le"),
    Format("wav16", "sound", ".wav", "WAV, 16 bits, as on a CD", container="wav", codec="pcm_s16le"),
    Format("wav32", "sound", ".wav", "WAV, 32-bit floats, for mixing", container="wav", codec="pcm_f32le"),
    Format("flac", "sound", ".flac", "FLAC, without loss, half the size", container="flac", codec="flac"),
    Format("ogg", "sound", ".ogg", "Ogg Opus, smallest", "", (("b", "128k"),), container="ogg", codec="libopus"),
    Format("mp3", "sound", ".mp3", "MP3, small", "", (("b", "192k"),), container="mp3", codec="libmp3lame"),
    Format(
        "mp4", "video", ".mp4", "MP4 (H.264), opens everywhere", "",
        (("crf", "17"), ("preset", "medium"), _SAME, _KEYS, _THREADS), container="mp4", codec="libx264", sound="aac",
    ),
    Format(
        "webm", "video", ".webm", "WebM (VP9), free and small", "",
        (("crf", "24"), ("b", "0"), ("cpu-used", "4"), ("row-mt", "1"), _KEYS, _THREADS),
        container="webm", codec="libvpx-vp9", sound="libopus",
    ),
    Format("gif", "video", ".gif", "GIF, 256 colours, without sound", "GIF"),
    Format("frames", "video", ".zip", "Every frame as a PNG, in a zip file", "PNG", (("compress_level", 6),)),
    Format("markdown", "text", ".md", "Markdown"),
    Format("text", "text", ".txt", "Plain text"),
)  # fmt: skip
_ALSO = {"jpg": "jpeg", "md": "markdown", "txt": "text", "zip": "frames", "opus": "ogg"}

# Pillow knows dozens of decoders; these are the ones that people's pictures come in.
READABLE = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
MAX_PIXELS = 100_000_000
MAX_FILE_BYTES = 256 * 2**20


def for_medium(medium: str) -> tuple[Format, ...]:
    return tuple(f for f in FORMATS if f.medium == medium)


def medium_of(extension: str) -> Medium | None:
    """The medium of files with that ending (".wav"), where it is one of the formats that we write; None otherwise."""
    ending = {".jpeg": ".jpg"}.get(extension.lower(), extension.lower())
    return next((f.medium for f in FORMATS if f.extension == ending), None)


def find(name: str, medium: str) -> Format:
    """The format of that name, or the medium's first where none is named; "jpeg:80" is one of another quality.

    Raises BadInput with the choices.
    """
    known = for_medium(medium)
    if not known:
        raise BadInput(f"There is no file format for {medium} yet.")
    if not name:
        return known[0]
    word, _, quality = name.partition(":")
    wanted = word.strip().lower().lstrip(".")
    for one in known:
        if one.name == _ALSO.get(wanted, wanted):
            return _of_quality(one, quality.strip()) if ":" in name else one
    raise BadInput(f"{name} is no format for a {medium}; choose {listed(tuple(f.name for f in known))}.")


def _of_quality(format: Format, quality: str) -> Format:
    if format.quality is None:
        able = listed(tuple(one.name for one in FORMATS if one.quality is not None))
        raise BadInput(f"{format.name} has no quality to choose; only {able} have one.")
    low, high = QUALITY
    if not (quality.isascii() and quality.isdigit() and len(quality) < 4 and low <= int(quality) <= high):
        raise BadInput(f"The quality of {format.name} is a whole number from {low} to {high}, not {quality!r}.")
    return replace(format, options=tuple((k, int(quality) if k == "quality" else v) for k, v in format.options))
