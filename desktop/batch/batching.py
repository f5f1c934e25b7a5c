"""Batches in the window: what is set is looked at as one types, and made by the same command as on a command line."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage

from desktop import machine
from desktop.aside import sentence
from desktop.batch.dialog import BatchDialog
from desktop.batch.wanted import NOW, NOW_NAME, Foreseen, Wanted, command, foresee
from desktop.batch.working import Working
from desktop.canvas import reading
from desktop.catalog.families import duration
from desktop.presets.dialog import Asked
from desktop.presets.presetting import Presetting
from desktop.session import Session
from desktop.stock import show_folder
from models.batch.rows import Row
from models.presets.preset import Preset
from models.protocol import BadInput

LOOK_MS = 160  # after the last key
_REASONS = 3  # different ones that are said at once


class Batching(QObject):
    """`dialog` is there once it was opened; what works goes on when it is shut."""

    def __init__(self, session: Session, presetting: Presetting) -> None:
        super().__init__(session)
        self.session, self.presetting, self.window = session, presetting, session.window
        self.dialog: BatchDialog | None = None
        self.working = Working(self)
        self.working.made.connect(self.window.filmstrip.note)
        self.working.noted.connect(lambda text: self.window.notices.say(text, quiet=True))
        self.working.ended.connect(self._ended)
        session.models_known.connect(self._models_known)
        for changed in (session.draft_changed, session.model_changed, self.window.studio.prompt.changed):
            changed.connect(lambda *_: self._set_changed())
        self.foreseen = Foreseen()
        self._wanted = Wanted.of(session.state.batch)
        self._now: Preset | None = None
        self._asked = 0  # only the answer to the last look counts
        self._last = ""  # how the last run ended
        self._sheet = ""  # the path of the one in sight
        self._fresh = self._eager = False  # what is shown is what is asked; it is to start once it is
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(LOOK_MS)
        self._soon.timeout.connect(self.look)

    # ── what is asked ─────────────────────────────────────────────────────────

    def open(self) -> BatchDialog:
        """Show it, with what was set in it last."""
        if self.dialog is None:
            dialog = self.dialog = BatchDialog(self.window)
            dialog.start_wanted.connect(self.start)
            dialog.stop_wanted.connect(self.working.stop)
            dialog.dropped.connect(self._dropped)
            dialog.open_folder.clicked.connect(lambda: show_folder(self._wanted.folder))
            dialog.list.opened.connect(self._open)
            dialog.sheet.opened.connect(lambda: self._open(self._sheet))
            dialog.next_sheet.clicked.connect(self._next_sheet)
            dialog.form.set_value(self._wanted)
            dialog.form.changed.connect(self._changed)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()
        self.presetting.look(self._presets_came)
        return self.dialog

    def _models_known(self) -> None:
        if self.dialog is not None and self.dialog.isVisible() and not self.working.running:
            self.presetting.look(self._presets_came)

    def _presets_came(self, found: Any) -> None:
        if isinstance(found, Exception):
            self.session.say(sentence(found))
            return
        assert self.dialog is not None
        absent = {str(kept.path) for kept, model in found if model is None}
        here = {NOW, *(str(kept.path) for kept, _ in found)}  # one that was deleted meanwhile could not be unchecked
        self._wanted = replace(self._wanted, presets=[path for path in self._wanted.presets if path in here])
        self.dialog.form.show_presets([kept for kept, _ in found], absent, self._wanted.presets)
        if not self._last and not self.working.running:  # else how it ended, or goes, is still to be seen
            self._look_soon()

    def _changed(self) -> None:
        if self.working.running or self.dialog is None:
            return
        self._wanted = self.dialog.form.value()
        self.session.state.batch = self._wanted.as_dict()
        self.session.keep()
        self._look_soon()

    def _look_soon(self) -> None:
        """What is shown is no longer what is asked; it will be in a moment."""
        self._last, self._fresh = "", False
        self._asked += 1  # what is being found out still was asked before
        self._soon.start()

    def _set_changed(self) -> None:
        """Something is set otherwise in the window, which may be what is to be made many of."""
        seen = self.dialog is not None and self.dialog.isVisible() and not self.working.running
        if not seen or NOW not in self._wanted.presets:
            return
        with contextlib.suppress(BadInput):
            if self._as_set() == self._now:
                return
        self._look_soon()

    def _dropped(self, path: str) -> None:
        assert self.dialog is not None
        try:
            if self.dialog.form.give(path) == "preset":
                self.session.aside.run(lambda: self.presetting.shelf.take(path), self._preset_taken)
        except BadInput as error:
            self.dialog.say(str(error), problem=True)

    def _preset_taken(self, found: Any) -> None:
        """It is kept with the others, and checked."""
        assert self.dialog is not None
        if isinstance(found, Exception):
            self.dialog.say(sentence(found), problem=True)
            return
        self._wanted = replace(self._wanted, presets=list(dict.fromkeys([*self._wanted.presets, str(found.path)])))
        self._last = ""
        self.presetting.look(self._presets_came)

    # ── what it would be ──────────────────────────────────────────────────────

    def look(self) -> None:
        """Find out, aside, which rows it would be."""
        if self.working.running or self.dialog is None:
            return
        self._asked += 1
        asked, wanted, models = self._asked, self._wanted, self.session.models
        wishes = {model.id: self.session.wish_for(model.id) for model in models}
        try:
            now = self._now = self._as_set() if NOW in wanted.presets else None
        except BadInput as error:
            self._show(Foreseen(problem=str(error)))
            return

        def work() -> Foreseen:
            return foresee(wanted, now, models, wishes, lambda: asked == self._asked)

        # Thousands of rows take seconds: one that was asked before gives up, so that only one thread is ever busy.
        self.session.aside.run(work, lambda found: self._foreseen(asked, found))

    def _as_set(self) -> Preset | None:
        """What is set in the window. Raises BadInput."""
        if self.session.model is None:
            return None
        return self.presetting.preset(Asked(NOW_NAME, after=self.presetting.after))

    def _foreseen(self, asked: int, found: Any) -> None:
        if asked == self._asked and not self.working.running:
            self._show(found if isinstance(found, Foreseen) else Foreseen(problem=sentence(found)))

    def _show(self, found: Foreseen) -> None:
        dialog = self.dialog
        assert dialog is not None
        self.foreseen = found
        dialog.form.offer(found.takes)
        rows = found.plan.in_turn
        dialog.list.rows.show(rows, found.done)
        missing = len(rows) - len(dialog.list.rows.done)
        dialog.say(found.problem or self._words(rows, missing), problem=bool(found.problem))
        dialog.show_working(False, can_start=missing > 0, word=_start_word(missing, len(rows) - missing))
        dialog.show_progress(0, 0, self._last)
        dialog.open_folder.setVisible(found.begun)
        if not self._last:
            dialog.show_sheet(QImage())
        self._fresh = True
        if self._eager:
            self.start()

    def _words(self, rows: Sequence[Row], missing: int) -> str:
        if not rows:
            return ""
        said = [f"{len(rows):,} {'row' if len(rows) == 1 else 'rows'}".replace(",", "\u202f")]
        if missing < len(rows):
            said.append("all there" if not missing else f"{len(rows) - missing} there already")
        if (seconds := self._expected_s([row for row in rows if row.id not in self.foreseen.done])) and missing:
            said.append(f"about {duration(seconds)}")
        if twice := self.foreseen.plan.twice:
            said.append(f"{twice} more would be the same as others")
        return " · ".join(said)

    def _expected_s(self, rows: list[Row]) -> float | None:
        """Seconds for these rows, from what each model took the last time; None where nothing is known of any."""
        pace = self.session.state.pace
        found = [machine.expected_s(pace.get(row.request.model_id), row.request.settings) for row in rows]
        known = [seconds for seconds in found if seconds is not None]
        return sum(known) / len(known) * len(rows) if known else None

    # ── making it ─────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Put it to work, or go on with it."""
        dialog = self.dialog
        self._eager = not self._fresh
        if dialog is None or self.working.running:
            return
        if not self._fresh:  # it is looked at anew, and then it starts
            self._soon.start()
            return
        if self.foreseen.problem or not self.foreseen.plan.rows:
            return
        try:
            words = command(self._wanted, self._now, self.foreseen)
        except BadInput as error:
            dialog.say(str(error), problem=True)
            return
        self._soon.stop()
        self._last = ""
        dialog.show_sheet(QImage())
        if self.presetting.making.queue.running is None:
            self.session.worker.unload()  # what the window's engine holds, the rows may need
        self._note(True)
        self.working.begin(dialog, words)

    def _note(self, working: bool) -> None:
        """Whether one is being made, for the next window where this one closes meanwhile."""
        self.session.state.batch_left = working
        self.session.keep()

    def finish(self) -> None:
        """The window closes."""
        self._asked += 1
        self.working.child.finish()

    def _ended(self, said: str, problem: bool) -> None:
        dialog = self.dialog
        assert dialog is not None
        self._note(False)
        rows = dialog.list.rows
        self._last = said
        missing = len(rows.rows) - len(rows.done)
        dialog.show_working(False, can_start=missing > 0, word=_start_word(missing, len(rows.done)))
        dialog.show_progress(0, 0, said)
        dialog.open_folder.setVisible(True)
        begun = self.foreseen.begun or not problem or bool(rows.done)
        self.foreseen = replace(self.foreseen, done=dict(rows.done), begun=begun)
        words = said if problem else _reasons(list(rows.failed.values())) or self._words(rows.rows, missing)
        dialog.say(words, problem=problem or bool(rows.failed))
        self._sheet = ""
        self._next_sheet()
        if not dialog.isVisible():
            self.window.notices.say(f"The batch: {said}", quiet=not problem, action="Show it", run=self._show_it)

    def _show_it(self) -> None:
        self.open()

    def _next_sheet(self) -> None:
        """The first one, or that after the one in sight."""
        if sheets := self.working.sheets:
            at = sheets.index(self._sheet) + 1 if self._sheet in sheets else 0
            path = self._sheet = sheets[at % len(sheets)]
            self.session.aside.run(lambda: reading.read(path).image, self._sheet_came)

    def _sheet_came(self, found: Any) -> None:
        if isinstance(found, QImage) and self.dialog is not None and self._last:
            self.dialog.show_sheet(found, more=len(self.working.sheets) > 1)

    def _open(self, path: str) -> None:
        """A finished file in the room of its medium."""
        if not Path(path).is_file():
            self.session.say(f"{Path(path).name} is no longer where it was.")
            return
        row = next((row for row in self.foreseen.plan.rows if self.foreseen.done.get(row.id) == path), None)
        medium = row.source.model.card.medium if row is not None else "picture"
        self.window.enter(medium)
        self.window.studio.work_for(medium).show_file(path)
        self.window.activateWindow()


def _start_word(missing: int, done: int) -> str:
    return f"Make the {missing} missing" if missing and done else "Start"


def _reasons(reasons: list[str]) -> str:
    """Why rows failed: each reason once, with how many."""
    each = [f"{reasons.count(reason)} failed: {reason}" for reason in dict.fromkeys(reasons)]
    more = len(each) - _REASONS
    return "\n".join([*each[:_REASONS], *([f"{more} more reasons stand in the list."] if more > 0 else [])])
