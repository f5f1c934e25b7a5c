"""`python -m tests.bench.peaks`: predicted peaks of memory against measured ones, on a processor, in child processes.

The goal: within 15 % for 90 % of the runs. A run of all writes into RESULTS.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench import child, peaks_models, section
from tests.bench.results import PAGE

HEADING = "Predicted and measured memory"
HEAD = "| model | size | plan | predicted | measured | |\n" + "|---" * 6 + "|"
GOAL_OFF, GOAL_SHARE = 0.15, 0.9
_SHORT = ("unet", "text_encoder")
# Model, size, and what the plan has by hand (nothing: as `decide` has it).
RUNS: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("sd-140m", {"width": 256, "height": 256, "batch": 2}, {}),
    ("sd-140m", {"width": 384, "height": 384, "batch": 2}, {}),
    ("sd-140m", {"width": 256, "height": 256, "batch": 1}, {"offload": "disk"}),
    ("sd-380m", {"width": 256, "height": 256, "batch": 2}, {}),
    ("sd-380m", {"width": 256, "height": 256, "batch": 2}, {"free_encoder": True}),
    ("sd-380m", {"width": 256, "height": 256, "batch": 2}, {"quantization": "layerwise-16", "quantized": _SHORT}),
    ("sd-380m", {"width": 256, "height": 256, "batch": 2}, {"quantization": "layerwise-fp8", "quantized": ("unet",)}),
    ("sd-380m", {"width": 256, "height": 256, "batch": 1}, {"offload": "disk"}),
    ("sd-380m-half", {"width": 256, "height": 256, "batch": 2}, {}),
    ("sd-380m-half", {"width": 256, "height": 256, "batch": 2}, {"quantization": "layerwise-16", "quantized": _SHORT}),
    ("sd-380m-half", {"width": 256, "height": 256, "batch": 2}, {"tile_above": 128 * 128}),
    ("dit-130m", {"width": 256, "height": 256, "batch": 2}, {}),
    ("flux-150m", {"width": 256, "height": 256}, {}),
    ("flux-150m", {"width": 512, "height": 512}, {}),
    ("flux-150m", {"width": 512, "height": 512}, {"tile_above": 256 * 256}),
    ("wan-120m", {"width": 256, "height": 256, "frames": 5}, {}),
    ("wan-120m", {"width": 256, "height": 160, "frames": 9}, {}),
    ("llama-125m", {"tokens": 32}, {}),
    ("llama-390m", {"tokens": 32}, {}),
    ("llama-390m", {"tokens": 16}, {"quantization": "layerwise-16", "quantized": ("",)}),
    ("musicgen-140m", {"tokens": 50, "seconds": 1.0, "batch": 2}, {}),
    ("musicgen-140m", {"tokens": 250, "seconds": 5.0, "batch": 2}, {}),
)


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.bench.peaks", description=__doc__)
    words.add_argument("--only", metavar="MODEL", action="append", default=[], choices=peaks_models.MODELS)
    words.add_argument("--seconds", type=float, default=3600, help="begin no run after so long")
    asked = words.parse_args()
    began = time.monotonic()
    rows, table = [], []
    with tempfile.TemporaryDirectory(prefix="everyform-peaks-") as name:
        scratch = Path(name)
        for model, size, plan in RUNS:
            if (asked.only and model not in asked.only) or time.monotonic() - began > asked.seconds:
                continue
            folder = scratch / model
            if not folder.exists():
                child.run("peaks_child", {"folder": str(folder), "make": model}, scratch)
            given = {"folder": str(folder), "size": size, "plan": plan}
            found = child.run("peaks_child", given, scratch)
            off = found["predicted"] / found["measured"] - 1
            rows.append(off)
            table.append(line(model, size, plan, found, off))
            print(table[-1], flush=True)
    print(summary(rows))
    if len(rows) == len(RUNS):
        lines = [
            section.circumstances("torch", "diffusers", "transformers"), "",
            "The highest moment of main memory, from reading the files to the finished thing, each in a process of its "
            f"own. {summary(rows)}", "", HEAD, *table,
        ]  # fmt: skip
        section.put(PAGE, HEADING, lines)


def line(model: str, size: dict[str, Any], plan: dict[str, Any], found: dict[str, Any], off: float) -> str:
    """One row of a Markdown table."""
    asked = " ".join(f"{name} {value:g}" for name, value in size.items())
    how = " ".join(str(value) for name, value in plan.items() if name != "quantized") or "as it is"
    return (
        f"| {model}, {found['numbers'] / 1e6:.0f}M | {asked} | {how} | {found['predicted'] / 2**20:.0f} MiB | "
        f"{found['measured'] / 2**20:.0f} MiB | {off:+.0%} |"
    )


def summary(rows: list[float]) -> str:
    """How many are within the goal."""
    if not rows:
        return "Nothing was measured."
    good = sum(abs(off) <= GOAL_OFF for off in rows)
    word = "met" if good >= GOAL_SHARE * len(rows) else "not met"
    return f"{good} of {len(rows)} predictions within {GOAL_OFF:.0%}: the goal ({GOAL_SHARE:.0%}) is {word}."


if __name__ == "__main__":
    main()
