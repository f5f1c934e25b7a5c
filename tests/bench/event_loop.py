"""Gaps in the window's event loop while its engine reads a model and makes pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import child
from tests.bench.engine_against_plain import SETTINGS


@dataclass(frozen=True)
class Gaps:
    """Milliseconds between two turns of a loop that is asked for one every millisecond."""

    turns: int
    p99: float
    longest: float


@dataclass(frozen=True)
class Found:
    idle: Gaps
    busy: Gaps
    previews: int


def measure(folder: Path, scratch: Path, count: int) -> Found:
    """One window: two seconds idle, then a job of `count` pictures with its model still to be read."""
    given: dict[str, Any] = {**SETTINGS, "folder": str(folder), "count": count}
    found = child.run("window_child", given, scratch / "home")
    return Found(counted(found["idle"]), counted(found["busy"]), found["previews"])


def counted(taken: list[float]) -> Gaps:
    """Of what a child noted, in ms."""
    ordered = sorted(taken)
    return Gaps(len(ordered), ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)], ordered[-1])
