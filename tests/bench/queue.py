"""`python -m tests.bench.queue`: ten thousand jobs in the window's queue, and the window killed at random moments with
jobs on their way; prints both tables. All with the tests' light family, a real engine and a real window.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from models.offline import OFFLINE
from tests import fakes
from tests.bench import child, event_loop, queue_kills
from tests.fakes.talk import list_model

PARTS = ("fluid", "kills")
GOAL_MS = 50


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.bench.queue", description=__doc__)
    words.add_argument("--jobs", type=int, default=10_000, help="jobs that wait (10000)")
    words.add_argument("--kills", type=int, default=50, help="how often the window is killed (50)")
    words.add_argument("--seed", type=int, default=0, help="draws the moments (0)")
    words.add_argument("--only", choices=PARTS, action="append", help="measure this part")
    asked = words.parse_args()
    os.environ.update(OFFLINE)
    kept = True
    with tempfile.TemporaryDirectory(prefix="everyform-bench-") as name:
        if "fluid" in (asked.only or PARTS):
            kept &= fluid(Path(name) / "fluid", asked.jobs)
        if "kills" in (asked.only or PARTS):
            told = queue_kills.measure(Path(name) / "kills", asked.kills, asked.seed)
            print(f"\n{told.sentence()}")
            kept &= told.kept
    if not kept:
        raise SystemExit("This is not what is promised.")


def fluid(scratch: Path, jobs: int) -> bool:
    """The table of the gaps in the window's event loop; whether all are short enough."""
    print("| the window, with its queue open | turns | p99 | longest | longest that its own thread worked |")
    print("|---|---|---|---|---|")
    home = scratch / "home"
    list_model(home, fakes.model_folder(scratch / "counter"))
    given = {"model": str(scratch / "counter"), "jobs": jobs}
    longest = 0.0
    for deed in ("alone", "fill", "again"):
        found: dict[str, Any] = child.run("queue_child", given | {"deed": deed}, home)
        for what, taken in found.items():
            wall, own = event_loop.counted(taken["wall"]), event_loop.counted(taken["own"])
            longest = max(longest, wall.longest)
            words = f"| {what} | {wall.turns} | {wall.p99:.1f} ms | {wall.longest:.1f} ms | {own.longest:.1f} ms |"
            print(words, flush=True)
    return longest <= GOAL_MS


if __name__ == "__main__":
    main()
