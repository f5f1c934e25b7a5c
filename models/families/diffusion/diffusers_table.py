"""What each pipeline class of diffusers takes and gives, as `resources/diffusers/pipelines.json` has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from models import folders
from models.protocol import Medium

Hook = Literal["step", "legacy", ""]

# The fields of an output that a person can see or hear, and what they are.
_MEDIA: dict[str, Medium] = {
    "audios": "sound",
    "images": "picture",
    "image": "picture",
    "rgb": "picture",
    "prediction": "picture",
    "frames": "video",
    "video": "video",
    "texts": "text",
}
# Their pictures are the moments of a film.
_FILMS = ("TextToVideoZeroPipeline", "TextToVideoZeroSDXLPipeline", "ShapEPipeline", "ShapEImg2ImgPipeline")


@dataclass(frozen=True)
class Signature:
    """One pipeline class. `takes` are its call's arguments with plain defaults, `needs` those that have none.

    `shown` is the field of its output that is the medium.
    `hook` is how it tells of its steps. Zero where the sources do not say: `fps`
    of its films; `sample` and `pixels`, the side that it falls back to in latents and in pixels; `grid` and `cells`,
    what sides are multiples of in pixels and in latents.
    """

    name: str
    takes: Mapping[str, Any]
    needs: tuple[str, ...]
    shown: str
    medium: Medium | None
    hook: Hook
    fps: int = 0
    sample: int = 0
    pixels: int = 0
    grid: int = 0
    cells: int = 0
    gives: tuple[str, ...] = ()

    def has(self, argument: str) -> bool:
        return argument in self.takes or argument in self.needs

    def default(self, argument: str) -> Any:
        """The default of an argument; None also where it has none."""
        return self.takes.get(argument)

    @property
    def words(self) -> str:
        """The class's name as people say it."""
        return self.name.removesuffix("Pipeline")


def find(name: str) -> Signature | None:
    """The class of that name, None where diffusers has none."""
    row = _rows().get(name)
    if row is None:
        return None
    shown = next((given for given in _MEDIA if given in row["gives"]), "")
    medium = "video" if name in _FILMS else _MEDIA.get(shown)
    sizes = {key: row.get(key, 0) for key in ("fps", "sample", "pixels", "grid", "cells")}
    return Signature(
        name, row["takes"], tuple(row["needs"]), shown, medium, row["hook"], gives=tuple(row["gives"]), **sizes
    )


@lru_cache(maxsize=1)
def _rows() -> dict[str, Any]:
    return json.loads((folders.resources() / "diffusers" / "pipelines.json").read_text("utf-8"))["pipelines"]
