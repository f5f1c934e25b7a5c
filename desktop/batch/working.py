"""A batch on its way: what the command tells, row by row, and how it ends."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.batch.child import Child
from desktop.batch.dialog import BatchDialog
from desktop.catalog.families import duration
from models.batch.rows import Row
from models.outputs.sheets import SHEET
from models.protocol import Output

_AGAIN = "Start it again: it goes on where it was."
_BROKEN = "The batch ended in the middle."


class Working(QObject):
    """`made` carries each Output, `noted` a sentence on the way, `ended` what there is to say at the end, and
    whether it could not be carried out. `sheets` are the paths of those that it drew."""

    made = Signal(object)
    noted = Signal(str)
    ended = Signal(str, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.child = Child(self)
        self.child.told.connect(self._told)
        self.child.ended.connect(self._ended)
        self.sheets: list[str] = []
        self._dialog: BatchDialog | None = None
        self._running: set[str] = set()
        self._left_s: float | None = None
        self._refused = ""
        self._whole = False  # whether it told how it ended

    @property
    def running(self) -> bool:
        return self.child.running

    def begin(self, dialog: BatchDialog, words: list[str]) -> None:
        """Carry out these words of the command; the rows are those that the dialog shows."""
        self._dialog, self.sheets = dialog, []
        self._running, self._left_s, self._refused, self._whole = set(), None, "", False
        dialog.show_working(True)
        dialog.show_progress(0, len(dialog.list.rows.rows), "Starting the engine …")
        self.child.start(words)

    def stop(self) -> None:
        """End it after the step that it is at; what is finished stays, and it can be gone on with."""
        if self._dialog is not None and self.running:
            rows = self._dialog.list.rows
            self._dialog.show_progress(len(rows.done), len(rows.rows), "Stopping …")
            self.child.stop()

    def _told(self, told: dict[str, Any]) -> None:
        assert self._dialog is not None
        event, id = told.get("event"), str(told.get("row", ""))
        rows = self._dialog.list.rows
        row = rows.row_of(id)
        if event == "refused":
            self._refused = str(told.get("reason"))
        elif event == "note":
            self.noted.emit(str(told.get("text")))
        elif event == "end":
            self._whole = True
            self.sheets = [path for path in told.get("sheets", ()) if isinstance(path, str)]
            for path in self.sheets:
                self.made.emit(Output(path, "picture", 0.0, {SHEET: {}}))
        elif row is None:
            return
        elif event == "begin":
            self._running.add(id)
            rows.say(id, "begins")
        elif event == "loading":
            rows.say(id, "loading")
        elif event == "progress":
            rows.say(id, f"{told.get('step')} of {told.get('total')}")
        elif event == "done":
            self._done(row, told)
        elif event == "failed":
            self._running.discard(id)
            rows.fail(id, str(told.get("reason")))
        self._say_progress()

    def _done(self, row: Row, told: dict[str, Any]) -> None:
        assert self._dialog is not None
        self._running.discard(row.id)
        path, seconds = str(told.get("path")), float(told.get("seconds", 0.0))
        self._dialog.list.rows.finish(row.id, path, duration(seconds))
        left = told.get("left_s")
        self._left_s = float(left) if isinstance(left, int | float) else None
        self.made.emit(Output(path, row.source.model.card.medium, seconds, {}))

    def _say_progress(self) -> None:
        assert self._dialog is not None
        rows = self._dialog.list.rows
        total, done, failed = len(rows.rows), len(rows.done), len(rows.failed)
        words = f"{done} of {total}" + (f", {failed} failed" if failed else "")
        if self._left_s is not None and done + failed < total:
            words += f" · {duration(self._left_s)} left"
        self._dialog.show_progress(done + failed, total, words)

    def _ended(self, code: int, said: str) -> None:
        assert self._dialog is not None
        rows = self._dialog.list.rows
        for id in self._running:
            rows.say(id, "")
        done, failed, total = len(rows.done), len(rows.failed), len(rows.rows)
        # Python itself ends with 1 where something breaks.
        if code != 130 and (code not in (0, 1) or not self._whole):
            words = self._refused or said or _BROKEN
            self.ended.emit(f"{words} {_AGAIN}" if code in (-1, 1) else words, True)
        elif code == 130:
            self.ended.emit(f"Stopped; {done} of {total} are there.", False)
        else:
            self.ended.emit(f"{done} of {total} are there" + (f", {failed} failed" if failed else "") + ".", False)
