"""All jobs that the queue knows, by what they are at, and the words that tell of their changes."""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Collection, Iterable, Sequence

from PySide6.QtCore import QObject, Signal, SignalInstance

from desktop.job import Job
from desktop.turns import STEP, Line
from models.protocol import ModelInfo, Request

# Of the jobs that were made or stopped, the last ones: a window may stay open for weeks, and their files lie in the
# gallery. Those that failed are kept until the person takes them off.
KEPT = 200
# More than so many changes at once are told in one word.
FEW = 32
# From so many on they are what a look for rubbish takes its time for: a tenth of a second for ten thousand.
MANY = 1000


class Holding(QObject):
    """`many_changed` comes in the place of the signals of each where much changes at once."""

    job_added = Signal(object)
    job_changed = Signal(object)
    job_gone = Signal(object)
    many_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids = itertools.count(1)
        self._stamp = 0
        self._jobs: dict[int, Job] = {}
        self.line = Line()
        self._drafts: dict[Job, None] = {}  # of those that wait, the ones that nobody asked to keep
        self._past: dict[Job, None] = {}  # made or stopped, the oldest first
        self._failed: dict[Job, None] = {}
        self._models: dict[str, ModelInfo] = {}  # by path

    # ── what there is ─────────────────────────────────────────────────────────

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All of them, oldest first, with those that have ended and are kept."""
        return tuple(sorted(self._jobs.values(), key=lambda job: job.key))

    def has(self, job: Job) -> bool:
        return job.id in self._jobs

    @property
    def waiting(self) -> tuple[Job, ...]:
        """In the person's order; `line` has them for less."""
        return tuple(self.line)

    @property
    def drafts(self) -> tuple[Job, ...]:
        """Of those that wait, the ones that nobody asked to keep."""
        return tuple(self._drafts)

    @property
    def failed(self) -> Collection[Job]:
        return self._failed.keys()

    @property
    def past(self) -> Collection[Job]:
        """Those made or stopped that are kept, the oldest first."""
        return self._past.keys()

    def know(self, models: Iterable[ModelInfo]) -> None:
        """The models that there are."""
        self._models = {model.path: model for model in models}
        found = False
        for job in self._jobs.values():
            if job.model is None and (model := self._models.get(job.request.model_path)) is not None:
                job.model, found = model, True
        if found:
            self.many_changed.emit()

    # ── coming and going ──────────────────────────────────────────────────────

    def stamp(self, count: int = 1) -> int:
        """A key, or a rank at the end, greater than any before: of the clock, so that it is known before the last
        window's are read. Of `count` that follow each other, the first."""
        first = max(self._stamp + STEP, time.time_ns())
        self._stamp = first + count - 1
        return first

    def enter(self, request: Request, model: ModelInfo | None, then: Request | None) -> Job:
        """A new one, in the line already."""
        key = self.stamp()
        job = Job(next(self._ids), request, model or self._models.get(request.model_path), then, key)
        job.rank = key
        if not request.keep:
            job.rank, job.placed = self.line.front(), True
            self._drafts[job] = None
        self._jobs[job.id] = job
        self.line.add(job)
        return job

    def take_in(self, left: Iterable[Job]) -> None:
        """These of the last window; the line is the caller's."""
        for job in left:
            job.id = next(self._ids)
            job.model = self._models.get(job.request.model_path)
            self._stamp = max(self._stamp, job.key, job.rank)
            self.keep(job)

    def keep(self, job: Job) -> None:
        """Have it among those that wait or have ended; of those that wait, the line is the caller's."""
        self._jobs[job.id] = job
        if job.ended:
            (self._failed if job.state == "failed" else self._past)[job] = None
        elif not job.request.keep:
            self._drafts[job] = None

    def drop(self, job: Job) -> None:
        """Have it no longer; the line is the caller's."""
        self.drop_all([job])

    def drop_all(self, jobs: Sequence[Job]) -> None:
        """The same for any number."""
        for held in (self._past, self._failed, self._drafts):
            for job in jobs if held else ():
                held.pop(job, None)
        for job in jobs:
            self._jobs.pop(job.id, None)

    def settle(self) -> None:
        """Many have come, and they stay: Python is not to look for rubbish among them again and again, which takes
        longer than anything else that is done here, all threads waiting. What nobody holds goes without that."""
        if len(self._jobs) > MANY:
            gc.freeze()

    def begun(self, job: Job) -> None:
        """It waits no longer."""
        self.line.take(job)
        self._drafts.pop(job, None)

    def by_end(self) -> None:
        """Those made or stopped in the order in which they ended, whenever they came."""
        self._past = dict.fromkeys(sorted(self._past, key=lambda job: job.end))

    def drop_oldest(self) -> list[Job]:
        """Keep no more than `KEPT`; those that go."""
        oldest = list(itertools.islice(self._past, max(len(self._past) - KEPT, 0)))
        for job in oldest:
            self.drop(job)
        return oldest

    def tell(self, jobs: Sequence[Job], signal: SignalInstance | None = None) -> None:
        """What is said of each; of many, one word."""
        if len(jobs) > FEW:
            self.many_changed.emit()
            return
        for job in jobs:
            (signal or self.job_changed).emit(job)
