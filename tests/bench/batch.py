"""`python -m tests.bench.batch`: sixty rows over five presets, killed five times with all that they started, against an
unbroken run; prints the table. `--starters` makes them with the shipped models, else it is the tests' light family.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.fakes import batch_child
from tests.models.batch import making

STARTERS = ("Six from calm noise", "Four quick ones", "A page of ideas", "Evening by the sea", "Large, for sharing")


def rows_to_make(words: argparse.ArgumentParser) -> None:
    """What both benches of batches are asked: how many rows, and of what."""
    words.add_argument("--seeds", type=int, default=12, help="rows of each of the five presets (12)")
    words.add_argument("--starters", action="store_true", help="with the shipped models; takes minutes")


def five_presets(home: Path, starters: bool) -> list[Any]:
    """Their names or files, in a home of their own; with them the models that they are for."""
    os.environ["EVERYFORM_HOME"] = str(home / "home")
    if starters:
        return list(STARTERS)
    making.models(home / "models", home / "home")
    return making.five(home / "presets")


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.bench.batch", description=__doc__)
    rows_to_make(words)
    words.add_argument("--kills", type=int, default=5, help="how often the processes are killed (5)")
    words.add_argument("--seed", type=int, default=0, help="draws the moments (0)")
    asked = words.parse_args()
    rows, program = 5 * asked.seeds, batch_child.REAL if asked.starters else batch_child.FAKE
    with tempfile.TemporaryDirectory(prefix="everyform-bench-") as name:
        home = Path(name)
        presets = five_presets(home, asked.starters)
        ordered = [*presets, "--seeds", f"1-{asked.seeds}", "--out"]
        began = time.monotonic()
        plain = batch_child.run([*ordered, home / "plain"], program)
        seconds = time.monotonic() - began
        runs = batch_child.killed([*ordered, home / "killed"], rows, asked.kills, program, asked.seed)
        one, other = batch_child.sums(home / "plain"), batch_child.sums(home / "killed")
        states = [row["state"] for row in json.loads((home / "killed" / "batch.json").read_text("utf-8"))["rows"]]
    told = [line["row"] for run in runs for line in run.of("done")]
    print("| run | there when it began | made | ended |\n|---|---|---|---|")
    for number, run in enumerate(runs, 1):
        there = run.of("batch")[0]["there"] if run.of("batch") else "?"
        print(f"| {number} | {there} | {len(run.of('done'))} | {'killed' if run.code < 0 else f'exit {run.code}'} |")
    print(
        f"\n{rows} rows, {len(runs) - 1} kills: {states.count('done')} done, {len(other)} files, "
        f"{len(told) - len(set(told))} made twice; {sum(other.get(k) == v for k, v in one.items())} of {len(one)} have "
        f"the bytes of the unbroken run, which took {seconds:.0f} s."
    )
    if plain.code or runs[-1].code or one != other or len(one) != rows or len(told) != len(set(told)):
        raise SystemExit("This is not what is promised.")


if __name__ == "__main__":
    main()
