"""`python -m tests.bench.cluster`: sixty rows over five presets on a Ray cluster of two machines (both on this one), of
which one is pulled out half way, and a poisoned row, against an unbroken run without a cluster; prints the table.

`--starters` makes them with the shipped models, else it is the tests' light family. Wants the extra `cluster`.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from tests.bench.batch import five_presets, rows_to_make
from tests.fakes import batch_child, ray_cluster


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.bench.cluster", description=__doc__)
    rows_to_make(words)
    asked = words.parse_args()
    rows, program = 5 * asked.seeds, batch_child.REAL if asked.starters else batch_child.FAKE
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # other sums in another order are other bytes
    with tempfile.TemporaryDirectory(prefix="ef-") as name:
        home = Path(name)
        presets = five_presets(home, asked.starters)
        ordered = [*presets, "--seeds", f"1-{asked.seeds}", "--out"]
        began = time.monotonic()
        plain = batch_child.run([*ordered, home / "plain"], program)
        alone_s = time.monotonic() - began
        with ray_cluster.two_machines(home / "ray") as (cluster, second):
            pulled: list[int] = []

            def half_way(run: batch_child.Run) -> bool:
                if len(run.of("done")) >= rows // 2 and not pulled:
                    cluster.remove_node(second, allow_graceful=False)
                    pulled.append(len(run.of("done")))
                return False

            joined = ["--cluster", cluster.address]
            many = batch_child.run([*ordered, home / "many", *joined], program, half_way)
            poisoned = None
            if not asked.starters:
                poison = [presets[0], "--seeds", "1", "--grid", "behave=well,killed", "--out", home / "poison"]
                poisoned = batch_child.run([*poison, *joined], program)
        one, other = batch_child.sums(home / "plain"), batch_child.sums(home / "many")
        states = [row["state"] for row in json.loads((home / "many" / "batch.json").read_text("utf-8"))["rows"]]
    told = [line["row"] for line in many.of("done")]
    print("| run | begun | made | failed | ended |\n|---|---|---|---|---|")
    for what, run in (("alone", plain), ("two machines, one pulled out", many), ("poisoned", poisoned)):
        if run is not None:
            counts = " | ".join(str(len(run.of(event))) for event in ("begin", "done", "failed"))
            print(f"| {what} | {counts} | exit {run.code} |")
    print(
        f"\n{rows} rows, one of two machines gone after {pulled}: {states.count('done')} done, {len(other)} files, "
        f"{len(told) - len(set(told))} made twice; {sum(other.get(k) == v for k, v in one.items())} of {len(one)} have "
        f"the bytes of the unbroken run, which took {alone_s:.0f} s."
    )
    whole = plain.code == many.code == 0 and one == other and len(one) == rows and len(told) == len(set(told))
    if not whole or not pulled or (poisoned is not None and len(poisoned.of("failed")) != 1):
        raise SystemExit("This is not what is promised.")


if __name__ == "__main__":
    main()
