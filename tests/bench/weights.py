"""`python -m tests.bench.weights`: whether a weight on the thing in a prompt is seen in the starter scenes' picture.

Each prompt makes a picture from one seed with the thing's word at each weight, and the reader says how sure it is that
the thing is there (the logit of its presence). Writes into RESULTS.md.
"""

from __future__ import annotations

import argparse
import random
import re
from pathlib import Path
from statistics import mean

import torch

from models.reader.grammar import describe
from models.reader.network import Reader
from models.reader.scene import KINDS, sample
from models.training.faithful import FIRST, READER
from models.training.starter import SCENES, pictures
from tests.bench import section
from tests.bench.results import PAGE

HEADING = "Weights in a prompt"
WEIGHTS = (0.5, 1.0, 1.5)
SEED = 7_000


def asked(count: int) -> list[tuple[str, str]]:
    """So many sentences of unseen scenes that name a thing, with `{}` for its word: (sentence, kind)."""
    found: list[tuple[str, str]] = []
    number = FIRST
    while len(found) < count:
        number += 1
        sentence, named = describe(sample(number), random.Random(number))
        kind = random.Random(number).choice(named.things).kind if named.things else ""
        # A kind's other words ("boat" for a sailboat) would need the grammar: those that are called by name will do.
        if kind and len(re.findall(rf"\b{kind}\b", sentence)) == 1 and "(" not in sentence:
            found.append((re.sub(rf"\b{kind}\b", "{}", sentence), kind))
    return found


@torch.inference_mode()
def scores(reader: Reader, shown: torch.Tensor, kinds: list[str]) -> list[float]:
    """How sure the reader is of each picture's (N, 3, 128, 128; 0..1) kind: the logit of yes over that of no."""
    _, things = reader(shown.float() * 2 - 1)
    return [
        float(row[KINDS.index(kind), 1] - row[KINDS.index(kind), 0]) for row, kind in zip(things, kinds, strict=True)
    ]


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.bench.weights", description=__doc__)
    words.add_argument("--count", type=int, default=24, help="prompts (24)")
    words.add_argument("--steps", type=int, default=24, help="of each picture (24)")
    words.add_argument("--page", type=Path, default=PAGE, help="where to write (RESULTS.md)")
    given = words.parse_args()
    began = section.circumstances("torch", "diffusers", "transformers")
    prompts = asked(given.count)
    kinds = [kind for _, kind in prompts]
    reader = Reader.load(READER)
    found: dict[float, list[float]] = {}
    settings = {"steps": given.steps}
    for weight in WEIGHTS:
        said = [text.format(kind if weight == 1 else f"({kind}:{weight})") for text, kind in prompts]
        found[weight] = scores(
            reader, pictures(SCENES, len(said), prompts=said, first_seed=SEED, settings=settings), kinds
        )
        print(f"{weight}: {mean(found[weight]):.2f}", flush=True)
    lines = [
        began, "",
        f"{given.count} sentences of scenes that no training saw, a picture each of {given.steps} steps from one seed, "
        "with the word of one thing at each weight; what the reader thinks of that thing.", "", *rows(found),
    ]  # fmt: skip
    print("\n".join(lines))
    section.put(given.page, HEADING, lines)


def rows(found: dict[float, list[float]]) -> list[str]:
    """A row of the table for each weight."""
    plain = found[1.0]
    table = ["| weight | logit of its presence, mean | against weight 1 | higher | lower | seen |", "|---" * 6 + "|"]
    for weight, own in found.items():
        more = sum(a > b for a, b in zip(own, plain, strict=True))
        less = sum(a < b for a, b in zip(own, plain, strict=True))
        change = mean(own) - mean(plain)
        seen = sum(a > 0 for a in own)
        table.append(f"| {weight} | {mean(own):.2f} | {change:+.2f} | {more} | {less} | {seen} of {len(own)} |")
    return table


if __name__ == "__main__":
    main()
