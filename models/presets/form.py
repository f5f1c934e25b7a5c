"""The form of a preset's file, held strictly: what is unknown, missing or wrong is refused by its place.

Nobody vouches for these files: people send them to each other. So there is a limit on everything, and nothing in one
names a file or is run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from models.declaration import TASKS, BadInput, Value, listed
from models.outputs import formats
from models.presets.preset import After, ModelKey, Preset
from models.presets.versions import FIELD, VERSION, upgraded
from models.protocol import MAX_COUNT, MAX_PROMPT

ENDING = ".json"
MAX_BYTES = 2**18
MAX_NAME, MAX_NOTE, MAX_SETTINGS = 80, 2000, 200
_MAX_NUMBER = 2**63
_LINES = "\n\t"  # what of the unprintable a longer text may have
# Spaces of print, joiners, and the marks that say which way one letter reads: French, Arabic, Hebrew and many emoji are
# written with them. What turns a whole line around is not among them.
_JOINERS = "\u00a0\u2009\u202f\u3000\u200c\u200d\u200e\u200f\u061c"


def read(path: str | Path) -> Preset:
    """The preset in a file. Raises BadInput: one sentence with the file, the place in it, and what to do."""
    path = Path(path)
    try:
        if not path.is_file():
            raise BadInput(f"There is no preset {path}: check its name.")
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{path.name} is larger than {MAX_BYTES >> 10} kB, so it is no preset: choose another file.")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise error if isinstance(error, BadInput) else BadInput(f"{path.name} cannot be read ({reason}).") from error
    return loads(data, path.name)


def loads(data: bytes | str, name: str = "The preset") -> Preset:
    """The preset in that text; `name` is what sentences call it. Raises BadInput."""
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        if len(text) > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES >> 10} kB, so it is no preset")
        whole = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        if not isinstance(whole, dict):
            raise ValueError("it is no object, so it is no preset; choose another file")
        return _preset(upgraded(whole))
    except UnicodeDecodeError as error:
        raise BadInput(f"{name}: it is no text in UTF-8, so it is no preset; choose another file.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadInput(f"{name}: it is no JSON from {place} on; mend it there, or choose another file.") from error
    except RecursionError as error:
        raise BadInput(f"{name}: it is nested too deeply to be a preset; choose another file.") from error
    except ValueError as error:
        raise BadInput(f"{name}: {str(error).rstrip('.')}.") from error


def dumps(preset: Preset) -> str:
    """The file's text: the same preset, the same bytes. Raises BadInput where `loads` would not take it back."""
    whole = {
        FIELD: VERSION,
        "name": preset.name,
        "note": preset.note,
        "model": _key(preset.model),
        "task": preset.task,
        "prompt": preset.prompt,
        "negative_prompt": preset.negative_prompt,
        "settings": dict(sorted(preset.settings.items())),
        "count": preset.count,
        "after": told(preset.after),
    }
    text = json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    loads(text)
    return text


def told(after: After) -> dict[str, Any]:
    """What is done afterwards as plain JSON values, which `after` takes back."""
    found: dict[str, Any] = {}
    if after.upscale is not None:
        found["upscale"] = _key(after.upscale)
    if after.format:
        found["format"] = after.format
    if after.quality is not None:
        found["quality"] = after.quality
    return found


def after(value: object, place: str = "after") -> After:
    """What `told` gave. Raises ValueError with the place of what is wrong."""
    whole = _fields(value, place, set(), {"upscale", "format", "quality"})
    upscale = _model(whole["upscale"], f"{place}.upscale") if "upscale" in whole else None
    format = whole.get("format", "")
    known = {one.name: one for one in formats.FORMATS}
    if format != "" and (not isinstance(format, str) or format not in known):
        raise ValueError(f"{place}.format is {_shown(format)}, which is no format; choose {listed(tuple(known))}")
    quality = whole.get("quality")
    if quality is not None:
        able = [one.name for one in formats.FORMATS if one.quality is not None]
        if format not in able:
            raise ValueError(f"{place}.quality goes with {listed(able)} alone; leave it out")
        quality = _whole(quality, f"{place}.quality", *formats.QUALITY)
    return After(upscale, format, quality)


def name(value: object, place: str = "name") -> str:
    """What a preset may be called: one line of 1 to `MAX_NAME` characters. Raises ValueError."""
    text = _line(value, place, MAX_NAME)
    if not text.strip():
        raise ValueError(f"{place} is empty; give it a name")
    if text != text.strip():
        raise ValueError(f"{place} begins or ends with a space; leave it out")
    return text


# ── the parts ─────────────────────────────────────────────────────────────────


def _preset(whole: dict[str, Any]) -> Preset:
    _fields(whole, "", {FIELD, "name", "model", "task"}, {*_OPTIONAL})
    model = _model(whole["model"], "model")
    task = whole["task"]
    if not isinstance(task, str) or task not in TASKS:
        raise ValueError(f"task is {_shown(task)}, which is no task; choose {listed(tuple(TASKS))}")
    return Preset(
        name=name(whole["name"]),
        model=model,
        task=task,
        **{field: check(whole[field], field) for field, check in _OPTIONAL.items() if field in whole},
    )


def _key(model: ModelKey) -> dict[str, Any]:
    return {name: value for name, value in vars(model).items() if value}


def _model(value: object, place: str) -> ModelKey:
    whole = _fields(value, place, {"id", "name", "architecture"}, {"base", "numbers", "hub"})
    texts = {n: _line(v, f"{place}.{n}", 400) for n, v in whole.items() if n != "numbers"}
    for needed in ("id", "name", "architecture"):
        if not texts[needed]:
            raise ValueError(f"{place}.{needed} is empty; say which model it is")
    return ModelKey(**texts, numbers=_whole(whole.get("numbers", 0), f"{place}.numbers", 0, _MAX_NUMBER))


def _settings(value: object, place: str) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise ValueError(f"{place} is {_kind(value)}; give an object of names and values")
    if len(value) > MAX_SETTINGS:
        raise ValueError(f"{place} has {len(value)} names, and {MAX_SETTINGS} is the most")
    return {_line(n, f"a name in {place}", MAX_NAME): _value(v, f"{place}.{_cut(n)}") for n, v in value.items()}


def _value(value: object, place: str) -> Value:
    if isinstance(value, str):
        return _text(value, place, MAX_NOTE)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if not -_MAX_NUMBER <= value <= _MAX_NUMBER:  # so is what is no number at all
            raise ValueError(f"{place} is too large a number; give a smaller one")
        return value
    raise ValueError(f"{place} is {_kind(value)}; give a number, a text, true or false")


def _whole(value: object, place: str, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{place} is {_shown(value)}; give a whole number from {low} to {high}")
    return value


def _line(value: object, place: str, most: int) -> str:
    text = _text(value, place, most)
    if any(c in _LINES for c in text):
        raise ValueError(f"{place} has more than one line or a tab; leave them out")
    return text


def _text(value: object, place: str, most: int) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{place} is {_kind(value)}; give a text")
    if len(value) > most:
        raise ValueError(f"{place} has {len(value):,} characters, and {most:,} is the most")
    # No terminal's orders, no half of a letter, nothing that turns the line around: none of it is seen, all of it acts.
    if bad := next((c for c in value if not (c.isprintable() or c in _LINES or c in _JOINERS)), None):
        raise ValueError(f"{place} has the character U+{ord(bad):04X}, which cannot be seen; take it out")
    return value


def _fields(value: object, place: str, needed: set[str], more: set[str]) -> dict[str, Any]:
    """The object, with all fields that it must have and none that is unknown."""
    inside = f"{place}." if place else ""
    if not isinstance(value, dict):
        raise ValueError(f"{place} is {_kind(value)}; give an object")
    known = tuple(sorted(needed | more - {FIELD}))
    for name in value:
        if name not in needed | more:
            raise ValueError(f"{inside}{_cut(name)} is unknown; there are {listed(known)}")
    for name in sorted(needed):
        if name not in value:
            raise ValueError(f"{inside}{name} is missing; add it")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are there once: JSON itself would let the last one win."""
    whole: dict[str, Any] = {}
    for name, value in pairs:
        if name in whole:
            raise ValueError(f"{_cut(name)} is in it twice; leave one out")
        whole[name] = value
    return whole


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is in it, which is no number")


def _kind(value: object) -> str:
    """What it is, in words that a sentence can have."""
    names: Mapping[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "nothing" if value is None else names.get(type(value), "a number")


def _shown(value: object) -> str:
    """A value for a sentence: short, on one line, and not built at length where it is large."""
    if isinstance(value, str):
        return _cut(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value) if -_MAX_NUMBER <= value <= _MAX_NUMBER else "a very large number"
    return _kind(value)


def _cut(text: str) -> str:
    """A name out of a file for a sentence: quoted where it is no plain word."""
    short = text if len(text) <= 40 else f"{text[:39]}…"
    return short if short.replace("_", "").replace("-", "").isalnum() and short.isascii() else ascii(short)


_OPTIONAL: dict[str, Callable[[object, str], Any]] = {
    "note": lambda value, place: _text(value, place, MAX_NOTE),
    "prompt": lambda value, place: _text(value, place, MAX_PROMPT),
    "negative_prompt": lambda value, place: _text(value, place, MAX_PROMPT),
    "settings": _settings,
    "count": lambda value, place: _whole(value, place, 1, MAX_COUNT),
    "after": after,
}
