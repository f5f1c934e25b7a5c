"""A random miniature of every family: made, run, its file written and read back. Runs in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.emitter import Emitter
from models.failures import explain
from models.outputs import write
from models.registry import Registry
from models.selftest.asking import ask
from models.selftest.row import Row
from models.selftest.seen import in_words

PART = "miniature"


def rows(folder: Path) -> Iterator[Row]:
    """One for each family, and one for each that could not even be imported."""
    registry = Registry()
    yield from (Row(PART, "families", problem=problem) for problem in registry.problems)
    if not registry.families:  # they are found by looking, so that none may be packaged unnoticed
        yield Row(PART, "families", problem="No family is here.")
    for architecture, family in sorted(registry.families.items()):
        began = time.monotonic()
        try:
            made, problem = _made(family, folder), ""
        except Exception as error:
            made, problem = "", explain(error, "generating", model=family.CARD.name).reason
        yield Row(PART, architecture, time.monotonic() - began, made, problem)


def _made(family: Any, folder: Path) -> str:
    model = family.tiny()
    request = ask(getattr(model, "card", family.CARD), folder)
    media = model.generate(request, Emitter(lambda event: None, lambda: False))
    return in_words(write.save(media, request, family.CARD.name, folder)[0])
