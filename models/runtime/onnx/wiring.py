"""How an ONNX graph is called and what it gives: plain values, no numpy here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from models.protocol import Medium

Role = Literal["noise", "label", "one-hot", "spread", "picture"]
# Channels before rows and columns, or after them; of a video also frames before or after the channels.
Order = Literal["CHW", "HWC", "TCHW", "CTHW", "THWC", "wave"]
Range = Literal["", "-1..1", "0..1", "0..255"]
RANGES: tuple[Range, ...] = ("-1..1", "0..1", "0..255")


@dataclass(frozen=True)
class Feed:
    """One input. `dtype` as heads name it ("F32"); `shape` without names: 0 is what the request decides."""

    name: str
    role: Role
    dtype: str
    shape: tuple[int, ...]
    order: Order = "CHW"

    @property
    def channels(self) -> int:
        """Of a picture."""
        return self.shape[-1] if self.order == "HWC" else self.shape[-3]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of a picture, 0 where the request decides."""
        high, wide = self.shape[-3:-1] if self.order == "HWC" else self.shape[-2:]
        return wide, high


@dataclass(frozen=True)
class Wiring:
    """`output` is the one that is looked at, its first item `order`ed so. `takes` and `gives` say in which numbers
    a picture counts brightness, where the graph or the notes beside it say so. `labels` is how many there are, 0 where
    nobody says. `random`: it also draws numbers itself, which no seed decides."""

    feeds: tuple[Feed, ...]
    output: str
    medium: Medium
    order: Order
    takes: Range = ""
    gives: Range = ""
    sample_rate: int = 0
    fps: float = 8.0
    labels: int = 0
    names: tuple[str, ...] = field(default=())
    random: bool = False

    def of(self, role: Role) -> tuple[Feed, ...]:
        return tuple(feed for feed in self.feeds if feed.role == role)

    @property
    def picture(self) -> Feed | None:
        return next(iter(self.of("picture")), None)
