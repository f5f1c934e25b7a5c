"""How a test talks with an engine: a request in, all that it says out."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.engine_process import EngineProcess
from models.protocol import Cancelled, Done, Event, Failed, Hello, Report, Request, Run

LAST = (Done, Cancelled, Failed)
PATIENCE_S = 120  # only what fails waits so long

_jobs = itertools.count(1)


def begin(engine: EngineProcess, request: Request) -> int:
    """Order it; the job's number."""
    job = next(_jobs)
    engine.send(Run(job, request))
    return job


def events(engine: EngineProcess, job: int) -> Iterator[Event]:
    """What the engine says of a job, the last word included."""
    while True:
        message = engine.receive(PATIENCE_S)
        if isinstance(message, Report):
            assert message.job == job
            yield message.event
            if isinstance(message.event, LAST):
                return
        else:
            assert isinstance(message, Hello), "the engine fell silent"


def made(engine: EngineProcess, request: Request) -> list[Event]:
    """Order it and wait for its end."""
    return list(events(engine, begin(engine, request)))


def of(kind: type, found: list[Event]) -> list[Any]:
    return [event for event in found if isinstance(event, kind)]


def list_model(home: Path, model: Path) -> None:
    """Put a model on the list of that home, as `models add` does."""
    home.mkdir(parents=True, exist_ok=True)
    listing = {"everyform_models": 1, "models": [{"id": model.name, "path": str(model)}]}
    (home / "models.json").write_text(json.dumps(listing), encoding="utf-8")
