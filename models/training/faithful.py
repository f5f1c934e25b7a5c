"""How faithful a picture model is: unseen sentences, and what the reader finds of them in its pictures."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.protocol import Event, Request
from models.registry import Registry
from models.runtime.plan import for_model
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


def score_pictures(reader: Reader, pictures: Tensor, named: list[Named]) -> dict[str, float]:
    """Per cent of the named attributes that the reader finds, each kind and all. Pictures (N, 3, H, W) in 0..1."""
    return shares(tally(named, reader.read(pictures)))


class _Silent:
    def __call__(self, event: Event) -> None:
        pass

    def wants_preview(self) -> bool:
        return False


def score_model(path: Path, count: int, settings: dict[str, object]) -> tuple[dict[str, float], Tensor]:
    """Make `count` pictures as the studio does, through the model's family; the score, and the pictures."""
    registry = Registry()
    architecture, match = registry.recognise(path)
    card = match.card
    model = registry.families[architecture].load(str(path), for_model(path))
    said, named = prompts(count)
    pictures = []
    for seed, text in enumerate(said):
        given = card.check(settings, card.tasks[0])
        request = Request(path.name, str(path), architecture, card.tasks[0], text, seed=seed, settings=given)
        image = model.generate(request, _Silent()).image.convert("RGB")
        pictures.append(torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1).float() / 255)
    made = torch.stack(pictures)
    return score_pictures(Reader.load(READER), made, named), made
