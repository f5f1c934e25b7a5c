"""One public model of the catalog: plain frozen facts, and the memory that it needs by a stated rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.declaration import Medium

Kind = Literal["model", "lora", "controlnet", "autoencoder", "motion"]
Format = Literal["safetensors", "gguf", "pickle"]

HUB = "https://huggingface.co/"
# The rule for memory, as the file states it: 16-bit floats for all that is stored in floats (a GGUF file runs as it
# lies), and a fifth for what a run takes besides, the allowance of accelerate's estimator
# (https://huggingface.co/docs/accelerate/usage_guides/model_size_estimator, after EleutherAI's transformer math).
BYTES_A_WEIGHT = 2
OVERHEAD = 0.2


@dataclass(frozen=True)
class Entry:
    """One public model. Sizes in bytes; None wherever a fact could not be confirmed.

    `download_bytes` is of the recommended files: those of `variant`, or the one `file`. `parts` has the weights of each
    network by its name, and is empty where only their sum is known. `needs` are other entries without which this one
    does not run.
    """

    id: str
    name: str
    kind: Kind
    family: str
    medium: Medium
    tasks: tuple[str, ...]
    architecture: str
    library: str
    class_name: str | None
    good_for: str
    licence: str | None
    licence_link: str | None
    gated: bool | None
    format: Format
    variant: str | None
    file: str | None
    download_bytes: int | None
    dtype: str
    parameters: int | None
    parts: tuple[tuple[str, int], ...]
    base: str | None
    needs: tuple[str, ...]
    year: int | None
    paper: str | None
    sources: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def address(self) -> str:
        """The model's page."""
        return HUB + self.id

    @property
    def memory_bytes(self) -> int | None:
        """What it takes with all of its parts in memory, by the rule above."""
        if self.format == "gguf":
            return None if self.download_bytes is None else _with_overhead(self.download_bytes)
        return None if self.parameters is None else _with_overhead(self.parameters * BYTES_A_WEIGHT)

    @property
    def least_memory_bytes(self) -> int | None:
        """What it takes where its parts take turns: the rule for the largest of them alone."""
        if not self.parts:
            return self.memory_bytes
        return _with_overhead(max(weights for _, weights in self.parts) * BYTES_A_WEIGHT)

    def fits(self, free_bytes: int) -> bool | None:
        """Whether it runs in so much memory, its parts taking turns if they must; None where that is not known."""
        return None if self.least_memory_bytes is None else self.least_memory_bytes <= free_bytes


def _with_overhead(weights_bytes: int) -> int:
    return round(weights_bytes * (1 + OVERHEAD))
