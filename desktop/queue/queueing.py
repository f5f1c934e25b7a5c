"""The queue in the window: its panel, its chip, what is done with its jobs, and what is left from last time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject
from shiboken6 import isValid

from desktop.arrivals import Arrivals
from desktop.draft import fresh_seed
from desktop.job import EDITED, Job
from desktop.jobs import JobQueue
from desktop.making import Making
from desktop.queue import deeds, wording
from desktop.queue.gradual import Gradually
from desktop.queue.notifying import Notifying
from desktop.queue.panel import Panel
from desktop.queue.removal import Removal
from desktop.session import Session
from models.presets import fitting
from models.protocol import ModelInfo, Request

CHANGE = "Change it, and press Generate: it takes its old place in the queue."
Asked = tuple[Request, ModelInfo | None, Request | None]  # as `JobQueue.add` takes them
WAITS = "It waits, as the queue is paused."


class Queueing(QObject):
    """`edited` is the job that is in the form to be changed."""

    def __init__(self, session: Session, queue: JobQueue, making: Making, arrivals: Arrivals) -> None:
        super().__init__(session)
        self.session, self.queue, self.making, self.arrivals = session, queue, making, arrivals
        self.window = session.window
        self.panel: Panel | None = None
        self.edited: Job | None = None
        self._held_before = ""  # why that one did not begin by itself
        self.gradually = Gradually(self)
        self.gradually.done.connect(queue.settle)
        self.notifying = Notifying(queue, self.window)
        making.ask = self.ask
        self.window.header.queue.setCheckable(True)
        self.window.header.queue.clicked.connect(self.toggle)
        queue.restored.connect(self._restored)
        session.models_known.connect(lambda: queue.know(session.models))

    # ── the panel ─────────────────────────────────────────────────────────────

    def toggle(self) -> None:
        """Show the queue, or no longer."""
        if self.panel is None:
            self.panel = Panel(self.queue, self.session.state.pace, self.window)
            self.panel.deed.connect(self.do)
            self.panel.pause_wanted.connect(self.pause_or_go_on)
            self.panel.make_wanted.connect(self._make)
            self.panel.closed.connect(lambda: self.window.header.queue.setChecked(False))
        if self.panel.isVisible():
            self.panel.hide()
        else:
            self.panel.open()
        self.window.header.queue.setChecked(self.panel.isVisible())

    def _close(self) -> None:
        if self.panel is not None:
            self.panel.hide()

    def _make(self) -> None:
        self._close()
        self.window.enter_work()
        self.window.studio.prompt.prompt.setFocus()

    def pause_or_go_on(self) -> None:
        """Begin nothing more, or go on."""
        if self.queue.paused or self.queue.line.left:
            self.queue.resume()
        else:
            self.queue.pause()

    # ── asking ────────────────────────────────────────────────────────────────

    def ask(self, request: Request, model: ModelInfo | None, then: Request | None) -> None:
        """Where something new goes: into the place of the one that is edited, else to the end."""
        edited, self.edited = self.edited, None
        if edited is not None and edited.state == "waiting" and self.queue.has(edited):
            deeds.change(self.queue, edited, request, model, then)
            if self.window.notices.text.text() == CHANGE:
                self.window.notices.next()
            self.window.notices.say("It is changed, in its old place.", quiet=True)
        else:
            self.queue.add(request, model, then)
        if self.queue.paused:
            self.window.notices.say(WAITS, quiet=True, action="Go on", run=self.queue.resume)

    def add_all(self, asked: Iterable[Asked]) -> None:
        """Any number, in order, to the end."""
        self.gradually.run(self.queue.add(*one) for one in asked)

    def _restored(self, count: int) -> None:
        self.queue.know(self.session.models)
        if count:
            verb = "is" if count == 1 else "are"
            self.window.notices.say(
                f"{wording.jobs(count)} {verb} left from last time.".capitalize(), action="Go on", run=self.queue.resume
            )

    # ── what is done ──────────────────────────────────────────────────────────

    def do(self, deed: str, jobs: list[Job]) -> None:
        """A deed of the panel, with the chosen jobs that it can be done with."""
        queue = self.queue
        if deed == "group":
            deeds.group(queue)
        elif deed == "clear":
            self.remove([*queue.failed, *queue.past])
        elif deed == "stop-all":
            self.stop_all()
        elif not jobs:
            return
        elif deed == "next":
            deeds.run_next(queue, jobs)
        elif deed == "edit":
            self.edit(jobs[0])
        elif deed == "copy":
            self.add_all((replace(job.request, seed=fresh_seed()), job.model, job.then) for job in jobs)
        elif deed == "retry":
            deeds.retry(queue, jobs)
        elif deed == "show":
            self._show(jobs[0])
        elif deed == "stop":
            queue.cancel(jobs[0])
        elif deed == "remove":
            self.remove(jobs)

    def remove(self, jobs: list[Job]) -> None:
        """Take these off the queue; Undo brings them back."""
        self.gradually.finish()
        self._removed(deeds.take_off(self.queue, jobs), "taken off the queue")

    def stop_all(self) -> None:
        """Stop what is made and all that waits; Undo brings back what waited."""
        self.gradually.finish()
        self._removed(deeds.stop_all(self.queue), "stopped")

    def _removed(self, taken: deeds.Taken, what: str) -> None:
        if not taken:
            return
        removal = Removal(self.queue, self.gradually, taken)
        self.session.undo.push(removal)
        verb = "is" if len(taken) == 1 else "are"
        words = f"{wording.jobs(len(taken))} {verb} {what}."
        self.window.notices.say(words, quiet=True, action="Undo", run=lambda: self._undo(removal))

    def _undo(self, removal: Removal) -> None:
        """Bring these back, whatever was done since; the last step of undo is taken as one."""
        stack = self.session.undo
        if isValid(removal) and stack.command(stack.index() - 1) is removal:
            stack.undo()
        else:
            removal.back()

    def edit(self, job: Job) -> None:
        """Bring it back into the form. It stays in its place, and does not begin meanwhile."""
        from models.outputs.write import record

        self._leave()
        self._close()
        self.edited, self._held_before = job, job.held
        deeds.hold(self.queue, job, EDITED)
        request = job.request
        self.arrivals.use_record(record(request, job.name))
        form = self.window.side.form
        then = job.then
        larger = next((m for m in self.session.models if then and m.path == then.model_path), None)
        after = fitting.afterwards((then or request).format, larger)
        form.set_draft(replace(form.draft(), count=request.count, keep_seed=True, after=after))
        self.session.draft_changed.emit()
        self.session.settle()
        self.window.notices.say(CHANGE, action="Leave it as it was", run=self._leave)

    def _leave(self) -> None:
        """What is edited stays as it was."""
        edited, self.edited = self.edited, None
        if edited is not None and edited.state == "waiting" and self.queue.has(edited):
            deeds.hold(self.queue, edited, self._held_before)

    def _show(self, job: Job) -> None:
        if job.outputs:
            self._close()
            output = job.outputs[-1]
            self.window.enter(output.medium)
            self.window.studio.work_for(output.medium).show_file(output.path)
