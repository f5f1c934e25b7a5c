"""The queue of what is to be made: observable state, no widgets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from PySide6.QtCore import QObject, Signal

from desktop import turns
from desktop.worker import GenerationWorker
from models.protocol import (
    Cancelled,
    Done,
    Event,
    Failed,
    Loading,
    ModelInfo,
    Notice,
    Output,
    Peak,
    Plan,
    Planned,
    Preview,
    Progress,
    Request,
    SoundPreview,
    Token,
)

State = Literal["waiting", "running", "done", "cancelled", "failed"]

# Of the jobs that have ended, the last ones: a window may stay open for weeks, and their files lie in the gallery.
KEPT = 200


@dataclass(eq=False)
class Job:
    """One request on its way. Only the queue changes it; `JobQueue.job_changed` tells when.

    `stage` says what is done before the first step, `eta_s` how many seconds are left where that can be told,
    `plan` how it runs, `peak` what it took of each memory at the highest, `reason` why it failed, in a sentence;
    `passed` how many that were asked for later went before it.
    """

    id: int
    request: Request
    model: ModelInfo | None = None
    state: State = "waiting"
    stage: str = ""
    progress: Progress | None = None
    eta_s: float | None = None
    outputs: list[Output] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    plan: Plan | None = None
    peak: Peak | None = None
    reason: str = ""
    bad_input: bool = False
    stopping: bool = False
    seconds: float = 0.0
    passed: int = 0
    pace: Pace = field(default_factory=lambda: Pace(), repr=False)

    @property
    def ended(self) -> bool:
        return self.state in ("done", "cancelled", "failed")

    @property
    def fraction(self) -> float:
        """What is done, from 0 to 1."""
        if self.state == "done":
            return 1.0
        return self.progress.step / self.progress.total if self.progress and self.progress.total else 0.0


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


class JobQueue(QObject):
    """One at the engine at a time, in the order that `turns` gives; every job that was added ends, whatever happens."""

    job_added = Signal(object)
    job_changed = Signal(object)
    preview = Signal(object, object)
    output = Signal(object, object)
    token = Signal(object, object)
    notice = Signal(object, str)

    def __init__(self, worker: GenerationWorker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._ids = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._last = ""  # the path of the model that ran last
        self._ready: tuple[str, ...] = ()  # those of the models that are loaded, as the engine told
        worker.report.connect(self._on_report)

    # ── what there is ─────────────────────────────────────────────────────────

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All of them, oldest first, with the last `KEPT` that have ended."""
        return tuple(self._jobs.values())

    @property
    def running(self) -> Job | None:
        return next((job for job in self._jobs.values() if job.state == "running"), None)

    @property
    def waiting(self) -> tuple[Job, ...]:
        return tuple(job for job in self._jobs.values() if job.state == "waiting")

    @property
    def next_up(self) -> tuple[tuple[Job, bool], ...]:
        """Those that wait, in the order in which they will run; and whether each goes before an earlier one."""
        return tuple(self._in_turn())

    def _in_turn(self) -> Iterator[tuple[Job, bool]]:
        return turns.order(self.waiting, self._last, self._ready)

    # ── what can be done ──────────────────────────────────────────────────────

    def add(self, request: Request, model: ModelInfo | None = None) -> Job:
        job = Job(next(self._ids), request, model)
        self._jobs[job.id] = job
        self._forget()
        self.job_added.emit(job)
        self._next()
        return job

    def cancel(self, job: Job) -> None:
        """Stop it at its next step; asked a second time, stop the engine itself, which takes no step to notice."""
        if job.state == "waiting":
            job.state = "cancelled"
            self.job_changed.emit(job)
        elif job.state == "running":
            if job.stopping:
                self._worker.hard_stop()
                return
            job.stopping = True
            self._worker.cancel(job.id)
            self.job_changed.emit(job)

    def cancel_all(self) -> None:
        for job in (*self.waiting, *filter(None, [self.running])):
            self.cancel(job)

    def _forget(self) -> None:
        for job in [job for job in self.jobs if job.ended][:-KEPT]:
            del self._jobs[job.id]

    # ── from the engine ───────────────────────────────────────────────────────

    def _next(self) -> None:
        if self.running is None and (coming := next(self._in_turn(), None)):
            job = coming[0]
            for earlier in self.waiting:
                if earlier.id < job.id:
                    earlier.passed += 1
            job.state = "running"
            self._last = job.request.model_path
            self._worker.submit(job.id, job.request)
            self.job_changed.emit(job)

    def _on_report(self, id: int, event: Event) -> None:
        job = self._jobs.get(id)
        if job is None or job.ended:
            return
        if isinstance(event, Planned):
            self._ready = event.ready
        if isinstance(event, (Preview, SoundPreview)):
            self.preview.emit(job, event)
        elif isinstance(event, Token):
            self.token.emit(job, event)
        elif isinstance(event, Notice):
            job.notices.append(event.text)
            self.notice.emit(job, event.text)
        else:
            if isinstance(event, Output):
                job.outputs.append(event)
                self.output.emit(job, event)
            else:
                self._take(job, event)
            self.job_changed.emit(job)
            if job.ended:
                self._next()

    @staticmethod
    def _take(job: Job, event: Event) -> None:
        if isinstance(event, Loading):
            job.stage = event.stage
        elif isinstance(event, Planned):
            job.plan = event.plan
        elif isinstance(event, Progress):
            job.stage = ""
            job.progress = event
            job.eta_s = job.pace.see(event)
        elif isinstance(event, Done):
            job.state, job.seconds, job.peak, job.eta_s = "done", event.seconds, event.peak, None
        elif isinstance(event, Cancelled):
            job.state, job.eta_s = "cancelled", None
        elif isinstance(event, Failed):
            job.state, job.reason, job.bad_input, job.eta_s = "failed", event.reason, event.bad_input, None
