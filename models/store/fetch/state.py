"""How a download stands, as a frozen value that any thread and any window can read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from models.store.fetch.pace import Progress
from models.store.fetch.staging import Ask

Phase = Literal["queued", "listing", "running", "paused", "failed", "gated", "done", "cancelled"]
ENDED: tuple[Phase, ...] = ("done", "cancelled")


@dataclass(frozen=True)
class State:
    """`sentence`: why it paused, failed or is gated, or what is being mended. `page`: where a gated model's terms are.

    `path` is the model's folder once it is done. `resumable`: something of it lies on the disk.
    """

    ask: Ask
    phase: Phase = "queued"
    progress: Progress = field(default_factory=Progress)
    sentence: str = ""
    page: str = ""
    path: str = ""
    resumable: bool = False
