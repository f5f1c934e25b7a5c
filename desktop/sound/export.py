"""Takes as files for elsewhere: any format that we write, whole or a stretch, with the settings inside. Any thread."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from models import folders
from models.protocol import BadInput


def write(path: str, target: str, kind_name: str, stretch: tuple[float, float] | None = None) -> str:
    """Write the sound of `path` to `target` in that format; the target's path. Raises BadInput.

    It is decoded anew, so that nothing is lost on the way that the format could keep.
    """
    from models.outputs import atomic, decode, formats, place, streams

    kind, out = formats.find(kind_name, "sound"), Path(target)
    if out.suffix.lower() != kind.extension:
        out = out.with_name(out.name + kind.extension)
    begin, end = stretch or (0.0, decode.MAX_HEARD_SECONDS)
    sound = decode.sound(path, seconds=end - begin, begin=begin)
    try:
        with atomic.replacing(out) as there:
            streams.write_sound(there, sound, kind, _record(path))
    except OSError as error:
        raise BadInput(place.sentence(error, out.parent)) from error
    return str(out)


def until(path: str, end: float) -> str:
    """The take up to a moment, as a file of ours that a model can go on from. Raises BadInput."""
    target = folders.data() / "inputs" / f"sound-{time.time_ns()}.wav"
    target.parent.mkdir(parents=True, exist_ok=True)
    return write(path, str(target), "wav", (0.0, max(end, 0.05)))


def _record(path: str) -> dict[str, Any]:
    """What lies in the file on how it was made; nothing of ours in a recording that was brought along."""
    from models.outputs import read

    found = read.read_settings(path) or {}
    return {name: value for name, value in found.items() if name not in ("created", "source", "unread")}
