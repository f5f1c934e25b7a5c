"""`main.py selftest`: the window, every starter and a miniature of every family, tried in processes of their own."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from models import folders, program
from models.commands import DONE, FAILED, say
from models.offline import OFFLINE
from models.outputs import atomic, place
from models.selftest.row import Row, Rows
from models.version import SOFTWARE

# What has a process of its own, and for how long that may say nothing.
PARTS = ("window", "miniatures")
SILENCE_S = 300.0
_LOOK_S = 0.1
_HOME = "selftest"


def run(arguments: argparse.Namespace) -> int:
    """Try everything and print a table; 0 where all of it works, 1 where something does not. Raises BadInput."""
    if arguments.miniatures:
        return _miniatures(Path(arguments.miniatures))
    if arguments.report:  # found out now, not at the end
        place.ready(Path(arguments.report).absolute().parent)
    # Beside what is the person's, so that a home that takes nothing, or has odd letters in it, is found out.
    data = place.ready(folders.data())
    for left in data.glob(f"{_HOME}-*"):  # of one that was killed
        if atomic.gone(left.name.split("-")[1]):
            shutil.rmtree(left, ignore_errors=True)
    home = Path(tempfile.mkdtemp(prefix=f"{_HOME}-{os.getpid()}-", dir=data))
    try:
        rows = [row for part in PARTS for row in _tried(part, home)]
    finally:
        shutil.rmtree(home, ignore_errors=True)
    text = "\n".join(_table(rows))
    if arguments.json:
        say.json_line({"software": SOFTWARE, "rows": [asdict(row) for row in rows]})
    else:
        say.line(text)
    if arguments.report:
        atomic.write_text(Path(arguments.report), text + "\n")
    return FAILED if any(row.problem for row in rows) else DONE


def _miniatures(path: Path) -> int:
    from models.selftest import miniatures

    rows = Rows(path)
    for row in miniatures.rows(path.parent):
        rows.add(row)
    return DONE


def _tried(part: str, home: Path) -> Iterator[Row]:
    """What that part's process finds, told as it comes. Its own end is a row where it is not a good one."""
    rows = Rows(home / f"{part}.rows")
    command = [*program.command(), "selftest", f"--{part}", str(rows.path)]
    environment = program.environment() | OFFLINE | {"EVERYFORM_HOME": str(home)}
    child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
    heard = time.monotonic()
    try:
        while True:
            ended = child.poll() is not None  # looked at before its rows, so that the last ones are not missed
            for row in rows.new():
                heard = time.monotonic()
                say.sentence(f"{row.name}: {row.problem or row.made}")
                yield row
            if ended:
                break
            if time.monotonic() - heard > SILENCE_S:
                yield Row(part, "silence", SILENCE_S, problem=f"Nothing was heard for {SILENCE_S:.0f} seconds.")
                return
            time.sleep(_LOOK_S)
    finally:
        child.kill()
        code = child.wait()
    if code:
        yield Row(part, "end", problem=f"The process ended with exit code {code}.")


def _table(rows: list[Row]) -> Iterator[str]:
    yield f"{SOFTWARE}, {sys.platform}"
    widths = [max((len(getattr(row, name)) for row in rows), default=0) for name in ("part", "name")]
    for row in rows:
        result = f"FAILED: {row.problem}" if row.problem else row.made
        yield f"{row.part:{widths[0]}}  {row.name:{widths[1]}}  {row.seconds:6.1f} s  {result}"
    failed = sum(1 for row in rows if row.problem)
    yield f"{len(rows) - failed} of {len(rows)} work."
