"""Finished work under the name and in the format that the person chose: whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.outputs import atomic, formats, place, write
from models.outputs.media import Media
from models.protocol import BadInput


def export(media: Media, path: str | Path, record: Mapping[str, Any], format: str = "") -> Path:
    """Write it to `path`, the record in it, as `format`, or as the ending says; where it lies now.

    An ending that the format does not have is added. Raises BadInput.
    """
    path = Path(path).expanduser().absolute()
    kind = formats.find(format or path.suffix, media.medium)
    if path.suffix.lower() != kind.extension:
        path = path.with_name(path.name + kind.extension)
    fill = write.writer(media, kind, record)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.replacing(path) as temporary:
            fill(temporary)
    except OSError as error:
        raise BadInput(place.sentence(error, path.parent)) from error
    return path
