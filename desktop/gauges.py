"""What the machine and the queue are at: the words on top, under the button and under the settings."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from desktop import machine
from desktop.catalog.families import duration
from desktop.jobs import Job, JobQueue
from desktop.queue import wording
from desktop.session import Session
from models.planning.choice import Correct
from models.planning.peaks import Peaks

EVERY_MS = 3000
SOON_MS = 120


class Gauges(QObject):
    """Looks every few seconds, and soon after anything that matters has changed."""

    def __init__(self, session: Session, queue: JobQueue) -> None:
        super().__init__(session)
        self.session, self.queue, self.window = session, queue, session.window
        self._told: Job | None = None  # the last one whose plan is known
        self._correct: tuple[str, Correct] | None = None
        self._every = QTimer(self)
        self._every.setInterval(EVERY_MS)
        self._every.timeout.connect(self.look)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self.look)
        for signal in (session.draft_changed, session.model_changed, session.models_known):
            signal.connect(lambda *_: self._soon.start())
        queue.job_changed.connect(self._job_changed)
        for signal in (queue.job_gone, queue.many_changed, queue.state_changed):
            signal.connect(self._say_queue)
        self.window.sides.folded.connect(lambda _: self._say_queue())
        self._every.start()
        self._soon.start()

    def look(self) -> None:
        """Say it all anew."""
        session, window, state = self.session, self.window, self.session.state
        now = machine.memory(session.worker.engine_pid)
        self._say_machine(now)
        window.models.set_pace({key: duration(pace[0]) for key, pace in state.pace.items() if pace[0] > 0})
        model, form = session.model, window.side.form
        if model is None:
            form.say_fit("")
            self._idle("")
            return
        draft = form.draft()
        expected = machine.expected_s(state.pace.get(model.id), draft.settings)
        if self._correct is None or self._correct[0] != model.id:
            self._correct = (model.id, Peaks().for_model(model.path))
        here = machine.as_it_is(session.machine, now)
        wish = form.wishing.wish()
        told = machine.outlook(model, here, wish, draft.settings, expected, self._correct[1])
        form.say_fit(told.sentence, told.warns)
        form.wishing.say_plan(told.heading, told.reasons, told.short)
        if here is not None:
            form.wishing.offer(machine.offers(model, here, wish))
        job = self._told
        form.wishing.say_measured(machine.measured(job.peak) if job and job.request.model_id == model.id else "")
        self._idle(f"about {duration(expected * draft.count)}" if expected is not None else "")

    def _say_machine(self, now: machine.Memory) -> None:
        """What the engine runs on, the plan that is in use, and what its last job took."""
        header, job, device = self.window.header, self._told, self.session.state.device
        plan, peak = (job.plan, job.peak) if job is not None else (None, None)
        narrow = self.window.sides.narrow
        header.say(header.machine, machine.in_header(device, now, plan, None if narrow else peak))
        tip = "What the models run on"
        if job is not None and plan is not None:
            name = job.model.name if job.model is not None else job.request.model_id
            tip = machine.in_full(name, plan, peak)
        header.machine.setToolTip(tip)
        header.machine.setAccessibleDescription(tip)

    def _idle(self, estimate: str) -> None:
        if self.queue.running is None:
            self.window.studio.generate.show_idle(estimate)

    def _job_changed(self, job: Job) -> None:
        if job.plan is not None and (job is not self._told or job.ended):
            self._told = job
            if job.ended:
                self._correct = None  # it may have measured what is to be known
            self._soon.start()
        self._say_queue()
        if job.ended and self.queue.running is None:
            self.look()

    def _say_queue(self) -> None:
        header = self.window.header
        header.say(header.queue, wording.chip(self.queue, self.session.state.pace, self.window.sides.narrow))
