"""How faithful a picture model is: unseen sentences, and what the reader finds of them in its pictures."""

from __future__ import annotations

import random

from torch import Tensor

from models.reader import scoring
from models.reader.attributes import shares, tally
from models.reader.grammar import Named, describe
from models.reader.network import Reader
from models.reader.scene import sample
from models.training.pictures import UNSEEN

# Not the seeds that the reader itself is scored on.
FIRST = UNSEEN + 500_000_000
READER = scoring.weights()


def prompts(count: int) -> tuple[list[str], list[Named]]:
    """Sentences of scenes that no training has seen, and what each names."""
    said = [describe(sample(FIRST + k), random.Random(FIRST + k)) for k in range(count)]
    return [text for text, _ in said], [named for _, named in said]


def score_pictures(reader: Reader, shown: Tensor, named: list[Named]) -> dict[str, float]:
    """Per cent of the named attributes that the reader finds, each kind and all, in pictures (N, 3, H, W) in 0..1."""
    return shares(tally(named, reader.read(shown)))
