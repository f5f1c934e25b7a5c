"""The rows of a batch: each one thing to make, with an identity that depends on nothing but what it is made of."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.outputs import formats
from models.presets.preset import Preset
from models.prompting import item
from models.protocol import BadInput, ModelInfo, Request

_ID_CHARS = 16
_NUMBERS = ("dtype", "quantize", "cache")  # the wishes that a result differs by for an eye, wherever it is made


@dataclass(frozen=True)
class Source:
    """A preset with the model here that it names, and the one that enlarges afterwards, where it wants that."""

    preset: Preset
    model: ModelInfo
    upscaler: ModelInfo | None = None


@dataclass(frozen=True)
class Row:
    """`request` is complete but for where it is written. `at` says where it lies in the grid: (axis, value as text),
    X first; `sheet` is the name of the sheet that it is seen on, empty where there is none, and `alike` the same for
    the rows of one sheet alone."""

    id: str
    name: str
    source: Source
    request: Request
    at: tuple[tuple[str, str], ...] = ()
    sheet: str = ""
    alike: str = ""

    @property
    def format(self) -> formats.Format:
        """What it ends as."""
        return formats.find(self.source.preset.after.written, self.source.model.card.medium)

    @property
    def file(self) -> str:
        """The finished file's name."""
        return self.name + self.format.extension

    def told(self) -> dict[str, Any]:
        """Plain JSON values, for `batch.json` and for programs."""
        request, after = self.request, self.source.preset.after
        return {
            "id": self.id,
            "file": self.file,
            "preset": self.source.preset.name,
            "model": request.model_id,
            "task": request.task,
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt,
            "seed": request.seed,
            "settings": dict(request.settings),
            "inputs": dict(request.inputs),
            "upscale": after.upscale.id if after.upscale else "",
            "format": self.format.said,
            "at": [list(place) for place in self.at],
        }


def loaded(row: Row) -> tuple[str, str]:
    """The paths of the models that it needs: rows that have these alike are best made after each other."""
    return row.request.model_path, row.source.upscaler.path if row.source.upscaler else ""


def identity(source: Source, request: Request) -> str:
    """The same for the same thing on any machine, in any order, at any time.

    Files to start from count by what is in them, not by where they lie, and lists of words by what they give for this
    row's seed. Of how it is to run, only what changes the numbers counts: whoever goes on with a smaller plan, or on
    another device, wants what is missing and not everything once more. Raises BadInput where a file cannot be read, or
    a prompt not be expanded.
    """
    spoken = item.said(request, source.model.card)
    chosen = [spoken.prompt, spoken.negative_prompt] if spoken.template or spoken.negative_template else []
    numbers = {name: value for name in _NUMBERS if (value := request.wish.get(name, ""))}
    whole = {
        "model": request.model_id,
        "architecture": request.architecture,
        "task": request.task,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "seed": request.seed,
        "settings": dict(request.settings),
        "inputs": {name: sha256(path) for name, path in request.inputs.items()},
        "upscale": source.upscaler.id if source.upscaler else "",
        "format": formats.find(source.preset.after.written, source.model.card.medium).said,
    }
    whole |= ({"said": chosen} if chosen else {}) | ({"numbers": numbers} if numbers else {})
    return summed(whole)


def summed(whole: object) -> str:
    """A short sum of plain JSON values."""
    text = json.dumps(whole, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_CHARS]


def sha256(path: str | Path) -> str:
    """Of a file, in hexadecimal; read once as long as it does not change. Raises BadInput."""
    try:
        now = Path(path).stat()
        return _sum(str(path), now.st_size, now.st_mtime_ns)
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({(error.strerror or 'unknown').lower()}).") from error


@functools.lru_cache(maxsize=4096)
def _sum(path: str, size: int, time_ns: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
