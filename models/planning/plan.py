"""A plan: where and how a model runs, what it is predicted to take, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from models.planning.machine import gigabytes

Dtype = Literal["float32", "bfloat16", "float16"]
Offload = Literal["none", "model", "group", "sequential", "disk"]
Backend = Literal["torch", "openvino"]
Quantization = Literal["none", "int8", "float8", "bnb-int8", "bnb-nf4", "layerwise-16", "layerwise-fp8", "gguf"]

BYTES: dict[str, int] = {"float32": 4, "bfloat16": 2, "float16": 2}
# Tiles of a plan that was lowered: a quarter of what decoding a 512² picture takes, and still large enough to blend.
SMALL_TILE = 256 * 256
LARGEST_TILE = 2048 * 2048


@dataclass(frozen=True)
class Need:
    """Bytes of one memory at the highest moment: weights, and what is computed with."""

    weights: int = 0
    work: int = 0

    @property
    def total(self) -> int:
        return self.weights + self.work

    def words(self) -> str:
        return f"{gigabytes(self.total)} ({gigabytes(self.weights)} weights, {gigabytes(self.work)} to work in)"


@dataclass(frozen=True)
class Peak:
    """What a plan is predicted to take, or was measured to: of the accelerator's memory, and of main memory (the
    process itself is in its `work`). On a processor and on Apple's chips all is main memory.

    `taken_back`: bytes of `ram` that are files as they are read: the system takes them back where it is short.
    """

    accelerator: Need = Need()
    ram: Need = Need()
    taken_back: int = 0

    @property
    def needed(self) -> int:
        """Bytes of main memory that must be there."""
        return self.ram.total - self.taken_back


NOTHING = Peak()


@dataclass(frozen=True)
class Plan:
    """Where and how a model runs. `device` as torch names it; `tile_above` in pixels: the most decoded in one piece.

    `text_dtype`: the text encoders' format, where it is another one. `quantized` names the parts whose weights are
    shortened. `offload`: model, one network at a time on the accelerator; group, a few blocks; sequential, one layer;
    disk, a few blocks, the others in files. `stream`: groups are fetched while the one before computes.
    `backend`: what computes the denoiser, OpenVINO in `backend_dtype`; torch keeps its weights in `dtype`.
    `free_encoder`: text encoders are let go of once the prompt is read. `reasons` are sentences for the person.
    """

    device: str = "cpu"
    dtype: Dtype = "float32"
    offload: Offload = "none"
    tile_above: int = LARGEST_TILE
    reasons: tuple[str, ...] = ()
    text_dtype: str = ""
    quantization: Quantization = "none"
    quantized: tuple[str, ...] = ()
    stream: bool = False
    free_encoder: bool = False
    attention: str = "native"
    cache: str = ""
    channels_last: bool = False
    backend: Backend = "torch"
    backend_dtype: str = ""
    peak: Peak = field(default=Peak(), compare=False)

    def tiles(self, width: int, height: int) -> bool:
        """Whether a picture of this size is encoded and decoded in tiles."""
        return width * height > self.tile_above

    @property
    def texts(self) -> str:
        """The text encoders' number format."""
        return self.text_dtype or self.dtype

    def quantizes(self, part: str) -> bool:
        return self.quantization != "none" and part in self.quantized

    def key(self) -> str:
        """What makes two plans take the same memory for the same model and size, but for tiles."""
        words = (self.device, self.dtype, self.texts, self.quantization, self.offload)
        more = f"free={self.free_encoder:d} attention={self.attention} cache={self.cache}"
        other = f" backend={self.backend} {self.backend_dtype}" if self.backend != "torch" else ""
        return f"{' '.join(words)} {more}{other}"

    def in_words(self) -> str:
        """`int8 weights, one network at a time`: what makes it smaller than the model as it is; empty where nothing."""
        told = []
        if self.quantization != "none" and self.quantized:
            told.append(QUANTIZATIONS[self.quantization])
        if self.offload != "none":
            told.append(OFFLOADS[self.offload])
        if self.free_encoder:
            told.append("text encoder let go of after use")
        if self.tile_above < LARGEST_TILE:
            told.append("large pictures in tiles")
        return ", ".join(told)


QUANTIZATIONS: dict[str, str] = {
    "none": "weights as they are", "int8": "int8 weights", "float8": "float8 weights",
    "bnb-int8": "8-bit weights", "bnb-nf4": "4-bit weights", "layerwise-16": "weights kept in 16 bits",
    "layerwise-fp8": "weights kept in 8 bits", "gguf": "weights as the GGUF file has them",
}  # fmt: skip
OFFLOADS: dict[str, str] = {
    "none": "all of it in place", "model": "one network at a time", "group": "a few blocks at a time",
    "sequential": "one layer at a time", "disk": "blocks read from the disk in turn",
}  # fmt: skip
