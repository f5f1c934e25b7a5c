"""One request from its check to its files: every item is made, written and told before the next begins."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from models import folders, halfway, trace
from models.emitter import Emitter
from models.failures import Doing, out_of_memory
from models.outputs import formats, place, write
from models.outputs.library import listed_in_library
from models.planning.plan import Peak
from models.planning.warm import together
from models.prompting import item as prompting
from models.prompting import weights
from models.protocol import (
    MAX_COUNT,
    MAX_SEED,
    BadInput,
    Card,
    Loading,
    Notice,
    Output,
    Planned,
    Request,
    incomplete,
    listed,
)
from models.registry import Registry
from models.runtime.fitting.outlook import Outlook
from models.runtime.fitting.plan import Plan, Wish
from models.runtime.fitting.slot import MOST, Slots
from models.store.stamp import stamp

T = TypeVar("T")
DRAFTS = 8
ALONE = "There was not enough memory, so the other models that were kept ready are let go of."


@dataclass
class Generation:
    """`name` is the model's, for people; `doing` is what it is at, for whoever must put a failure in words.

    The items before `first` are there already, and `halfway` is the file of the steps of the one that may not be
    finished. `peak` is what it took of each memory at the highest, once it is done.
    """

    request: Request
    registry: Registry
    slots: Slots
    emit: Emitter
    name: str = ""
    first: int = 0
    halfway: str = ""
    doing: Doing = "loading"
    peak: Peak | None = field(default=None, init=False)
    _key: Hashable = field(default=None, init=False)
    _plan: Plan | None = field(default=None, init=False)
    _told: bool = field(default=False, init=False)
    _read: bool = field(default=False, init=False)
    _outlook: Outlook = field(init=False)
    _around: tuple[str, ...] = field(default=(), init=False)

    def run(self) -> None:
        """Make everything asked for. Raises BadInput, JobCancelled, and whatever a family or a disk raises."""
        self.emit.check()
        architecture, match = self.registry.recognise(self.request.model_path)
        self.name = self.name or match.name
        if match.missing:
            raise incomplete(self.name, match.missing)
        request = self.request = checked(self.request, architecture, match.card)
        self._around = match.around
        # A folder that takes nothing is told before minutes are spent on what could not be kept.
        folder = place.ready(request.out or (folders.outputs() if request.keep else drafts()))
        now = stamp(request.model_path)
        self._key = (
            str(Path(request.model_path).resolve()), request.model_path, architecture, now,
            tuple(sorted(request.wish.items())),
        )  # fmt: skip
        self._outlook = Outlook(request.model_path, now, request.settings, Wish.of(request.wish))
        self._make_room()
        self._outlook.begin()
        self._within_memory(self._model)
        for item in range(self.first, request.count):
            self.emit.begin(item)
            one = prompting.said(replace(request, seed=(request.seed + item) % (MAX_SEED + 1), count=1), match.card)
            heard, lost = prompting.heard(one, match.card)
            if lost:
                self.emit(Notice(prompting.UNWEIGHED))
            media, seconds = self._within_memory(partial(self._made, heard))
            # From here on a stop comes too late for this item: it is there, so it is kept.
            self.doing = "saving"
            if request.score and media.medium == "picture":
                media = scored(media, weights.plain(one.prompt))
            path, record = write.save(media, one, self.name, folder, one.format)
            output = Output(str(path), media.medium, seconds, record, item)
            problem = listed_in_library(output) if request.keep else ""
            self.emit.finish(output)
            halfway.forget(self.halfway)
            if problem:
                self.emit.say(Notice(problem))
        assert self._plan is not None
        self.peak = self._outlook.end(self._plan, together(self.slots.held(key) for key in self._others))
        if self._read:
            self.slots.tell(self._key, self._outlook.holds(self._plan))

    def _make_room(self) -> None:
        """Settle the plan, and let go of the warm models that leave it too little room, those not used for longest
        first. Raises BadInput where nothing fits, and then all of them stay."""
        slots, key = self.slots, self._key
        # Files that changed, or another wish: one model is never there twice.
        slots.let_go([one for one in slots.keys if one != key and _path(one) == _path(key)])
        held = together(slots.held(one) for one in slots.keys)
        if slots.holds(key):
            plan, _ = slots.get(key, self._load)
            if self._outlook.suits(plan, held):
                self._plan = plan
            else:  # what it was loaded for was smaller
                slots.let_go([key])
                held = together(slots.held(one) for one in slots.keys)
        if self._plan is None:
            self._plan = self._outlook.plan(held)
        others = self._others
        stay = self._outlook.stay(self._plan, [slots.held(one) for one in others], slots.limit)
        slots.let_go(others[min(stay, MOST - 1) :])

    @property
    def _others(self) -> tuple[Hashable, ...]:
        """The other warm models' keys, last used first."""
        return tuple(key for key in self.slots.keys if key != self._key)

    def _made(self, one: Request) -> tuple[Any, float]:
        """One item, and the seconds that it took, of an engine that was killed on the way, too."""
        model = self._model()
        self.doing = "generating"
        assert self._plan is not None
        # What a cache of earlier steps holds is in no file.
        if not self.halfway or self._plan.cache:
            began = time.monotonic()
            return model.generate(one, self.emit), time.monotonic() - began
        mark = halfway.mark(one, self._key, self._plan, self._around)
        with halfway.keeping(halfway.Halfway(Path(self.halfway), mark)) as held:
            return model.generate(one, self.emit), held.spent

    def _model(self) -> Any:
        """The model, warm or read now. One that was read on a lower plan stays so for as long as it is warm."""
        fresh = not self.slots.holds(self._key)
        if fresh:
            self.doing = "loading"
            self.emit(Loading(f"Reading {self.name}"))
        self._plan, model = self.slots.get(self._key, self._load)
        if fresh:
            self.slots.tell(self._key, self._outlook.expects(self._plan))
        if not self._told:
            self._told = True
            self.emit.say(Planned(self._plan, tuple(_asked(key) for key in self.slots.keys)))
        return model

    def _load(self) -> tuple[Plan, Any]:
        assert self._plan is not None
        self._read = True
        self._outlook.reading()
        return self._plan, self.registry.families[self.request.architecture].load(self.request.model_path, self._plan)

    def _within_memory(self, work: Callable[[], T]) -> T:
        """What `work` gives. Where memory runs out, the other models are let go of; where there are none, the model is
        tried on the next lower plan, until nothing is left to save."""
        while True:
            crowded, lower = bool(self._others), None
            try:
                return work()
            except Exception as error:
                if self._plan is None or not out_of_memory(error):
                    raise
                if not crowded and (lower := self._outlook.lower(self._plan)) is None:
                    raise
                trace.keep(error, f"{self.doing} {self.request.model_path}; tried again with more room")
            # Only out here is the error gone, and with it the frames that held on to the model and its memory.
            self.slots.clear()
            self._outlook.begin()  # what the others held, and a plan that failed, is none of what the next one takes
            self._told = False
            if lower is not None:
                self._plan = lower
            self.emit(Notice(" ".join(lower.reasons) if lower is not None else ALONE))


def _path(key: Any) -> str:
    """Where a model really lies, from its key."""
    return str(key[0])


def _asked(key: Any) -> str:
    """The path that it was asked for by, which may be a link: the window knows it so."""
    return str(key[1])


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
    prompting.said(request, card)  # before minutes are spent on reading a model
    return replace(request, architecture=architecture, settings=card.check(request.settings, request.task))


def drafts() -> Path:
    """The folder of what nobody asked to keep, where only the newest stay: they may still be on the screen."""
    folder = folders.data() / "drafts"
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)[:-DRAFTS]:
        old.unlink(missing_ok=True)
    return folder


def scored(media: Any, prompt: str) -> Any:
    """The picture with what the reader finds of the prompt among its facts; as it is where it knows no word of it."""
    from models.comparing import FOUND
    from models.reader import scoring

    found = scoring.found(media.image, prompt)
    return replace(media, facts={**media.facts, FOUND: found}) if found else media
