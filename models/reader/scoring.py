"""How much of a prompt is in a picture, as far as the reader knows the words."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from models import folders
from models.reader.attributes import tally
from models.reader.grammar import parse
from models.reader.network import Reader


def weights() -> Path:
    """Where the trained reader lies."""
    return folders.resources() / "reader"


@lru_cache(maxsize=1)
def _reader() -> Reader:
    return Reader.load(weights())


def found(image: Any, prompt: str) -> str:
    """`5 of 6`: attributes that the prompt names, and how many of them a Pillow image shows.

    Empty where the prompt names nothing of the starter world.
    """
    from models.runtime.pixels import to_tensor

    named = parse(prompt)
    score = tally([named], _reader().read((to_tensor(image) + 1) / 2))
    total = sum(count for _, count in score.values())
    return f"{sum(right for right, _ in score.values())} of {total}" if total else ""
