"""Reading pictures, and the settings in files of any medium, ours and other programs'; nobody vouches for the files."""

from __future__ import annotations

import datetime
import json
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.outputs import a1111, embed, formats, look, write
from models.outputs.foreign import table
from models.outputs.sheets import SHEET, checked
from models.protocol import MAX_SEED, BadInput, Card, Value, listed

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_GIF_FRAMES = 10_000
_SAID_OF_IT = ("created", "source", "unread")  # by `read_settings`, and no part of the record
_TEXTS = ("software", "model", "model_name", "architecture", "task", "prompt", "negative_prompt")
TEMPLATES = ("template", "negative_template")  # of the two texts, where something in them was left to the seed


def read_settings(path: str | Path) -> dict[str, Any] | None:
    """The record in a file, None where it has none. Raises BadInput where it is nothing that can be read.

    Always has `prompt`, `negative_prompt`, `settings`, `created` (the file's own date, ISO 8601
    with zone), `source` ("everyform", or the `id` of a program in `foreign.table`) and `unread`: what
    stands in the file and has no name here. `seed` and the rest of `write.record` are there where they are known.
    """
    return settings_and_size(path)[0]


def settings_and_size(path: str | Path) -> tuple[dict[str, Any] | None, tuple[int, int]]:
    """What `read_settings` finds, and width and height in pixels (zeros where the head does not tell), from one look.
    Raises BadInput."""
    notes: Mapping[str, str]
    if (seen := look.at(path)) is not None:
        ours, notes, size = seen.record, seen.notes, (seen.width, seen.height)
    else:
        with _opened(path) as image:
            (ours, notes), size = embed.found(image), image.size
    try:
        found = _ours(ours)
        if found is None:
            found = table.parse(notes)
    except RecursionError:  # what could just be read in can be too deep to be walked through
        raise BadInput(f"{Path(path).name} holds settings that are nested too deep: use another file.") from None
    return (None if found is None else _whole(found) | {"created": created(path)}), size


def bare(found: Mapping[str, Any] | None) -> dict[str, Any]:
    """Of what `read_settings` found, the record alone, as `write.record` made it; empty where there is none."""
    return {name: value for name, value in (found or {}).items() if name not in _SAID_OF_IT}


def fit(record: Mapping[str, Any], card: Card, task: str = "") -> tuple[dict[str, Value], list[str]]:
    """A record's settings as this card takes them, and a sentence for each that it cannot take.

    A choice is found whatever its spelling (`DPM++ 2M Karras`, `dpmpp-2m-karras`).
    """
    known = {p.name: p for p in (card.parameters_for(task) if task else card.parameters)}
    taken: dict[str, Value] = {}
    left: list[str] = [f"{text} has no setting here." for text in record.get("unread", [])]
    for name, value in record.get("settings", {}).items():
        parameter = known.get(name)
        if parameter is None:
            left.append(f"{card.name} has no setting {name}.")
            continue
        if parameter.type == "choice":
            key = a1111.sampler_key(str(value))
            value = next((c for c in parameter.choices if a1111.sampler_key(c) == key), value)
        try:
            taken[name] = parameter.check(value)
        except BadInput as error:
            left.append(str(error))
    return taken, left


def open_picture(path: str | Path) -> Image:
    """The picture, decoded and upright, as RGB or RGBA. Raises BadInput with what to do."""
    from PIL import ImageOps

    with _opened(path) as image:
        upright = ImageOps.exif_transpose(image)
        see_through = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
        return upright.convert("RGBA" if see_through else "RGB")


def open_text(path: str | Path) -> str:
    """The text of a file, without what lies after it of ours. Raises BadInput."""
    return look.text_in(Path(path))[0]


def picture_size(path: str | Path) -> tuple[int, int]:
    """Width and height in pixels, from the file's head alone. Raises BadInput."""
    with _opened(path) as image:
        return image.size


def seen(path: str | Path) -> look.Seen:
    """What a file of any medium holds, from its head alone. Raises BadInput."""
    if (found := look.at(path)) is not None:
        return found
    with _opened(path) as image:
        frames = getattr(image, "n_frames", 1)
        if image.format == "GIF" and frames > 1:
            lasts = sum(_lasts(image, k) for k in range(min(frames, MAX_GIF_FRAMES)))
            return look.Seen(
                "video", width=image.width, height=image.height, seconds=lasts, fps=frames / max(lasts, 0.01)
            )
        return look.Seen("picture", width=image.width, height=image.height)


def _lasts(image: Image, frame: int) -> float:
    image.seek(frame)
    return image.info.get("duration", 0) / 1000


def created(path: str | Path) -> str:
    """A file's own date, ISO 8601 to the second with the zone."""
    stamp = datetime.datetime.fromtimestamp(Path(path).stat().st_mtime).astimezone()
    return stamp.isoformat(timespec="seconds")


@contextmanager
def _opened(path: str | Path) -> Iterator[Image]:
    """An opened picture within the limits. Whatever its decoder raises, also later in the block, becomes BadInput."""
    from PIL import Image

    path = Path(path)
    try:
        if not path.exists():
            raise BadInput(f"There is no file {path}: check its name.")
        if not path.is_file():
            raise BadInput(f"{path} is not a file: name a picture.")
        if path.stat().st_size > formats.MAX_FILE_BYTES:
            raise BadInput(f"{path.name} is larger than {formats.MAX_FILE_BYTES >> 20} MB: use a smaller picture.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # broken EXIF and large sizes are spoken of below, in one sentence
            with Image.open(path, formats=formats.READABLE) as image:
                if image.width * image.height > formats.MAX_PIXELS:
                    million = formats.MAX_PIXELS // 1_000_000
                    raise BadInput(f"{path.name} has more than {million} million pixels: use a smaller picture.")
                yield image
    except (BadInput, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise BadInput(f"{path.name} has too many pixels: use a smaller picture.") from error
    except PermissionError as error:
        raise BadInput(f"{path} may not be read: change its permissions or use another file.") from error
    # Decoders raise almost anything on broken files (OSError, SyntaxError, struct.error, IndexError ...).
    except Exception as error:
        raise BadInput(f"{path.name} is not a picture that can be read: use {listed(formats.READABLE)}.") from error


def _ours(text: str) -> dict[str, Any] | None:
    """Our JSON as a record, every field of the kind that it should be; None where it is not ours or is broken."""
    if not text:
        return None
    try:
        given = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict) or not isinstance(given.get("everyform"), int):
        return None
    record: dict[str, Any] = {"everyform": given["everyform"], "source": "everyform", "unread": []}
    record |= {name: str(given.get(name, "")) for name in _TEXTS}
    record |= {name: given[name] for name in TEMPLATES if isinstance(given.get(name), str)}
    if type(seed := given.get("seed")) is int and 0 <= seed <= MAX_SEED:
        record["seed"] = seed
    record["settings"] = {n: v for n, v in _mapping(given.get("settings")) if _plain(v)}
    record["inputs"] = {n: v for n, v in _mapping(given.get("inputs")) if isinstance(v, str)}
    if said := [turn for turn in _list(given.get("history")) if _is_turn(turn)]:
        record["history"] = said
    if facts := {n: v for n, v in _mapping(given.get("facts")) if isinstance(v, str)}:
        record["facts"] = facts
    if SHEET in given:
        record[SHEET] = checked(given[SHEET])
    return record


def _whole(value: Any) -> Any:
    """The same with texts that every encoding takes: JSON can name half of a letter (`"\\ud83d"`, where a program has
    cut an emoji in two), which no database takes."""
    if isinstance(value, str):
        return write.whole_text(value)
    if isinstance(value, list):
        return [_whole(part) for part in value]
    return {write.whole_text(n): _whole(v) for n, v in value.items()} if isinstance(value, dict) else value


def _mapping(value: object) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_turn(value: object) -> bool:
    """Whether it is who said something in a chat, and what."""
    return isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value)


def _plain(value: object) -> bool:
    return isinstance(value, int | str) or (isinstance(value, float) and math.isfinite(value))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
