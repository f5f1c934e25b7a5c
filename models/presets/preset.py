"""What a preset holds: everything that is set, and nothing of one machine alone. Plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.declaration import Value


@dataclass(frozen=True)
class ModelKey:
    """What a model is recognised by on another machine: its id and name there, and what does not depend on the machine.

    `hub` is its name on the hub ("owner/name"), empty where it came from elsewhere; `base` and `numbers` are as in
    `ModelInfo`.
    """

    id: str
    name: str
    architecture: str
    base: str = ""
    numbers: int = 0
    hub: str = ""


@dataclass(frozen=True)
class After:
    """What is done with each finished thing: enlarged by `upscale`, and written as `format` of that `quality`.

    An empty format is the medium's own; `quality` goes from 1 to 100, None for the format's own.
    """

    upscale: ModelKey | None = None
    format: str = ""
    quality: int | None = None

    @property
    def written(self) -> str:
        """The format as `formats.find` reads it: "jpeg:80"."""
        return f"{self.format}:{self.quality}" if self.quality is not None else self.format


@dataclass(frozen=True)
class Preset:
    """One set-up. `settings` are only those that were set; what is not named is the model's own."""

    name: str
    model: ModelKey
    task: str
    settings: Mapping[str, Value] = field(default_factory=dict)
    prompt: str = ""
    negative_prompt: str = ""
    count: int = 1
    after: After = After()
    note: str = ""
