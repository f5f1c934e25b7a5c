"""One thing that is asked for, from the moment it is asked to its end, and how long what is left of it will take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from desktop.machine import work
from models.protocol import (
    Cancelled,
    Done,
    Event,
    Failed,
    Loading,
    ModelInfo,
    Output,
    Peak,
    Plan,
    Planned,
    Progress,
    Request,
)

State = Literal["waiting", "running", "done", "cancelled", "failed"]

# Why a job that waits does not begin.
LEFT = "left from last time"
EDITED = "in the form, to be changed"


@dataclass
class Pace:
    """How long what is left will take, from how long the last steps took.

    The first step is left out: it warms up caches and takes as long as several of the others.
    """

    first: Progress | None = None
    left_s: float | None = None

    def see(self, progress: Progress) -> float | None:
        """Seconds left; None before two steps have been seen."""
        if self.first is None or progress.step < self.first.step:
            self.first = progress if progress.step else None
            return None
        steps = progress.step - self.first.step
        if steps:
            each = (progress.elapsed_s - self.first.elapsed_s) / steps
            self.left_s = max(0.0, each * (progress.total - progress.step))
        return self.left_s


@dataclass(eq=False, slots=True)
class Job:
    """One request on its way. Only the queue changes it; `JobQueue.job_changed` tells when.

    `stage` says what is done before the first step, `eta_s` how many seconds are left where that can be told,
    `plan` how it runs, `peak` what it took of each memory at the highest, `reason` why it failed, in a sentence.
    `then` is what is made of each picture that it gives, with that as its input.

    `key` names it on the disk, for good; `rank` is its place among those that wait, the lowest first, and `sure` the
    number of the writing after which it survives a power cut. `label` is its model's name where that model is not
    known. `text` is what it is found by, in small letters, and `cost` what one of it costs, as `machine.work` has it.
    `held` says why it does not begin before the person says so. `placed`: the person put it where it is, so that none
    goes past it. `end` counts those that have ended. `halfway`: at which step of how many the one in hand was when its
    engine was lost, where another can go on from there.
    """

    id: int
    request: Request
    model: ModelInfo | None = None
    then: Request | None = None
    key: int = 0
    rank: int = 0
    sure: int = 0
    label: str = ""
    held: str = ""
    placed: bool = False
    end: int = 0
    state: State = "waiting"
    stage: str = ""
    progress: Progress | None = None
    eta_s: float | None = None
    outputs: list[Output] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    plan: Plan | None = None
    peak: Peak | None = None
    halfway: tuple[int, int] | None = None
    reason: str = ""
    bad_input: bool = False
    stopping: bool = False
    seconds: float = 0.0
    pace: Pace = field(default_factory=Pace, repr=False)
    text: str = field(default="", repr=False)
    cost: float = field(default=0.0, repr=False)

    def __post_init__(self) -> None:
        asked = self.request
        self.text = f"{asked.prompt} {self.name} {asked.model_id} {asked.seed}".casefold()
        self.cost = work(asked.settings)

    @property
    def ended(self) -> bool:
        return self.state in ("done", "cancelled", "failed")

    @property
    def fraction(self) -> float:
        """What is done, from 0 to 1."""
        if self.state == "done":
            return 1.0
        return self.progress.step / self.progress.total if self.progress and self.progress.total else 0.0

    @property
    def made(self) -> int:
        """How many of what it asks for are there already: it goes on after them."""
        return self.outputs[-1].item + 1 if self.outputs else 0

    @property
    def name(self) -> str:
        """Its model's name."""
        return self.model.name if self.model is not None else self.label or self.request.model_id

    def ask(self, request: Request, model: ModelInfo | None, then: Request | None) -> None:
        """Take another request in the place of its own, to be made from the beginning."""
        self.request, self.model, self.then = request, model, then
        self.label = ""
        self.__post_init__()
        self.outputs.clear()
        self.halfway = None
        self.wait()

    def wait(self) -> None:
        """Be as if it had just been asked for, but for what is made of it already."""
        self.state, self.stage, self.progress, self.eta_s = "waiting", "", None, None
        self.reason, self.bad_input, self.stopping, self.end = "", False, False, 0
        self.pace = Pace()

    def hear(self, event: Event) -> State | None:
        """Take up what the engine says of it; how it has ended, where that was its last word."""
        if isinstance(event, Loading):
            self.stage = event.stage
        elif isinstance(event, Planned):
            self.plan = event.plan
        elif isinstance(event, Progress):
            self.stage = ""
            self.progress = event
            self.eta_s = self.pace.see(event)
        elif isinstance(event, Done):
            self.seconds, self.peak = event.seconds, event.peak
            return "done"
        elif isinstance(event, Cancelled):
            return "cancelled"
        elif isinstance(event, Failed):
            self.reason, self.bad_input = event.reason, event.bad_input
            return "failed"
        return None
