"""How faithful a picture model is: unseen sentences, and what the reader finds of them in its pictures."""

from __future__ import annotations

import random
from pathlib import Path

from torch import Tensor

from models.training.attributes import shares, tally
from models.training.pictures import UNSEEN
from models.training.reader import Reader
from models.training.world.grammar import Named, describe
from models.training.world.scene import sample

# Not the seeds that the reader itself is scored on.
FIRST = UNSEEN + 500_000_000
READER = Path(__file__).parent / "weights" / "reader"


def prompts(count: int) -> tuple[list[str], list[Named]]:
    """Sentences of scenes that no training has seen, and what each names."""
    said = [describe(sample(FIRST + k), random.Random(FIRST + k)) for k in range(count)]
    return [text for text, _ in said], [named for _, named in said]


def score_pictures(reader: Reader, shown: Tensor, named: list[Named]) -> dict[str, float]:
    """Per cent of the named attributes that the reader finds, each kind and all, in pictures (N, 3, H, W) in 0..1."""
    return shares(tally(named, reader.read(shown)))
