"""`python -m tests.bench.metadata`: thousands of damaged metadata blocks, of every format that we write and of every
program whose settings are read, put in a library's folder, read, and the library rebuilt over them; prints the table.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter
from pathlib import Path

from models.outputs import read
from models.outputs.library import Library
from models.protocol import BadInput
from tests.models.outputs import mutating
from tests.models.outputs.test_foreign import CARD


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.bench.metadata", description=__doc__)
    words.add_argument("--count", type=int, default=5000, help="damaged blocks (5000)")
    words.add_argument("--seed", type=int, default=0, help="draws the damage (0)")
    asked = words.parse_args()
    told: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="everyform-bench-") as name:
        home = Path(name)
        os.environ["EVERYFORM_HOME"] = str(home)
        originals = mutating.originals(home / "whole")
        outputs = home / "outputs"
        outputs.mkdir()
        library = Library()
        watch = mutating.Written(home)
        for number, (suffix, data) in enumerate(mutating.mutated(originals, asked.count, asked.seed)):
            path = outputs / f"{number:05}{suffix}"
            path.write_bytes(data)
            watch.on = True
            try:
                found = read.read_settings(path)
                json.dumps(found, allow_nan=False)
                if found is not None:
                    read.fit(found, CARD)
                told[found["source"] if found else "no settings"] += 1
            except BadInput:
                told["refused in a sentence"] += 1
            except Exception as error:
                wrong.append(f"{number}{suffix}: {type(error).__name__}: {error}")
            watch.on = False
        watch.on = True
        kept = library.rebuild()
        watch.on = False
    print("| what came of it | blocks |\n|---|---|")
    for source, count in told.most_common():
        print(f"| {source} | {count} |")
    print(
        f"\n{asked.count} blocks of {len(originals)} files: {len(wrong)} errors that nobody caught, "
        f"{len(watch.outside)} writes outside of the library, {kept} still ours when it was rebuilt."
    )
    if wrong or watch.outside:
        raise SystemExit("\n".join((wrong + watch.outside)[:20]))


if __name__ == "__main__":
    main()
