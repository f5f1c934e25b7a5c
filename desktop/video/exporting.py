"""A film, or the part of it that was chosen, as a file of the person's own; and one of its frames as a picture. Any
thread."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from desktop.inputs import new_file
from desktop.video.clip import Facts, open_clip
from models.outputs import atomic, decode, place, read
from models.outputs.export import export
from models.outputs.media import Sound, Video
from models.protocol import BadInput


class Stopped(Exception):
    """The person has stopped the writing."""


class Frames:
    """The frames of a film from one to another, both included, each decoded when it is asked for."""

    def __init__(self, path: str, first: int, last: int, tell: Callable[[int, int], None]) -> None:
        self._path, self._first, self._last, self._tell = path, first, last, tell

    def __len__(self) -> int:
        return self._last - self._first + 1

    def __iter__(self) -> Iterator[Any]:
        clip = open_clip(self._path)
        try:
            for frame in range(self._first, self._last + 1):
                self._tell(frame - self._first, len(self))
                yield clip.array(frame)
        finally:
            clip.close()


def film(
    facts: Facts, target: str, kind: str, first: int, last: int, tell: Callable[[int, int], None] = lambda *_: None
) -> Path:
    """Write those frames of the film, and its sound along them, in that format; where it lies now.

    `tell` hears how far it is, and may raise `Stopped`: then nothing is written. Raises BadInput.
    """
    path = facts.path
    sound = _sound(path, first / facts.fps, (last + 1) / facts.fps) if facts.sounds else None
    record = read.bare(read.read_settings(path))
    if (first, last) != (0, facts.count - 1):
        told = {"part": f"frames {first + 1} to {last + 1} of {facts.count}"}
        record["facts"] = {**record.get("facts", {}), **told}
    frames: Any = Frames(path, first, last, tell)
    return export(Video(frames, facts.fps, sound), target, record, kind)


def still(path: str, frame: int) -> str:
    """One frame as a PNG of ours, for a model to begin from; its path. Raises BadInput."""
    from PIL import Image

    clip = open_clip(path)
    try:
        pixels = clip.array(frame)
    finally:
        clip.close()
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "PNG", compress_level=4)
    target = new_file(f"{Path(path).stem[:40]}-frame-{frame + 1}", ".png")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(target, held.getvalue())
    except OSError as error:
        raise BadInput(place.sentence(error, target.parent)) from error
    return str(target)


def _sound(path: str, begin: float, end: float) -> Sound | None:
    try:
        return decode.sound(path, seconds=end - begin, begin=begin)
    except BadInput:
        decode.sound(path, seconds=1.0)  # raises where it is broken
        return None  # it ends before the part begins
