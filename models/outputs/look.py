"""What a file of any medium is, told by its own bytes: its medium, its measures, and the record in it.

Nobody vouches for these files. The container is told by the first bytes, never guessed by FFmpeg, which also knows
playlists that name other files; and it gets an open file, so that no address in it can be followed.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.outputs import formats, written
from models.outputs.pictures import SETTINGS
from models.protocol import BadInput, Medium

MAX_TEXT_BYTES = 64 * 2**20
MAX_TAG_CHARS = 4_000_000
_MAX_CHUNKS = 1000  # of a WAV file, looked at for one of them
# The first bytes, how far in they lie, and the medium and FFmpeg's name of what begins so.
_BEGINNINGS: tuple[tuple[bytes, int, Medium, str], ...] = (
    (b"WAVE", 8, "sound", "wav"),
    (b"fLaC", 0, "sound", "flac"),
    (b"OggS", 0, "sound", "ogg"),
    (b"ID3", 0, "sound", "mp3"),
    (b"ftyp", 4, "video", "mov"),
    (b"\x1aE\xdf\xa3", 0, "video", "matroska"),
)
# In small pieces, half an hour of WAV is a hundred thousand of them.
_OPTIONS = {"wav": {"max_size": str(2**19)}}
_ZIP_NAME = 30  # bytes before the name of a zip file's first member
_BY_NAME = {".md": "text", ".txt": "text", ".zip": "frames"}


@dataclass(frozen=True)
class Seen:
    """What a file holds. Sizes in pixels, `sample_rate` in Hz; 0 where the medium has none. `record` is our JSON, or
    what stands in its place; `notes` are all texts in it by their lower-case names."""

    medium: Medium
    record: str = ""
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    fps: float = 0.0
    sample_rate: int = 0
    channels: int = 0
    characters: int = 0
    notes: Mapping[str, str] = field(default_factory=dict)


def at(path: str | Path) -> Seen | None:
    """What that file of sound, video or text holds; None where it may be a picture, or nothing. Raises BadInput."""
    path = Path(path)
    if (found := container(path)) is not None:
        return _streams(path, *found)
    by_name = _BY_NAME.get(path.suffix.lower(), "") if path.is_file() else ""
    if by_name == "frames":
        return _frames(path)
    return _text(path) if by_name == "text" else None


def container(path: Path) -> tuple[Medium, str] | None:
    """The medium that the file's first bytes tell of, and FFmpeg's name of its container; None for any other file."""
    try:
        if not path.is_file():  # opening a pipe would wait for whoever writes into it
            return None
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return None
    for mark, offset, medium, name in _BEGINNINGS:
        if head[offset : offset + len(mark)] == mark:
            return medium, name
    # Without a tag, the first frame of an MP3 begins at once.
    return ("sound", "mp3") if path.suffix.lower() == ".mp3" and head[:1] == b"\xff" else None


@contextmanager
def opened(path: Path, container: str) -> Iterator[Any]:
    """The file, opened by FFmpeg as that container and as no other. Whatever FFmpeg raises becomes BadInput."""
    import av

    try:
        # Tags of older programs are in some encoding of their own: that is no reason to refuse the sound.
        options = _OPTIONS.get(container, {})
        with (
            path.open("rb") as file,
            av.open(file, format=container, options=options, metadata_errors="replace") as found,
        ):
            yield found
    except (BadInput, MemoryError):
        raise
    except PermissionError as error:
        raise BadInput(f"{path} may not be read: change its permissions or use another file.") from error
    except Exception as error:  # broken files raise almost anything
        raise BadInput(f"{path.name} is broken or is no {container} file: use another one.") from error


def _streams(path: Path, medium: Medium, container: str) -> Seen:
    with opened(path, container) as found:
        tags: dict[str, str] = {}
        for holder in (*found.streams, found):  # an Ogg file has its tags with its one stream
            tags |= {name.lower(): value[:MAX_TAG_CHARS] for name, value in holder.metadata.items()}
        picture: Any = next(iter(found.streams.video), None) if medium == "video" else None
        sound: Any = next(iter(found.streams.audio), None)
        if picture is None and sound is None:
            raise BadInput(f"{path.name} holds neither sound nor pictures: use another file.")
        if container == "wav" and (chunk := _riff_chunk(path, b"json")):
            tags["json"] = chunk
        seconds = (found.duration or 0) / 1_000_000
        if picture is None and sound.duration is not None and sound.time_base is not None:
            seconds = float(sound.duration * sound.time_base)
        return Seen(
            "sound" if picture is None else "video",
            tags.get("comment", ""),
            picture.width if picture else 0,
            picture.height if picture else 0,
            seconds if math.isfinite(seconds) and seconds > 0 else 0.0,
            float(picture.average_rate or 0) if picture else 0.0,
            sound.rate if sound else 0,
            sound.channels if sound else 0,
            notes=tags,
        )


def _riff_chunk(path: Path, wanted: bytes) -> str:
    """The text of a WAV file's chunk of that name, which FFmpeg passes over; "" where there is none."""
    with path.open("rb") as file:
        file.seek(12)
        for _ in range(_MAX_CHUNKS):
            head = file.read(8)
            if len(head) < 8:
                break
            size = int.from_bytes(head[4:], "little")
            if head[:4] == wanted:
                return file.read(min(size, MAX_TAG_CHARS)).decode("utf-8", "replace").strip("\0 ")
            file.seek(size + size % 2, 1)
    return ""


def _text(path: Path) -> Seen:
    text, told = text_in(path)
    return Seen("text", told, characters=len(text))


def text_in(path: Path) -> tuple[str, str]:
    """The text of a file, and our JSON after it. Raises BadInput."""
    try:
        if path.stat().st_size > MAX_TEXT_BYTES:
            raise BadInput(f"{path.name} is larger than {MAX_TEXT_BYTES >> 20} MB: use a smaller text.")
        return written.parted(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({(error.strerror or 'unknown').lower()}).") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is no text in UTF-8: save it as that.") from error


def _frames(path: Path) -> Seen | None:
    """A zip file of frames that we wrote; any other is none of our business."""
    import json

    first = SETTINGS.encode()
    try:
        # Ours begin with the settings. The list at the end of somebody's data set may have millions of names.
        with path.open("rb") as file:
            head = file.read(_ZIP_NAME + len(first))
        if head[:4] != b"PK\3\4" or head[_ZIP_NAME:] != first:
            return None
        with zipfile.ZipFile(path) as whole:
            if SETTINGS not in whole.namelist() or whole.getinfo(SETTINGS).file_size > formats.MAX_FILE_BYTES // 64:
                return None
            told = whole.read(SETTINGS).decode("utf-8")
            notes = json.loads(told)
            fps, frames = float(notes["fps"]), int(notes["frames"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, NotImplementedError, zipfile.BadZipFile):
        return None
    known = math.isfinite(fps) and fps > 0 and frames > 0
    return Seen("video", told, seconds=frames / fps if known else 0.0, fps=fps if known else 0.0)
