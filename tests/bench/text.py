"""`python -m tests.bench.text`: a random Llama of 0.4 billion numbers writes, transformers against ours on its GGUF.

Each side runs in a process of its own. Writes into RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import child, section
from tests.bench.results import PAGE

HEADING = "Text from a GGUF file"
MIB = 2**20
PLAIN = "transformers, bfloat16"
SIDES: dict[str, dict[str, Any]] = {
    "transformers, float32": {"side": "plain", "dtype": "float32"},
    PLAIN: {"side": "plain", "dtype": "bfloat16"},
    "ours, by llama.cpp": {"side": "ours", "unpacked": False},
    "ours, unpacked": {"side": "ours", "unpacked": True},
}
HEAD = "| | tokens a second | times transformers in bfloat16 | goal | peak | share | goal |\n" + "|---" * 7 + "|"


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.bench.text", description=__doc__)
    words.add_argument("--model", choices=("llama-0.4b", "tiny"), default="llama-0.4b", help="tiny tries the script")
    words.add_argument("--kind", choices=("F16", "Q8_0"), default="Q8_0", help="how the file's weights are packed")
    words.add_argument("--tokens", type=int, default=64, help="how many are written (64)")
    words.add_argument("--pairs", type=int, default=3, help="rounds, in which every side has its turn (3)")
    words.add_argument("--page", type=Path, default=None, help="where to write (RESULTS.md; tiny: nowhere)")
    asked = words.parse_args()
    sides = dict(SIDES)
    if find_spec("llama_cpp") is None:
        del sides["ours, by llama.cpp"]
        print("llama-cpp-python is not installed, so llama.cpp is left out.")
    with tempfile.TemporaryDirectory(prefix="everyform-text-") as name:
        scratch = Path(name)
        given = {"folder": str(scratch / "model"), "file": str(scratch / "model.gguf"), "tokens": asked.tokens}
        made = child.run("text_child", given | {"make": asked.model, "kind": asked.kind}, scratch / "home")
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
        for round_ in range(asked.pairs):
            for name in list(sides) if round_ % 2 == 0 else list(sides)[::-1]:
                runs[name].append(child.run("text_child", given | sides[name], scratch / "home"))
                print(f"{name}: {runs[name][-1]['speed']:.1f} tokens a second", flush=True)
    libraries = ("torch", "transformers", *(("llama-cpp-python",) if "ours, by llama.cpp" in sides else ()))
    lines = [
        section.circumstances(*libraries), "",
        f"A Llama of {made['numbers'] / 1e6:.0f} million random numbers; the GGUF file holds them as {asked.kind}. "
        f"{asked.tokens} tokens, the most likely one each time; medians of {asked.pairs} rounds. The time for the "
        "prompt and the first token is left out.", "", HEAD, *rows(runs),
    ]  # fmt: skip
    print("\n".join(lines))
    page = asked.page or (PAGE if asked.model != "tiny" else None)
    if page is not None:
        section.put(page, HEADING, lines)


def rows(runs: dict[str, list[dict[str, Any]]]) -> list[str]:
    """A row of the table for each side."""
    plain = runs[PLAIN]
    found = []
    for name, own in runs.items():
        speed, peak = median(one["speed"] for one in own), median(one["peak"] for one in own)
        faster = median(o["speed"] / p["speed"] for p, o in zip(plain, own, strict=True))
        share = median(o["peak"] / p["peak"] for p, o in zip(plain, own, strict=True))
        goals = ("≥ 2.5", "≤ 0.7") if "llama.cpp" in name else ("", "")
        cells = (name, f"{speed:.1f}", f"{faster:.2f}", goals[0], f"{peak / MIB:.0f} MiB", f"{share:.2f}", goals[1])
        found.append(f"| {' | '.join(cells)} |")
    return found


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
