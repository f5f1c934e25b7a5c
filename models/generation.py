"""One request from its check to its files: every item is made, written and told before the next begins."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models import folders
from models.emitter import Emitter
from models.failures import Doing
from models.outputs import formats, place, write
from models.protocol import MAX_COUNT, MAX_SEED, BadInput, Card, Loading, Notice, Output, Request, incomplete, listed
from models.registry import Registry
from models.runtime.slot import Slot, stamp


@dataclass
class Generation:
    """`name` is the model's, for people; `doing` is what it is at, for whoever must put a failure in words."""

    request: Request
    registry: Registry
    slot: Slot
    emit: Emitter
    name: str = ""
    doing: Doing = "loading"

    def run(self) -> None:
        """Make everything asked for. Raises BadInput, JobCancelled, and whatever a family or a disk raises."""
        self.emit.check()
        architecture, match = self.registry.recognise(self.request.model_path)
        self.name = self.name or match.name or Path(self.request.model_path).stem
        if match.missing:
            raise incomplete(self.name, match.missing)
        request = checked(self.request, architecture, match.card)
        # A folder that takes nothing is told before minutes are spent on what could not be kept.
        folder = place.ready(request.out or folders.outputs())
        model = self._model(request)
        for item in range(request.count):
            self.emit.begin(item)
            one = replace(request, seed=(request.seed + item) % (MAX_SEED + 1), count=1)
            began = time.monotonic()
            self.doing = "generating"
            media = model.generate(one, self.emit)
            seconds = time.monotonic() - began
            # From here on a stop comes too late for this item: it is there, so it is kept.
            self.doing = "saving"
            path, record = write.save(media, one, self.name, folder, one.format)
            output = Output(str(path), media.medium, seconds, record, item)
            problem = listed_in_library(output)
            self.emit.finish(output)
            if problem:
                self.emit.say(Notice(problem))

    def _model(self, request: Request) -> Any:
        path = request.model_path
        key = (request.architecture, str(Path(path).resolve()), stamp(path))
        if not self.slot.holds(key):
            self.emit(Loading(f"Reading {self.name}"))
        family = self.registry.families[request.architecture]
        return self.slot.get(key, lambda: family.load(path, plan_for(path)))


def checked(request: Request, architecture: str, card: Card) -> Request:
    """The request with every setting checked against the model's own card. Raises BadInput."""
    if request.task not in card.tasks:
        raise BadInput(f"{card.name} cannot do {request.task or 'nothing'}; choose {listed(card.tasks)}.")
    if not 1 <= request.count <= MAX_COUNT:
        raise BadInput(f"count is {request.count}, but must be from 1 to {MAX_COUNT}.")
    if not 0 <= request.seed <= MAX_SEED:
        raise BadInput(f"seed is {request.seed}, but must be from 0 to {MAX_SEED}.")
    takes = {given.name: given for given in card.inputs_for(request.task)}
    for name, given in takes.items():
        if given.required and not request.inputs.get(name):
            raise BadInput(f"{given.label} is missing; {request.task} starts from one.")
    for name, file in request.inputs.items():
        if name not in takes:
            raise BadInput(f"{request.task} takes no {name}; leave it out.")
        if not Path(file).is_file():
            raise BadInput(f"{file} is not there; choose another file.")
    formats.find(request.format, card.medium)
    return replace(request, architecture=architecture, settings=card.check(request.settings, request.task))


def plan_for(path: str) -> Any:
    """How this model runs here. One without weights (a test's) needs no machine looked at, and so no torch."""
    from models.runtime import plan

    return plan.for_model(path) if plan.parameters_in(path) else plan.Plan()


def listed_in_library(output: Output) -> str:
    """Add it to the index of what was made; a sentence where that failed. The file is there either way."""
    from models.outputs.library import Library

    try:
        Library().add(output.path, output.medium, output.settings, output.seconds)
    except (OSError, sqlite3.Error) as error:
        return f"{output.path} is saved, but could not be added to the gallery's list ({error})."
    return ""
