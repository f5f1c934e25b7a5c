"""`python -m tests.bench.sound`: gaps in the event loop while half an hour of sound opens, is zoomed and scrolled.

Runs in a process of its own, on the screen where there is one. Writes into RESULTS.md.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from tests.bench import child, section
from tests.bench.event_loop import Gaps, counted
from tests.bench.results import PAGE

HEADING = "Half an hour of sound"
PARTS = {
    "enter": "the room is entered, and its plots are read",
    "open": "the file is read, and its outline drawn",
    "scroll": "it is zoomed and scrolled, 30 times a second",
}
HEAD = "| while | turns | p99 (goal ≤ 16) | longest (goal ≤ 50) |\n|---|---|---|---|"


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.bench.sound", description=__doc__)
    words.add_argument("--minutes", type=float, default=30.0, help="how long the sound is (30)")
    words.add_argument("--format", choices=("wav", "flac", "ogg", "mp3"), default="wav")
    words.add_argument("--dry", action="store_true", help="print, and write nothing")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="everyform-sound-") as name:
        given: dict[str, Any] = {"minutes": asked.minutes, "format": asked.format, "folder": name}
        found = child.run("sound_child", given, Path(name) / "home")
    lines = [
        section.circumstances("pyqtgraph", "PySide6-Essentials", "numpy"), "",
        f"{asked.minutes:g} minutes of noise at 44.1 kHz in stereo, as {asked.format.upper()}; read in "
        f"{found['seconds']:.1f} s.", "", HEAD,
        *rows({part: counted(found[part]) for part in PARTS}),
    ]  # fmt: skip
    print("\n".join(lines))
    if not asked.dry:
        section.put(PAGE, HEADING, lines)


def rows(found: dict[str, Gaps]) -> list[str]:
    """A row of the table for each part."""
    return [f"| {PARTS[k]} | {gaps.turns} | {gaps.p99:.1f} ms | {gaps.longest:.1f} ms |" for k, gaps in found.items()]


if __name__ == "__main__":
    main()
