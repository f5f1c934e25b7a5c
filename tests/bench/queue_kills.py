"""The whole window killed at random moments while its queue is at work: what was asked for, and what became of it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from tests import fakes
from tests.bench.child import QUIET, ROOT
from tests.fakes.talk import list_model

EACH, COUNT = 3, 2  # jobs that each window is asked for, and pictures of each
# A kill falls after so many of the lines that a window tells, and then so long, that it hits every part of the work.
LINES, SPAN_S = 1 + EACH + EACH * COUNT, 0.25


@dataclass
class Told:
    """`sure` are the seeds of the jobs that a window had on the disk, `made` the files that one told of; `files` those
    that are there in the end, and `broken` those of them that no picture can be read from."""

    kills: int
    sure: set[int] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    files: list[Path] = field(default_factory=list)
    broken: list[Path] = field(default_factory=list)
    unended: int = -1

    @property
    def wanted(self) -> set[str]:
        """How the files of the sure jobs are named."""
        return {f"counter-{seed + item}.png" for seed in self.sure for item in range(COUNT)}

    @property
    def kept(self) -> bool:
        """Whether no job and no output was lost, and none was made twice."""
        names = {path.name for path in self.files}
        twice = [name for name in names if name.count("-") > 1]
        lost = {path for path in self.made if Path(path).name not in names}
        return self.wanted <= names and not (twice or lost or self.broken or self.unended)

    def sentence(self) -> str:
        names = {path.name for path in self.files}
        return (
            f"{self.kills} kills: of {len(self.sure)} jobs that were on the disk {len(self.wanted & names)} of "
            f"{len(self.wanted)} pictures are there, {len(self.made)} were told of and "
            f"{sum(Path(path).name not in names for path in self.made)} of these are lost; "
            f"{sum(name.count('-') > 1 for name in names)} were made twice, {len(self.broken)} are broken, "
            f"{self.unended} jobs have not ended."
        )


def measure(scratch: Path, kills: int, seed: int = 0) -> Told:
    """Start the window and kill it, so many times; then once more, until its queue is at rest."""
    home, chance, told = scratch / "home", random.Random(seed), Told(kills)
    list_model(home, fakes.model_folder(scratch / "counter"))
    for start in range(kills + 1):
        last = start == kills
        kill = None if last else (chance.randint(1, LINES), chance.uniform(0, SPAN_S))
        _window(scratch, told, 0 if last else (start + 1) * 100, kill)
    told.files = sorted((home / "outputs").glob("*.png"))
    for path in told.files:
        try:
            with Image.open(path) as picture:
                picture.load()
        except OSError:
            told.broken.append(path)
    return told


def _window(scratch: Path, told: Told, first: int, kill: tuple[int, float] | None) -> None:
    """One window. It tells line by line what is sure and what is made; one that is not to be killed ends itself."""
    environment = os.environ | QUIET | {"EVERYFORM_HOME": str(scratch / "home"), "QT_QPA_PLATFORM": "offscreen"}
    words = [sys.executable, "-m", "tests.bench.queue_window", str(scratch / "counter"), str(first)]
    with subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as window:
        assert window.stdout is not None
        for number, line in enumerate(window.stdout, 1):
            what, _, rest = line.strip().partition(" ")
            if kill is not None and number == kill[0]:
                threading.Timer(kill[1], lambda: os.kill(window.pid, signal.SIGKILL)).start()
            if what == "sure":
                told.sure.add(int(rest))
            elif what == "made":
                told.made.add(rest)
            elif what == "unended":
                told.unended = int(rest)
        code = window.wait()
    if code != (0 if kill is None else -signal.SIGKILL):
        raise RuntimeError(f"A window ended with {code}.")
