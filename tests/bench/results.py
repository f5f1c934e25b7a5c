"""What was found, as the page tests/bench/RESULTS.md."""

from __future__ import annotations

import datetime
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from tests.bench import engine_against_plain, event_loop, window_start

PAGE = Path(__file__).with_name("RESULTS.md")
MIB = 2**20


@dataclass
class Results:
    """One run. A part that was not measured is None and is left out of the page."""

    model: str
    machine: str
    load: float
    pairs: int
    threads: str
    engine: engine_against_plain.Found | None = None
    start: window_start.Found | None = None
    loop: event_loop.Found | None = None

    def page(self) -> str:
        """The page as Markdown."""
        versions = ", ".join(
            f"{name} {metadata.version(name)}" for name in ("torch", "diffusers", "PySide6-Essentials")
        )
        lines = [
            "# Bench",
            "",
            "`make bench` wrote this page. Trust the ratios: both sides of each were measured in the same run, in",
            "processes of their own, in turns.",
            "",
            f"{datetime.date.today().isoformat()}. {self.machine}, {platform.system()},",
            f"Python {platform.python_version()}, {versions}. Threads for each process: {self.threads}.",
            f"Pairs: {self.pairs}. Load when the run began, which is what others took of the cores: {self.load:.1f}.",
            f"Measured on {self.model}.",
            "",
        ]
        if self.engine:
            lines += self._engine(self.engine)
        if self.start:
            lines += self._start(self.start)
        if self.loop:
            lines += self._loop(self.loop)
        return "\n".join(lines).rstrip() + "\n"

    def _engine(self, found: engine_against_plain.Found) -> list[str]:
        settings = engine_against_plain.SETTINGS
        more, first, work, peak = found.more, found.first, found.work, found.peak
        return [
            "## Engine against a plain diffusers script",
            "",
            f"{settings['width']} × {settings['height']}, {settings['steps']} steps, {settings['scheduler']}, guidance "
            f"{settings['guidance_scale']}; {found.previews:.0f} previews a picture, on the engine's side alone.",
            f"The largest difference between the two sides' last pictures is {found.difference} of 255.",
            "",
            "| | plain | engine | ratio | goal |",
            "|---|---|---|---|---|",
            f"| each further picture, written | {more.plain:.2f} s | {more.engine:.2f} s | {more.ratio:.2f} | ≤ 1.03 |",
            f"| first picture, from nothing | {first.plain:.2f} s | {first.engine:.2f} s | {first.ratio:.2f} | |",
            f"| work of all cores, from start to end | {work.plain:.1f} s | {work.engine:.1f} s | {work.ratio:.2f} | |",
            f"| peak memory | {peak.plain / MIB:.0f} MiB | {peak.engine / MIB:.0f} MiB | {peak.ratio:.2f} | ≤ 1.05 |",
            "",
        ]

    def _start(self, found: window_start.Found) -> list[str]:
        ratio = f"{found.ratio:.2f} | < 1, aim 0.25"
        return [
            "## Window shown against `import torch`",
            "",
            "| | window painted | import torch | ratio | goal |",
            "|---|---|---|---|---|",
            f"| from the start of the process | {found.window:.2f} s | {found.torch:.2f} s | {ratio} |",
            "",
        ]

    def _loop(self, found: event_loop.Found) -> list[str]:
        rows = [
            f"| {name} | {gaps.turns} | {gaps.p99:.1f} ms | {gaps.longest:.1f} ms |"
            for name, gaps in (("idle", found.idle), ("a model is read and pictures are made", found.busy))
        ]
        return [
            "## Gaps in the window's event loop",
            "",
            f"A timer asks for a turn every millisecond; {found.previews} previews were shown meanwhile.",
            "",
            "| the window is | turns | p99 (goal ≤ 16) | longest (goal ≤ 50) |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
