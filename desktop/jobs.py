"""The queue of what is to be made: observable state, no widgets."""

from __future__ import annotations

import itertools
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal, SignalInstance

from desktop.job import Job as Job
from desktop.job import State
from desktop.queue import rows
from desktop.queue.journal import Journal
from desktop.turns import STEP, Line
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
    Planned,
    Preview,
    Progress,
    Request,
    SoundPreview,
    Token,
)

# Of the jobs that were made or stopped, the last ones: a window may stay open for weeks, and their files lie in the
# gallery. Those that failed are kept until the person takes them off.
KEPT = 200
# More than so many changes at once are told in one word.
FEW = 32


class JobQueue(QObject):
    """One at the engine at a time, in the order that `line` gives; every job that was added ends, whatever happens.

    With a journal it survives closing, a kill and a power cut: a job goes to the engine once it is on the disk, and
    what has not ended when the window does waits at the next start, held until the person lets it go on.

    `many_changed` comes in the place of the signals of each where much changes at once, `state_changed` when it was
    paused or goes on, `came_to_rest` when a job has ended and no other begins; `restored` with how many are left from
    last time.
    """

    job_added = Signal(object)
    job_changed = Signal(object)
    job_gone = Signal(object)
    many_changed = Signal()
    state_changed = Signal()
    came_to_rest = Signal()
    restored = Signal(int)
    preview = Signal(object, object)
    output = Signal(object, object)
    token = Signal(object, object)
    notice = Signal(object, str)

    def __init__(self, worker: GenerationWorker, journal: Journal | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker, self._journal = worker, journal
        self._ids = itertools.count(1)
        self._stamp = 0
        self._jobs: dict[int, Job] = {}
        self.line = Line()
        self._drafts: dict[Job, None] = {}  # of those that wait, the ones that nobody asked to keep
        self._past: dict[Job, None] = {}  # made or stopped, the oldest first
        self._failed: dict[Job, None] = {}
        self._models: dict[str, ModelInfo] = {}  # by path
        self._left: list[Job] = []  # from last time, while they are read
        self._unsent: Job | None = None  # it runs as soon as it is on the disk
        self._last = ""  # the path of the model that ran last
        self._ready: tuple[str, ...] = ()  # those of the models that are loaded, as the engine told
        self.running: Job | None = None
        self.paused = False
        worker.report.connect(self._on_report)
        if journal is not None:
            journal.left.connect(self._on_left)
            journal.known.connect(self._on_known)
            journal.stored.connect(self._on_stored)

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

    @property
    def next_up(self) -> tuple[Job, bool] | None:
        """The one whose turn comes; and whether it goes before others that were asked for earlier."""
        return self.line.next(self._last, self._ready)

    # ── asking and stopping ───────────────────────────────────────────────────

    def begin(self) -> None:
        """Look for what is left from last time."""
        if self._journal is not None:
            self._journal.start()

    def close(self) -> None:
        """Hear what the engine said last, and write what is not yet on the disk."""
        QCoreApplication.sendPostedEvents(self, int(QEvent.Type.MetaCall.value))
        if self._journal is not None:
            self._journal.close()

    def know(self, models: Iterable[ModelInfo]) -> None:
        """The models that there are."""
        self._models = {model.path: model for model in models}
        found = False
        for job in self._jobs.values():
            if job.model is None and (model := self._models.get(job.request.model_path)) is not None:
                job.model, found = model, True
        if found:
            self.many_changed.emit()

    def add(self, request: Request, model: ModelInfo | None = None, then: Request | None = None) -> Job:
        """Ask for something; `then` is asked for with each picture that it gives as its input. What nobody asked to
        keep comes first, for somebody looks on while it is drawn."""
        job = self._enter(request, model, then)
        self.note([rows.put([job])], [job])
        self._announce(job)
        return job

    def _enter(self, request: Request, model: ModelInfo | None, then: Request | None) -> Job:
        key = self.stamp()
        job = Job(next(self._ids), request, model or self._models.get(request.model_path), then, key)
        job.rank = key
        if not request.keep:
            job.rank, job.placed = self.line.front(), True
            self._drafts[job] = None
        self._jobs[job.id] = job
        self.line.add(job)
        return job

    def _announce(self, job: Job) -> None:
        self.job_added.emit(job)
        self.wake()

    def cancel(self, job: Job) -> None:
        """Stop it at its next step; asked a second time, stop the engine itself, which takes no step to notice."""
        if job.state == "waiting":
            self.line.remove(job)
            self._end(job, "cancelled")
            self.job_changed.emit(job)
        elif job is self._unsent:
            self._unsent = None
            self._end(job, "cancelled")
            self.job_changed.emit(job)
            self.wake()
        elif job.state == "running":
            if job.stopping:
                self._worker.hard_stop()
                return
            job.stopping = True
            self._worker.cancel(job.id)
            self.job_changed.emit(job)

    def cancel_all(self) -> tuple[Job, ...]:
        """Stop what runs, and all that wait: these."""
        waited = tuple(self.line)
        self.line.remove_all(waited)
        self._drafts.clear()
        for job in waited:
            job.state, job.end = "cancelled", self.stamp()
        gone, kept = waited[:-KEPT], waited[-KEPT:]
        for job in gone:
            del self._jobs[job.id]
        self._past.update(dict.fromkeys(kept))
        self.note([rows.put(kept), rows.gone(gone)])
        self._forget()
        self.tell(waited)
        if self.running is not None:
            self.cancel(self.running)
        return waited

    # ── pausing ───────────────────────────────────────────────────────────────

    def pause(self) -> None:
        """What is being made is made to its end; nothing else begins."""
        self._pause(True)

    def resume(self) -> None:
        """Go on, also with what is left from last time."""
        if self.line.left:
            self.tell(self.line.release())
        self._pause(False)
        self.wake()

    def _pause(self, paused: bool) -> None:
        if paused != self.paused:
            self.paused = paused
            self.note([rows.paused(paused)])
        self.state_changed.emit()

    # ── what is kept on the disk ──────────────────────────────────────────────

    def note(self, orders: list[rows.Order], jobs: Iterable[Job] = ()) -> None:
        """All of it or nothing; after that, these jobs are on the disk."""
        if self._journal is not None and (orders := [one for one in orders if one.values]):
            number = self._journal.write(orders)
            for job in jobs:
                job.sure = number if job.request.keep else 0

    def _on_stored(self) -> None:
        if (job := self._unsent) is not None and self.is_sure(job):
            self._unsent = None
            self._worker.submit(job.id, job.request, job.made)

    def is_sure(self, job: Job) -> bool:
        """Whether it would be there again after a power cut."""
        return self._journal is None or job.sure <= self._journal.reached

    def _on_left(self, left: list[Job]) -> None:
        """Some of what the last window left."""
        for job in left:
            job.id = next(self._ids)
            job.model = self._models.get(job.request.model_path)
            self._stamp = max(self._stamp, job.key, job.rank)
            self.keep(job)
        self._left += left

    def _on_known(self, paused: bool) -> None:
        # Into the line at once: it is laid out anew for many, and so are the lists that show them.
        self.line.add_all([job for job in self._left if job.state == "waiting"])
        self._left = []
        self.many_changed.emit()
        self._past = dict.fromkeys(sorted(self._past, key=lambda job: job.end))
        self.paused = self.paused or paused
        self.state_changed.emit()
        self.restored.emit(self.line.left)

    # ── ends ──────────────────────────────────────────────────────────────────

    def _end(self, job: Job, state: State) -> None:
        self._close(job, state)
        self.note([rows.put([job])])
        self._forget()

    def _close(self, job: Job, state: State) -> None:
        job.state, job.eta_s, job.end = state, None, self.stamp()
        self._drafts.pop(job, None)
        if job is self.running:
            self.running = None
        self.keep(job)

    def _forget(self) -> list[Job]:
        """Keep no more than `KEPT`; those that go."""
        oldest = list(itertools.islice(self._past, max(len(self._past) - KEPT, 0)))
        for job in oldest:
            self.drop(job)
        self.note([rows.gone(oldest)])
        self.tell(oldest, self.job_gone)
        return oldest

    def stamp(self) -> int:
        """A key, or a rank at the end, greater than any before: of the clock, so that it is known before the last
        window's are read."""
        self._stamp = max(self._stamp + STEP, time.time_ns())
        return self._stamp

    def keep(self, job: Job) -> None:
        """Have it among those that wait or have ended; of those that wait, the line is the caller's."""
        self._jobs[job.id] = job
        if job.ended:
            (self._failed if job.state == "failed" else self._past)[job] = None

    def drop(self, job: Job) -> None:
        """Have it no longer; the line is the caller's."""
        for held in (self._past, self._failed, self._drafts):
            held.pop(job, None)
        self._jobs.pop(job.id, None)

    def tell(self, jobs: Sequence[Job], signal: SignalInstance | None = None) -> None:
        """What is said of each; of many, one word."""
        if len(jobs) > FEW:
            self.many_changed.emit()
            return
        for job in jobs:
            (signal or self.job_changed).emit(job)

    # ── from the engine ───────────────────────────────────────────────────────

    def wake(self) -> None:
        """Let the next one begin, where none runs."""
        if self.running is not None:
            return
        coming = self.next_up
        if coming is None or (self.paused and coming[0].request.keep):
            return
        job = self.running = coming[0]
        self.line.take(job)
        self._drafts.pop(job, None)
        job.state = "running"
        self._last = job.request.model_path
        self._unsent = job
        self._on_stored()
        self.job_changed.emit(job)

    def _on_report(self, id: int, event: Event) -> None:
        job = self._jobs.get(id)
        if job is None or job is not self.running:
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
        elif isinstance(event, Output):
            self._take_output(job, event)
            self.job_changed.emit(job)
        else:
            self._take(job, event)
            self.job_changed.emit(job)
            if job.ended:
                self.wake()
                if self.running is None:
                    self.came_to_rest.emit()

    def _take_output(self, job: Job, output: Output) -> None:
        job.outputs.append(output)
        followed = []
        if job.then is not None and output.medium == "picture":
            followed.append(self._enter(replace(job.then, inputs={"picture": output.path}), None, None))
        # In one writing: what is made of a picture is asked for once, whenever the power goes.
        self.note([rows.put([job, *followed])], followed)
        self.output.emit(job, output)
        for follow in followed:
            self._announce(follow)

    def _take(self, job: Job, event: Event) -> None:
        if isinstance(event, Loading):
            job.stage = event.stage
        elif isinstance(event, Planned):
            job.plan = event.plan
        elif isinstance(event, Progress):
            job.stage = ""
            job.progress = event
            job.eta_s = job.pace.see(event)
        elif isinstance(event, Done):
            job.seconds, job.peak = event.seconds, event.peak
            self._end(job, "done")
        elif isinstance(event, Cancelled):
            self._end(job, "cancelled")
        elif isinstance(event, Failed):
            job.reason, job.bad_input = event.reason, event.bad_input
            self._end(job, "failed")
