"""`python -m tests.bench.gallery`: a gallery of 25,000 files, made again from the files alone, searched, scrolled
through in a window, and the gaps in its event loop; prints the table. `--write` puts it into tests/bench/RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.bench import child, section
from tests.bench.event_loop import counted
from tests.bench.results import PAGE

HEADING = "The gallery"
# What is typed: common and rare words, parts of words, conditions of each kind, and what finds nothing.
SEARCHES = (
    "boat", "red sailboat", "li", "harbour -storm", '"calm sea"', "giraffe", "model:scenes", "steps:>20 rating:>=4",
    "after:2026-11-01 lighthouse", "board:Harbours", "scheduler:euler width:>=16", "favourite:yes seed:>20000", "",
)  # fmt: skip
_THINGS = ("red sailboat", "lighthouse", "windmill", "wooden boat", "lonely house", "old harbour")
_MOODS = ("on a calm sea at sunset", "in fog", "in a storm at night", "under falling snow", "in the first light of May")


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.bench.gallery", description=__doc__)
    words.add_argument("--count", type=int, default=25_000, help="files (25000)")
    words.add_argument("--rounds", type=int, default=5, help="times that each search is asked (5)")
    words.add_argument("--steps", type=int, default=600, help="steps that the window is scrolled by (600)")
    words.add_argument("--write", action="store_true", help="put the table into RESULTS.md")
    asked = words.parse_args()
    circumstances = section.circumstances("pyside6-essentials")
    with tempfile.TemporaryDirectory(prefix="everyform-bench-") as name:
        home = Path(name)
        os.environ["EVERYFORM_HOME"] = str(home)
        make_files(home / "outputs", asked.count)
        from models.outputs.library import Library

        began = time.perf_counter()
        library = Library()
        found = library.rebuild()
        rebuilt = time.perf_counter() - began
        began = time.perf_counter()
        library.rebuild()
        looked = time.perf_counter() - began
        stars, boards = library.count("rating:>=1"), library.boards()
        searches = {line: _search(library, line, asked.rounds) for line in SEARCHES}
        for line, (ms, count) in searches.items():
            print(f"{ms:7.1f} ms  {count:6} found  {line}", flush=True)
        window = child.run("gallery_child", {"seed": 0, "steps": asked.steps}, home)
    gaps = counted(window["gaps"])
    worst = max(searches, key=lambda line: searches[line][0])
    lines = [
        circumstances,
        "",
        "| what | measured |\n|---|---|",
        f"| rebuilt from the files alone | {found:,} of {asked.count:,} in {rebuilt:.1f} s; {stars:,} with their "
        f"stars, {boards[0][1]:,} on their board |",
        f"| looked through again, nothing new | {looked:.2f} s |",
        f"| search, median of {len(SEARCHES)} kinds | {median(ms for ms, _ in searches.values()):.0f} ms |",
        f"| search, the slowest kind (`{worst}`) | {searches[worst][0]:.0f} ms, {searches[worst][1]:,} found |",
        f"| search in the window, until it shows | median {median(window['searches']):.0f} ms, "
        f"longest {max(window['searches']):.0f} ms |",
        f"| gaps in the window while it scrolls | longest {gaps.longest:.0f} ms, p99 {gaps.p99:.1f} ms, "
        f"{window['steps']:,} steps |",
        f"| gaps while searches come in | longest {max(window['search_gaps']):.0f} ms |",
        f"| after a jump, every tile has its picture | median {median(window['filled']):.0f} ms, "
        f"longest {max(window['filled']):.0f} ms |",
    ]
    print("\n".join(lines))
    if asked.write:
        section.put(PAGE, HEADING, lines)
    if found != asked.count or not stars:
        raise SystemExit("This is not what is promised.")


def make_files(folder: Path, count: int) -> None:
    """Small pictures with their records inside, made over the last months; what is said of some lies beside them."""
    from PIL import Image

    from models.outputs import kept, pictures, write
    from models.outputs.formats import find
    from models.outputs.media import Picture
    from models.protocol import Request

    folder.mkdir(parents=True)
    chance = random.Random(0)
    now, said = time.time(), {}
    kind = find("png", "picture")
    for k in range(count):
        request = Request(
            chance.choice(("scenes", "portraits", "pixels")), "/m", "latent-diffusion", "text-to-picture",
            f"a {chance.choice(_THINGS)} {chance.choice(_MOODS)}, number {k}", "blurry, low quality", k,
            settings={
                "steps": chance.randint(4, 50), "guidance_scale": chance.randint(2, 20) / 2, "width": 24, "height": 16,
                "scheduler": chance.choice(("Euler", "DPM++ 2M Karras", "UniPC")),
            },
        )  # fmt: skip
        image = Image.new("RGB", (24, 16), (k % 256, k // 256 % 256, 120))
        path = folder / f"picture-{k:05}.png"
        path.write_bytes(pictures.encode(Picture(image), kind, write.record(request, "Mine")))
        os.utime(path, (now, now - (count - k) * 300))
        if k % 5 == 0:
            said[path.name] = kept.Kept(k % 10 == 0, k % 6, ("Harbours",) if k % 25 == 0 else ())
    kept.note(folder, said)


def _search(library: object, line: str, rounds: int) -> tuple[float, int]:
    """Median of the milliseconds until a screenful is there and it is known how many there are, and how many."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        ids = library.ids(line)  # type: ignore[attr-defined]
        library.many(ids[:120])  # type: ignore[attr-defined]
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken), len(ids)


if __name__ == "__main__":
    main()
