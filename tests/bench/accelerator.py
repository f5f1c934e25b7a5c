"""`python -m tests.bench.accelerator`: every way of running on a graphics card, with its time and its peaks.

Each runs in a process of its own, on a Stable Diffusion of random weights. Where there is no card it says so.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from tests.bench import child

MODEL = "sd-380m"
PARTS = ("unet", "text_encoder")
SIZE = {"width": 512, "height": 512, "batch": 2}
WAYS: dict[str, dict[str, Any]] = {
    "bfloat16": {},
    "int8": {"quantization": "int8", "quantized": PARTS},
    "float8": {"quantization": "float8", "quantized": PARTS},
    "8 bits, bitsandbytes": {"quantization": "bnb-int8", "quantized": PARTS},
    "nf4": {"quantization": "bnb-nf4", "quantized": PARTS},
    "layerwise fp8": {"quantization": "layerwise-fp8", "quantized": ("unet",)},
    "one network at a time": {"offload": "model"},
    "a few blocks at a time": {"offload": "group", "stream": True},
    "one layer at a time": {"offload": "sequential"},
    "blocks from the disk": {"offload": "disk"},
}
HEAD = "| way | s a step | peak there | predicted | peak of main memory |\n|---|---|---|---|---|"
NONE = "No accelerator could be had: bfloat16, int8, nf4 and the offloads were not run on one."


def main() -> None:
    argparse.ArgumentParser(prog="python -m tests.bench.accelerator", description=__doc__).parse_args()
    from models.runtime import device

    machine = device.detect()
    if machine.kind == "cpu":
        print(NONE)
        return
    print(f"{machine.sentence()}\n\n{HEAD}")
    with tempfile.TemporaryDirectory(prefix="everyform-accelerator-") as name:
        scratch = Path(name)
        folder = scratch / MODEL
        child.run("peaks_child", {"folder": str(folder), "make": MODEL}, scratch)
        for way, plan in WAYS.items():
            given = {"folder": str(folder), "size": SIZE, "plan": plan, "device": machine.device, "steps": 8}
            try:
                print(row(way, child.run("peaks_child", given, scratch)), flush=True)
            except RuntimeError as error:
                print(f"| {way} | did not run: {str(error).splitlines()[-1][:120]} | | | |", flush=True)


def row(way: str, found: dict[str, Any]) -> str:
    """One row of a Markdown table."""
    peaks = (f"{found[name] / 2**20:.0f} MiB" for name in ("measured_there", "predicted_there", "measured"))
    return f"| {way} | {found['seconds']:.3f} | {' | '.join(peaks)} |"


if __name__ == "__main__":
    main()
