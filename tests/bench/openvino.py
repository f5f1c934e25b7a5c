"""`python -m tests.bench.openvino`: a step of a Stable Diffusion 1.5 of random weights, plain diffusers against ours.

Each side runs in a process of its own: the script that a person would write, our plan for this machine, the small one,
and OpenVINO, which is run once before it is measured, so that its conversion is there. Writes into RESULTS.md.
"""

from __future__ import annotations

import argparse
import tempfile
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import child, section
from tests.bench.results import PAGE

HEADING = "A step of Stable Diffusion 1.5"
MIB = 2**20
# Our sides: what is wished of the plan, and the goals of the time's ratio and the memory's.
SIDES: dict[str, tuple[dict[str, str], str, str]] = {
    "ours": ({}, "≥ 2.2 with bfloat16", "≤ 0.6"),
    "ours, small plan": ({"plan": "small"}, "", "≤ 2.2 GB at 256 × 256"),
    "ours, OpenVINO": ({"plan": "fast", "backend": "openvino"}, "≥ 3.5", "≤ 0.6"),
}
HEAD = "| | a step | times as fast | goal | peak | share | goal | difference to float32 | plan |\n" + "|---" * 9 + "|"


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.bench.openvino", description=__doc__)
    words.add_argument("--model", choices=("sd-1.5", "tiny"), default="sd-1.5", help="tiny only tries the script")
    words.add_argument("--sizes", default="", help="sides in pixels, with commas (256,512)")
    words.add_argument("--steps", type=int, default=6, help="steps of each run; the first is left out (6)")
    words.add_argument("--pairs", type=int, default=3, help="rounds, in which every side has its turn (3)")
    words.add_argument("--page", type=Path, default=None, help="where to write (RESULTS.md; tiny: nowhere)")
    asked = words.parse_args()
    sizes = [int(side) for side in (asked.sizes or ("64" if asked.model == "tiny" else "256,512")).split(",")]
    sides = dict(SIDES)
    if find_spec("openvino") is None:
        del sides["ours, OpenVINO"]
        print("OpenVINO is not installed, so it is left out.")
    libraries = ("torch", "diffusers", *(("openvino",) if find_spec("openvino") else ()))
    lines = [
        section.circumstances(*libraries), "",
        f"Random weights in float32, guided (two pictures a step), {asked.steps} steps, the first left out; "
        f"medians of {asked.pairs} rounds.", "The plain side is diffusers as its guide has it, in float32.", "",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="everyform-openvino-") as name:
        scratch = Path(name)
        folder = scratch / "model"
        child.run("openvino_child", {"make": asked.model, "folder": str(folder)}, scratch / "home")
        for side in sizes:
            lines += table(folder, scratch / "home", side, asked.steps, asked.pairs, sides)
    print("\n".join(lines))
    page = asked.page or (PAGE if asked.model == "sd-1.5" else None)
    if page is not None:
        section.put(page, HEADING, lines)


def table(folder: Path, home: Path, side: int, steps: int, pairs: int, sides: dict[str, Any]) -> list[str]:
    """The rows of one size, and what OpenVINO's conversion took."""
    given = {"folder": str(folder), "side": side, "steps": steps}
    lines: list[str] = []
    if "ours, OpenVINO" in sides:
        first = child.run("openvino_child", given | {"wish": sides["ours, OpenVINO"][0]}, home)
        print(f"{side}: converted in a run of {first['seconds']:.0f} s", flush=True)
        lines = [
            f"OpenVINO's first run at {side} × {side} took {first['seconds']:.0f} s with its conversion, and "
            f"{first['peak'] / MIB:.0f} MiB.", "",
        ]  # fmt: skip
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ("plain diffusers", *sides)}
    for round_ in range(pairs):
        order = list(runs)
        for name in order if round_ % 2 == 0 else order[::-1]:
            wish = {} if name == "plain diffusers" else {"wish": sides[name][0]}
            runs[name].append(child.run("openvino_child", given | wish, home))
            print(f"{side}: {name}: {runs[name][-1]['step']:.3f} s a step", flush=True)
    plain = runs["plain diffusers"]
    rows = []
    for name, found in runs.items():
        step, peak = median(one["step"] for one in found), median(one["peak"] for one in found)
        cells = [name, f"{step:.2f} s", "", "", f"{peak / MIB:.0f} MiB", "", "", "", ""]
        if name in sides:
            faster = median(p["step"] / o["step"] for p, o in zip(plain, found, strict=True))
            share = median(o["peak"] / p["peak"] for p, o in zip(plain, found, strict=True))
            cells[2:4] = f"{faster:.2f}", sides[name][1]
            cells[5:9] = f"{share:.2f}", sides[name][2], found[-1]["difference"], found[-1]["plan"]
        rows.append(f"| {' | '.join(cells)} |")
    return [f"{side} × {side}:", "", HEAD, *rows, "", *lines]


if __name__ == "__main__":
    main()
