"""The window shown against `import torch`, both from the start of their process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench import child


@dataclass(frozen=True)
class Found:
    """Seconds, medians over the pairs; `ratio` is window / torch."""

    window: float
    torch: float
    ratio: float


def measure(scratch: Path, pairs: int) -> Found:
    """Pairs in turns, after one of each that warms the disk's cache."""
    windows, torches = [], []
    for pair in range(-1, pairs):
        window = child.run("window_child", {}, scratch / "home")
        torch = child.run("torch_child", {}, scratch / "home")
        if window["torch"]:
            raise RuntimeError("The window's process has imported torch.")
        if pair >= 0:
            windows.append(window["shown"])
            torches.append(torch["seconds"])
    return Found(median(windows), median(torches), median(w / t for w, t in zip(windows, torches, strict=True)))
