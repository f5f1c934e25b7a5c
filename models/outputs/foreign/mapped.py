"""Settings of another program on their way to our names; what has no name here is kept as it stands there.

Nobody vouches for these texts: they are read within limits, and a value that is not what it should be is one that
could not be read, never an error.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from models.protocol import MAX_PROMPT, MAX_SEED

MAX_CHARS = 4_000_000  # of one block of JSON: large graphs of ComfyUI have a megabyte
MAX_UNREAD = 60
_MAX_TOLD = 160  # characters of one setting that could not be read
_MOST = 2**53

# What was found in a file's text chunks, tags and EXIF, by lower-case name.
Notes = Mapping[str, str]
Reading = Callable[[Any], Any]  # their value as ours; raises ValueError or TypeError


def whole(value: Any) -> int:
    """A whole number, also where it stands as text or as 20.0."""
    if isinstance(value, bool):
        raise ValueError("no number")
    number = float(value) if not isinstance(value, int) else value
    if isinstance(number, float) and not number.is_integer():
        raise ValueError("no whole number")
    if abs(number) > _MOST:
        raise ValueError("too large")
    return int(number)


def number(value: Any) -> float:
    """A finite number, also where it stands as text."""
    if isinstance(value, bool):
        raise ValueError("no number")
    if isinstance(value, int) and abs(value) > _MOST:
        raise ValueError("too large")
    found = float(value)
    if not math.isfinite(found):
        raise ValueError("no number")
    return found


def text(value: Any) -> str:
    """A text that stands there as one, not longer than a prompt may be."""
    if not isinstance(value, str):
        raise ValueError("no text")
    return value.encode("utf-8", "replace").decode()[:MAX_PROMPT]


def name(value: Any) -> str:
    """A model's name without its folders and its ending: `SDXL/juggernaut.safetensors` is juggernaut."""
    last = re.split(r"[/\\]", text(value))[-1]
    return re.sub(r"\.(safetensors|ckpt|pt|pth|gguf|bin|sft)$", "", last)


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither yes nor no")
    return value


class Mapped:
    """The record as it grows: `read.read_settings` says what is in it."""

    def __init__(self) -> None:
        self.prompt, self.negative_prompt, self.model_name = "", "", ""
        self.settings: dict[str, Any] = {}
        self.seed: int | None = None
        self.unread: list[str] = []

    def take(
        self, given: Mapping[str, Any], table: Mapping[str, tuple[str, Reading]], silent: tuple[str, ...] = ()
    ) -> None:
        """Every setting that `table` knows (their name -> ours and how it is read) into its place; `prompt`,
        `negative_prompt`, `model_name` and `seed` are no settings. What is in `silent` says nothing on how to make it
        again; all else is told."""
        for theirs, value in given.items():
            if theirs in silent or value is None or value in ("", [], {}):
                continue
            if theirs not in table:
                self.tell(theirs, value)
                continue
            ours, reading = table[theirs]
            try:
                self.put(ours, reading(value))
            except (ValueError, TypeError, OverflowError):
                self.tell(theirs, value)

    def put(self, ours: str, value: Any) -> None:
        """Raises ValueError where it is a seed that we do not have."""
        if ours == "seed":
            if not 0 <= value <= MAX_SEED:
                raise ValueError("no seed of ours")
            self.seed = value
        elif ours in ("prompt", "negative_prompt", "model_name"):
            setattr(self, ours, value)
        elif ours == "size":
            self.settings["width"], self.settings["height"] = value
        else:
            self.settings[ours] = value

    def tell(self, theirs: str, value: Any) -> None:
        """That this stands in the file and has no name here."""
        if len(self.unread) < MAX_UNREAD:
            said = value if isinstance(value, str) else _json(value)
            line = " ".join(f"{theirs}: {said}"[: _MAX_TOLD * 4].split())
            line = line.encode("utf-8", "replace").decode()
            self.unread.append(line if len(line) <= _MAX_TOLD else line[: _MAX_TOLD - 1] + "…")

    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "prompt": self.prompt,
            "negative_prompt": self.negative_prompt,
            "settings": self.settings,
            "unread": self.unread,
        }
        if self.model_name:
            found["model_name"] = self.model_name
        if self.seed is not None:
            found["seed"] = self.seed
        return found


def size(value: Any) -> tuple[int, int]:
    """`832x480`, or `(832, 480)` as Python and its like write it."""
    found = re.fullmatch(r"\s*[(\[]?\s*'?(\d{1,6})'?\s*[x×,*]\s*'?(\d{1,6})'?\s*[)\]]?\s*", text(value))
    if not found:
        raise ValueError("no size")
    return int(found[1]), int(found[2])


def json_object(given: str) -> dict[str, Any]:
    """A JSON object within the limits; empty where the text is none."""
    if not given or len(given) > MAX_CHARS or given.lstrip()[:1] != "{":
        return {}
    try:
        found = json.loads(given, parse_constant=lambda _: None)  # ComfyUI writes NaN where it has cached nothing
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def inside(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object of that name in another; empty where there is none."""
    found = given.get(name)
    return found if isinstance(found, dict) else {}


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return "…"
