"""Writing a finished thing to disk: a name that says what it is, its settings inside, whole or not at all."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from models.outputs import atomic, formats, pictures, place, streams, written
from models.outputs.media import Media, Sound, Text, Video
from models.prompting import weights
from models.protocol import BadInput, Request
from models.version import SOFTWARE

RECORD_VERSION = 1
_SLUG_CHARS = 40


def save(
    media: Media, request: Request, model_name: str, folder: str | Path, format: str = ""
) -> tuple[Path, dict[str, Any]]:
    """Write one item; its absolute path and the record that lies in it. `format` is empty for the medium's own.

    The same request, seed and content give the same bytes (so no time is in them: a file's
    own date tells when, the index how long), under `model-seed-words-of-the-prompt.png`,
    with -2, -3 ... where the name is taken by other bytes. Nothing is ever overwritten.
    Raises BadInput where the folder does not take the file, or the format is not known.
    """
    kind = formats.find(format or request.format, media.medium)
    made = record(request, model_name) | ({"facts": dict(media.facts)} if media.facts else {})
    fill = writer(media, kind, made)
    folder = Path(folder).expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = atomic.fill_new(folder / (file_stem(request) + kind.extension), fill)
    except OSError as error:
        raise BadInput(place.sentence(error, folder)) from error
    return path, made


def record(request: Request, model_name: str = "") -> dict[str, Any]:
    """What it takes to make this item again; plain JSON values. `read.settings` gives it back."""
    said = {"history": [[role, whole_text(text)] for role, text in request.history]} if request.history else {}
    written = {"template": request.template, "negative_template": request.negative_template}
    return (
        said
        | {name: whole_text(text) for name, text in written.items() if text}
        | {
            "everyform": RECORD_VERSION,
            "software": SOFTWARE,
            "model": whole_text(request.model_id),
            "model_name": whole_text(model_name or request.model_id),
            "architecture": request.architecture,
            "task": request.task,
            "prompt": whole_text(request.prompt),
            "negative_prompt": whole_text(request.negative_prompt),
            "seed": request.seed,
            "settings": dict(request.settings),
            "inputs": {name: whole_text(path) for name, path in {**request.inputs, **request.given}.items()},
        }
    )


def writer(media: Media, kind: formats.Format, made: Mapping[str, Any]) -> Callable[[Path], object]:
    """What writes the file, the record in it. Small things are encoded here and now, for an encoder's error is no
    folder's; video goes to the disk frame by frame."""
    if isinstance(media, Video):
        filled = {"gif": pictures.write_gif, "frames": pictures.write_frames}.get(kind.name)
        return (
            partial(filled, video=media, record=made)
            if filled
            else partial(streams.write_video, video=media, kind=kind, record=made)
        )
    if isinstance(media, Sound):
        return partial(streams.write_sound, sound=media, kind=kind, record=made)
    if isinstance(media, Text):
        text = whole_text(media.text)
        data = (written.with_record(text, made, kind.name) if made else text).encode()
    else:
        data = pictures.encode(media, kind, made)
    return lambda path: path.write_bytes(data)


def file_stem(request: Request) -> str:
    """`scenes-42-a-red-sailboat-on-a`: the same request has the same name in any folder."""
    words = weights.plain(request.prompt[:1000])
    parts = (slug(Path(request.model_id).stem or "model"), str(request.seed), slug(words))
    return "-".join(part for part in parts if part)


def slug(text: str, limit: int = _SLUG_CHARS) -> str:
    """The first words in small letters and digits of any script, joined by hyphens, cut between words."""
    text = unicodedata.normalize("NFC", whole_text(text[:1000])).lower()
    words = "".join(c if c.isalnum() else " " for c in text).split()
    kept = ""
    for word in words:
        joined = f"{kept}-{word}" if kept else word
        # Bytes, not letters: a file's name has 255 of them at most, and a Chinese letter takes three.
        if len(joined.encode()) > limit * 2 or len(joined) > limit:
            return kept or joined[: limit // 2]
        kept = joined
    return kept


def is_text(name: str) -> bool:
    """Whether every encoding takes it: a file's name can be bytes of some older one."""
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def whole_text(text: str) -> str:
    """Text that every encoding takes: bytes that were no text (from a command line, say) become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
