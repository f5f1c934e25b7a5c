"""`python -m tests.bench`: measures everything and writes tests/bench/RESULTS.md."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from models.offline import OFFLINE
from tests.bench import engine_against_plain, event_loop, model, section, window_start
from tests.bench.results import PAGE, Results

PARTS = ("engine", "start", "loop")


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    words.add_argument("--pairs", type=int, default=5, help="pairs of processes for each ratio (5)")
    words.add_argument("--count", type=int, default=6, help="pictures for each process (6)")
    words.add_argument("--only", choices=PARTS, action="append", help="measure this part; nothing is written")
    asked = words.parse_args()
    parts = asked.only or PARTS
    os.environ.update(OFFLINE)
    from models.runtime import device

    load = os.getloadavg()[0]
    threads = str(device.threads())
    with tempfile.TemporaryDirectory(prefix="everyform-bench-") as name:
        scratch = Path(name)
        folder, called = model.folder(scratch)
        results = Results(called, device.detect().sentence(), load, asked.pairs, threads)
        if "engine" in parts:
            print("Engine against plain diffusers ...", flush=True)
            results.engine = engine_against_plain.measure(folder, scratch, asked.pairs, asked.count)
        if "start" in parts:
            print("Window against import torch ...", flush=True)
            results.start = window_start.measure(scratch, asked.pairs)
        if "loop" in parts:
            print("Gaps in the event loop ...", flush=True)
            results.loop = event_loop.measure(folder, scratch, asked.count)
    print(f"\n{results.page()}")
    if not asked.only:
        PAGE.write_text(section.with_others(results.page(), PAGE), encoding="utf-8")


if __name__ == "__main__":
    main()
