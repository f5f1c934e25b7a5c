"""What the machine and the queue are at: the words on top, under the button and under the settings."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from desktop import machine
from desktop.catalog.families import duration
from desktop.jobs import Job, JobQueue
from desktop.session import Session

EVERY_MS = 3000
SOON_MS = 120


class Gauges(QObject):
    """Looks every few seconds, and soon after anything that matters has changed."""

    def __init__(self, session: Session, queue: JobQueue) -> None:
        super().__init__(session)
        self.session, self.queue, self.window = session, queue, session.window
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
        self._every.start()
        self._soon.start()

    def look(self) -> None:
        """Say it all anew."""
        session, window, state = self.session, self.window, self.session.state
        now = machine.memory()
        window.header.say(window.header.machine, machine.in_header(state.device, now))
        window.models.set_pace({key: duration(pace[0]) for key, pace in state.pace.items() if pace[0] > 0})
        model, form = session.model, window.side.form
        if model is None:
            form.say_fit("")
            self._idle("")
            return
        draft = form.draft()
        expected = machine.expected_s(state.pace.get(model.id), draft.settings)
        form.say_fit(*machine.fits(model, now, state.device, expected))
        self._idle(f"about {duration(expected * draft.count)}" if expected is not None else "")

    def _idle(self, estimate: str) -> None:
        if self.queue.running is None:
            self.window.studio.generate.show_idle(estimate)

    def _job_changed(self, job: Job) -> None:
        running, waiting = self.queue.running, len(self.queue.waiting)
        words = ""
        if running is not None and waiting:
            left = f" · {duration(running.eta_s)} left" if running.eta_s is not None else ""
            words = f"Queue {waiting + 1}{left}"
        header = self.window.header
        header.say(header.queue, words)
        if job.ended and running is None:
            self.look()
