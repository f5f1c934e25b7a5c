"""What `generate PATH` does, in this process: the model is found, recognised, read and asked, and its file written."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from models.commands.generate import request_for
from models.emitter import Emitter
from models.generation import Generation
from models.protocol import Event, Output
from models.registry import Registry
from models.runtime.fitting.slot import Slots
from models.store.store import Store

REGISTRY = Registry()
SLOT = Slots()  # a model stays read from one call to the next, as in the engine


def store(folder: Path) -> Store:
    """A store without starters, whose list lies in that folder."""
    return Store(REGISTRY.recognise, folder / "no-starters", folder / "models.json")


def make(
    model: Path, out: Path, prompt: str = "", *inputs: Path, task: str = "", seed: int = 7, format: str = "",
    stop_after: int = 0, known: Store | None = None, **settings: Any,
) -> tuple[list[Event], Output | None]:  # fmt: skip
    """Everything that was said, and the last output. `stop_after`: the person stops after so many events; `known` is
    the person's own store, where it matters."""
    words = argparse.Namespace(
        model=str(model), task=task, inputs=[str(i) for i in inputs], negative="", out=str(out), prompt=prompt,
        seed=str(seed), count="1", settings=[f"{name}={value}" for name, value in settings.items()], format=format,
        style="",
    )  # fmt: skip
    request = request_for(words, known or store(out.parent))
    heard: list[Event] = []
    emitter = Emitter(
        heard.append, lambda: bool(stop_after) and len(heard) >= stop_after, clock=iter(_seconds()).__next__
    )
    Generation(request, REGISTRY, SLOT, emitter).run()
    made = [event for event in heard if isinstance(event, Output)]
    return heard, made[-1] if made else None


def _seconds() -> Any:
    """A clock on which every event is a second after the last, so that none is held back."""
    import itertools

    return itertools.count(0.0)
