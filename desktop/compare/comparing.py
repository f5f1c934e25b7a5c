"""Comparing at work: a job for each model, its previews and its picture into its cell, and the sheet at the end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from desktop.aside import Aside
from desktop.canvas import reading
from desktop.canvas.forming import preview_image
from desktop.compare.cell import Cell
from desktop.compare.room import CompareRoom
from desktop.jobs import Job, JobQueue
from desktop.making import STARTING
from desktop.session import Session
from models import comparing, folders
from models.comparing import Entry
from models.protocol import MAX_SEED, BadInput, Output, Preview
from models.samples import SAMPLES


@dataclass
class _Round:
    """One comparison: what was asked, and each job with the cell that shows it."""

    prompt: str
    seed: int
    cells: dict[Job, Cell] = field(default_factory=dict)

    @property
    def entries(self) -> list[Entry]:
        return [Entry(cell.model, job.outputs[0] if job.outputs else None, job.reason)
                for job, cell in self.cells.items()]  # fmt: skip


class Comparing(QObject):
    """Joins the room to the queue. The room is made when it is first entered, and a comparison goes on without it."""

    def __init__(self, session: Session, queue: JobQueue, aside: Aside) -> None:
        super().__init__(session)
        self.session, self.queue, self._aside = session, queue, aside
        self.window = session.window
        self._room: CompareRoom | None = None
        self._round: _Round | None = None
        self.window.room_made.connect(self._join_room)
        self.window.room_entered.connect(self._entered)
        queue.job_changed.connect(self._changed)
        queue.many_changed.connect(self._many_changed)
        queue.preview.connect(self._preview)
        queue.output.connect(self._output)

    def _join_room(self, room: QWidget) -> None:
        if isinstance(room, CompareRoom):
            self._room = room
            room.wanted.connect(self.begin)
            room.stop_wanted.connect(self.stop)
            room.save_wanted.connect(self.save)
            room.opened.connect(self._open)

    def _entered(self, room: str) -> None:
        if room == "compare" and self._room is not None and not self._room.prompt.text():
            self._room.prompt.setText(self.window.studio.prompt.texts()[0] or SAMPLES[0])

    # ── asking ────────────────────────────────────────────────────────────────

    def enter(self) -> None:
        """The room, with the prompt that stands in the studio, compared at once."""
        words = self.window.studio.prompt.texts()[0] or SAMPLES[0]
        self.window.enter("compare")
        assert self._room is not None
        self._room.prompt.setText(words)
        self.begin(words)

    def begin(self, prompt: str) -> None:
        """Ask every model that takes words, with one seed."""
        assert self._room is not None
        if self._working:
            return
        prompt = prompt or SAMPLES[0]
        try:
            if not self.session.looked:
                raise BadInput(STARTING)
            models = comparing.takers(self.session.models)
        except BadInput as error:
            self.session.say(str(error))
            return
        draft = self.window.side.form.draft() if self.session.model else None
        seed = draft.seed if draft and draft.keep_seed else secrets.randbelow(MAX_SEED + 1)
        self._room.prompt.setText(prompt)
        self._round = _Round(prompt, seed)
        for cell in self._room.begin(models, seed):
            request = comparing.request_for(cell.model, prompt, seed)
            job = self.queue.add(replace(request, wish=self.session.wish_for(cell.model.id)), cell.model)
            self._round.cells[job] = cell
            self._say(job)
        self._refresh()

    def stop(self) -> None:
        """Stop the one that is being made, and those that wait."""
        if self._round is not None:
            for job in reversed(self._round.cells):
                if not job.ended:
                    self.queue.cancel(job)

    def save(self) -> None:
        """Write the sheet into the folder of outputs, away from the window's thread."""
        if self._round is None:
            return
        entries, prompt, seed = self._round.entries, self._round.prompt, self._round.seed

        self._aside.run(lambda: comparing.save_sheet(entries, prompt, seed, folders.outputs()), self._saved)

    def _saved(self, found: object) -> None:
        if isinstance(found, Exception):
            self.session.say(reading.sentence(found))
        else:
            self.window.notices.say(f"Saved as {found}.", quiet=True)

    def _open(self, path: str) -> None:
        self.window.enter("picture")
        self.window.studio.canvas.show_picture(path)

    # ── what comes back ───────────────────────────────────────────────────────

    @property
    def _working(self) -> bool:
        return self._round is not None and any(not job.ended for job in self._round.cells)

    def _cell(self, job: Job) -> Cell | None:
        return self._round.cells.get(job) if self._round is not None else None

    def _changed(self, job: Job) -> None:
        if self._cell(job) is not None:
            self._say(job)
            self._refresh()

    def _many_changed(self) -> None:
        if self._round is not None:
            for job in self._round.cells:
                self._say(job)
            self._refresh()

    def _preview(self, job: Job, preview: Preview) -> None:
        if isinstance(preview, Preview) and (cell := self._cell(job)) is not None and not cell.path:
            cell.show_image(preview_image(preview))

    def _output(self, job: Job, output: Output) -> None:
        if (cell := self._cell(job)) is None:
            return

        def arrived(found: object) -> None:
            if isinstance(found, QImage) and self._cell(job) is cell:
                cell.show_image(found, output.path)

        self._aside.run(lambda: reading.read(output.path).image, arrived)

    def _say(self, job: Job) -> None:
        cell = self._cell(job)
        assert cell is not None
        if job.state == "failed":
            cell.say(job.reason, warn=True)
        elif job.state == "cancelled":
            cell.say("stopped")
        elif job.outputs:
            cell.say(comparing.caption(Entry(cell.model, job.outputs[0])))
        elif job.state == "running":
            cell.say(f"{job.progress.step} of {job.progress.total}" if job.progress else job.stage or "begins")
        else:
            cell.say("waits")

    def _refresh(self) -> None:
        if self._room is not None and self._round is not None:
            self._room.show_working(self._working, sum(bool(job.outputs) for job in self._round.cells))
