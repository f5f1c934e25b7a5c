"""The queue of what is to be made: observable state, no widgets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal

from desktop.job import Job as Job
from desktop.job import State
from desktop.queue import rows
from desktop.queue.holding import Holding
from desktop.queue.journal import Journal
from desktop.worker import GenerationWorker
from models import halfway
from models.protocol import Event, ModelInfo, Notice, Output, Planned, Preview, Request, SoundPreview, Token


class JobQueue(Holding):
    """One at the engine at a time, in the order that `line` gives; every job that was added ends, whatever happens.

    With a journal it survives closing, a kill and a power cut: a job goes to the engine once it is on the disk, and
    what has not ended when the window does waits at the next start, held until the person lets it go on.

    `state_changed` comes when it was paused or goes on, `came_to_rest` when a job has ended and no other begins;
    `restored` with how many are left from last time.
    """

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
        self._left: list[Job] = []  # from last time, while they are read
        self._unsent: Job | None = None  # it runs as soon as it is on the disk
        self._last = ""  # the path of the model that ran last
        self._ready: tuple[str, ...] = ()  # those of the models that are loaded, as the engine told
        self.running: Job | None = None
        self.paused = False
        worker.report.connect(self._on_report)
        worker.engine_gave_up.connect(self._on_gave_up)
        if journal is not None:
            journal.left.connect(self._on_left)
            journal.known.connect(self._on_known)
            journal.stored.connect(self._on_stored)

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

    def add(self, request: Request, model: ModelInfo | None = None, then: Request | None = None) -> Job:
        """Ask for something; `then` is asked for with each picture that it gives as its input. What nobody asked to
        keep comes first, for somebody looks on while it is drawn."""
        job = self.enter(request, model, then)
        self.note([rows.put([job])], [job])
        self._announce(job)
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
            self._go_on()
        elif job.state == "running":
            if job.stopping:
                self._worker.hard_stop()
                return
            job.stopping = True
            self._worker.cancel(job.id)
            self.job_changed.emit(job)

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
            self._worker.submit(job.id, job.request, job.made, self._steps_of(job))

    def _steps_of(self, job: Job) -> str:
        """The file in which the engine keeps the steps of what it has not finished; a job that is not on the disk has
        none."""
        if self._journal is None or not job.request.keep:
            return ""
        return str(halfway.place(self._journal.path.parent, job.key))

    def is_sure(self, job: Job) -> bool:
        """Whether it would be there again after a power cut."""
        return self._journal is None or job.sure <= self._journal.reached

    def _on_left(self, left: list[Job]) -> None:
        """Some of what the last window left."""
        self.take_in(left)
        self._left += left

    def _on_known(self, paused: bool) -> None:
        # Into the line at once: it is laid out anew for many, and so are the lists that show them, which lose what is
        # chosen in them.
        if self._left:
            self.line.add_all([job for job in self._left if job.state == "waiting"])
            self._left = []
            self.by_end()
            self.settle()
            self.many_changed.emit()
        self.paused = self.paused or paused
        self.state_changed.emit()
        self.restored.emit(self.line.left)

    # ── ends ──────────────────────────────────────────────────────────────────

    def _end(self, job: Job, state: State) -> None:
        job.state, job.eta_s, job.end = state, None, self.stamp()
        # An engine that was lost leaves its steps behind, for the next try to go on from.
        steps = self._steps_of(job) if state == "failed" else ""
        job.halfway = halfway.reached(steps) if steps else None
        self._drafts.pop(job, None)
        if job is self.running:
            self.running = None
        self.keep(job)
        self.note([rows.put([job])])
        self.forget()

    def forget(self) -> None:
        """Of those that were made or stopped, keep the last ones."""
        oldest = self.drop_oldest()
        self.note([rows.gone(oldest)])
        self.tell(oldest, self.job_gone)

    # ── from the engine ───────────────────────────────────────────────────────

    def wake(self) -> None:
        """Let the next one begin, where none runs."""
        if self.running is not None:
            return
        coming = self.next_up
        if coming is None or (self.paused and coming[0].request.keep):
            return
        job = self.running = coming[0]
        self.begun(job)
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
            if (state := job.hear(event)) is not None:
                self._end(job, state)
            self.job_changed.emit(job)
            if state is not None:
                self._go_on()

    def _go_on(self) -> None:
        """One has ended: let the next begin, and tell where there is none."""
        self.wake()
        if self.running is None:
            self.came_to_rest.emit()

    def _on_gave_up(self, _: str) -> None:
        """No engine starts: what waits is spared, where each job would fail in its turn."""
        if len(self.line):
            self.pause()

    def _take_output(self, job: Job, output: Output) -> None:
        job.outputs.append(output)
        job.halfway = None
        followed = []
        if job.then is not None and output.medium == "picture":
            followed.append(self.enter(replace(job.then, inputs={"picture": output.path}), None, None))
        # In one writing: what is made of a picture is asked for once, whenever the power goes.
        self.note([rows.put([job, *followed])], followed)
        self.output.emit(job, output)
        for follow in followed:
            self._announce(follow)
