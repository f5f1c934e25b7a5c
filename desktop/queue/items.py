"""The queue as a list for a view: what runs, what waits in its order, and what has ended, the last first.

A job that changes costs two searches by halving, whichever way it goes; only a filter and a change of many at once
look at all of them.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.catalog.rows import LINE
from desktop.job import Job
from desktop.jobs import JobQueue
from desktop.queue import deeds, wording

JOB = LINE + 1
FILTERS = (("All", ""), ("Waiting", "waiting"), ("Failed", "failed"), ("Made", "done"))
Index = QModelIndex | QPersistentModelIndex
_RUNS, _WAITS, _ENDED = 0, 1, 2
_NOWHERE = QModelIndex()


class Jobs(QAbstractListModel):
    """Those of the queue that have this state and these words; of drafts, which nobody keeps, there are none."""

    def __init__(self, queue: JobQueue, pace: wording.Pace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.queue, self._pace = queue, pace
        self.state, self.words = "", ""
        self._parts: tuple[list[Job], list[Job], list[Job]] = ([], [], [])
        self._keys: tuple[list[int], list[int], list[int]] = ([], [], [])  # of these, in order
        self._where: tuple[dict[Job, int], ...] = ({}, {}, {})  # the key of each
        self._coming: Job | None = None
        queue.job_added.connect(self._look_at)
        queue.job_changed.connect(self._look_at)
        queue.job_gone.connect(self._look_at)
        queue.many_changed.connect(self.look_again)
        self.look_again()

    def find(self, state: str, words: str) -> None:
        """Show only jobs of that state ("" for all) that have each of the words."""
        if (state, words.casefold()) != (self.state, self.words):
            self.state, self.words = state, words.casefold()
            self.look_again()

    def look_again(self) -> None:
        """All of it anew."""
        queue, state = self.queue, self.state
        self.beginResetModel()
        running = [queue.running] if queue.running is not None and state in ("", "running") else []
        waiting = list(queue.line) if state in ("", "waiting") else []
        ended = [job for job in (*queue.failed, *queue.past) if state in ("", job.state)]
        ended.sort(key=lambda job: -job.end)
        self._parts = (self._found(running), self._found(waiting), self._found(ended))
        runs, waits, ends = self._parts
        self._keys = ([0] * len(runs), [job.rank for job in waits], [-job.end for job in ends])
        self._where = tuple(dict(zip(*part, strict=True)) for part in zip(self._parts, self._keys, strict=True))
        self.endResetModel()

    def _found(self, jobs: list[Job]) -> list[Job]:
        """Those of them with the words, and no drafts."""
        jobs = [job for job in jobs if job.request.keep]
        for word in self.words.split():
            jobs = [job for job in jobs if word in job.text]
        return jobs

    def _place_of(self, job: Job) -> tuple[int, int] | None:
        """Its part, and its key there."""
        return next(((part, where[job]) for part, where in enumerate(self._where) if job in where), None)

    def _wanted(self, job: Job) -> tuple[int, int] | None:
        """Where it belongs; None where it is not to be seen."""
        if not job.request.keep or (self.state and job.state != self.state) or not self.queue.has(job):
            return None
        if self.words and not all(word in job.text for word in self.words.split()):
            return None
        if job.ended:
            return _ENDED, -job.end
        return (_RUNS, 0) if job.state == "running" else (_WAITS, job.rank)

    # ── one job ───────────────────────────────────────────────────────────────

    def _look_at(self, job: Job) -> None:
        before, now = self._place_of(job), self._wanted(job)
        if before == now:
            self._say(job)
        elif before is not None and now is not None and before[0] == now[0]:
            self._shift(job, before, now)
        else:
            if before is not None:
                self._take(job, before)
            if now is not None:
                self._put(job, now)
        self._mark_coming()

    def _mark_coming(self) -> None:
        """Whose turn is next may be told of another one now."""
        coming = self.queue.next_up
        job = coming[0] if coming is not None and coming[1] else None
        if job is not self._coming:
            before, self._coming = self._coming, job
            for one in (before, job):
                if one is not None:
                    self._say(one)

    def _say(self, job: Job) -> None:
        if (at := self.row(job)) >= 0:
            self.dataChanged.emit(self.index(at), self.index(at))

    def _take(self, job: Job, where: tuple[int, int]) -> None:
        part, at = where[0], self._place(job, where)
        row = self._offset(part) + at
        self.beginRemoveRows(_NOWHERE, row, row)
        del self._parts[part][at], self._keys[part][at], self._where[part][job]
        self.endRemoveRows()

    def _put(self, job: Job, where: tuple[int, int]) -> None:
        part, key = where
        at = bisect_left(self._keys[part], key)
        row = self._offset(part) + at
        self.beginInsertRows(_NOWHERE, row, row)
        self._parts[part].insert(at, job)
        self._keys[part].insert(at, key)
        self._where[part][job] = key
        self.endInsertRows()

    def _shift(self, job: Job, before: tuple[int, int], now: tuple[int, int]) -> None:
        part, at = now[0], self._place(job, before)
        jobs, keys, offset = self._parts[part], self._keys[part], self._offset(now[0])
        to = bisect_left(keys, now[1])  # before the row that has that place now
        moves = to not in (at, at + 1)
        if moves:
            self.beginMoveRows(_NOWHERE, offset + at, offset + at, _NOWHERE, offset + to)
        del jobs[at], keys[at]
        to -= to > at
        jobs.insert(to, job)
        keys.insert(to, now[1])
        self._where[part][job] = now[1]
        if moves:
            self.endMoveRows()
        self._say(job)

    def _place(self, job: Job, where: tuple[int, int]) -> int:
        part, key = where
        at = bisect_left(self._keys[part], key)
        while self._parts[part][at] is not job:
            at += 1
        return at

    def _offset(self, part: int) -> int:
        return sum(len(jobs) for jobs in self._parts[:part])

    # ── for the view ──────────────────────────────────────────────────────────

    def row(self, job: Job) -> int:
        """Where it is; -1 where it is not to be seen."""
        where = self._place_of(job)
        return self._offset(where[0]) + self._place(job, where) if where is not None else -1

    def job(self, row: int) -> Job:
        for part in self._parts:
            if row < len(part):
                return part[row]
            row -= len(part)
        raise IndexError(row)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else self._offset(len(self._parts))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        job = self.job(index.row())
        if role == JOB:
            return job
        if role == Qt.ItemDataRole.DisplayRole:
            return wording.title(job)
        if role in (LINE, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            line = wording.line(job, self._pace, self.queue.next_up)
            if role == LINE:
                return line
            if role == Qt.ItemDataRole.ToolTipRole:
                return line.tip or None
            return ", ".join(part for part in (line.title, line.under, line.right) if part)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled  # between the rows
        usual = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        waits = self.job(index.row()).state == "waiting"
        return usual | Qt.ItemFlag.ItemIsDragEnabled if waits else usual

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def move(self, jobs: list[Job], before: int) -> bool:
        """Put these before the row of that number, as far as they wait; whether anything moved."""
        jobs = [job for job in jobs if job.state == "waiting"]
        first = len(self._parts[_RUNS])
        shown = self._parts[_WAITS]
        if not jobs or not shown:
            return False
        chosen, at = set(jobs), min(max(before - first, 0), len(shown))
        goal = next((job for job in shown[at:] if job not in chosen), None)
        if goal is None:  # after the last one that is seen, which may have others behind it
            last = next((job for job in reversed(shown) if job not in chosen), None)
            goal = self.queue.line.after(last, chosen) if last is not None else None
        deeds.move(self.queue, jobs, goal)
        return True
