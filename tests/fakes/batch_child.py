"""A real process that makes a batch, to be killed: what `tests.bench.batch` and the tests of kills do to it.

As a program it is `main.py batch` with the families of the tests.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import fakes

ROOT = Path(__file__).resolve().parents[2]
FAKE = (sys.executable, "-m", "tests.fakes.batch_child")
REAL = (sys.executable, str(ROOT / "main.py"), "batch")


@dataclass
class Run:
    """What one run told before it ended or was killed: its exit code, and its JSON lines."""

    code: int
    told: list[dict[str, Any]] = field(default_factory=list)

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.told if line["event"] == event]


def run(words: Sequence[str | Path], program: Sequence[str] = FAKE, until: Callable[[Run], bool] | None = None) -> Run:
    """Run it to its end; or until what it has told says so, and then kill its whole group, engine and all."""
    command = [*program, *map(str, words), "--json"]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    found = Run(0)
    assert child.stdout is not None
    try:
        for line in child.stdout:
            found.told.append(json.loads(line))
            if until is not None and until(found):
                os.killpg(child.pid, signal.SIGKILL)
                break
        child.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.stdout.close()
        child.wait()
    found.code = child.returncode
    return found


def killed(
    words: Sequence[str | Path], rows: int, kills: int, program: Sequence[str] = FAKE, seed: int = 0
) -> list[Run]:
    """The batch, killed `kills` times at drawn moments on its way, and run to its end; every run of it.

    The moments are drawn: a number of rows, one in each of so many even pieces of the way, and then a number of lines,
    which fall anywhere in the making of the next one.
    """
    draw = random.Random(seed)
    runs: list[Run] = []
    for number in range(kills):
        there = int((number + draw.random()) / kills * rows * 0.95)
        lines = draw.randint(1, 8)

        def reached(found: Run, there: int = there, lines: int = lines) -> bool:
            if not (begun := found.of("batch")):
                return False
            come = begun[0]["there"] + len(found.of("done"))
            if come < there:
                return False
            last = max((k for k, line in enumerate(found.told) if line["event"] in ("batch", "done")), default=0)
            return come > there or len(found.told) - last > lines

        runs.append(run([*words, "--resume"], program, reached))
        assert runs[-1].code == -signal.SIGKILL, f"it ended by itself, with {runs[-1].code}"
    return [*runs, run([*words, "--resume"], program)]


def sums(folder: Path) -> dict[str, str]:
    """Every file in the folder but `batch.json`, with what is in it."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "batch.json"]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def main(words: list[str]) -> int:
    from models import commands
    from models.commands import batch
    from models.registry import Registry
    from models.store.store import Store

    batch.store = lambda: Store(Registry(fakes.PACKAGE).recognise, "nowhere")  # type: ignore[assignment]
    batch.PACKAGE = fakes.PACKAGE
    return commands.main(["batch", *words])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
