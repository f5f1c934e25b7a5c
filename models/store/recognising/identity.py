"""What a file or folder is, whether or not anything here runs it: one plain value, and how people say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.protocol import listed

Role = Literal["model", "addition"]


@dataclass(frozen=True)
class Identity:
    """`kind` is its sort ("LoRA", "Checkpoint"); an "addition" makes nothing by itself.

    `bases` are the public families of models that it is, or that it goes with ("SDXL"); `detail` is what else tells it
    apart ("rank 16"); `needs` what must be had beside it, in words. `medium` is "" where it has none of its own.
    """

    kind: str
    role: Role
    bases: tuple[str, ...] = ()
    detail: str = ""
    medium: str = ""
    family: str = ""
    needs: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        return listed(self.bases)

    def words(self) -> str:
        """`LoRA for SDXL (rank 16)`, `Checkpoint of SD 1.x`."""
        whose = f" {'for' if self.role == 'addition' else 'of'} {self.base}" if self.bases else ""
        return f"{self.kind}{whose}{f' ({self.detail})' if self.detail else ''}"


def reason(name: str, identity: Identity) -> str:
    """Why nothing runs it by itself, and what to do, in one sentence."""
    article = "an" if identity.kind[:1] in "AEIOU" else "a"
    what = f"{name} is {article} {identity.words()}"
    if identity.role == "addition":
        return f"{what}: it adds to a model and makes nothing by itself."
    if identity.needs:
        get = "put these near it, each in a file of its own, or " if identity.base in ("Flux", "SD 3") else ""
        return f"{what} without {listed(identity.needs)}, which does not run alone: {get}get the whole model's folder."
    return f"{what}, which nothing here runs as it is: get it as a folder for diffusers or transformers."
