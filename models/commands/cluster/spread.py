"""The rows that are missing, on many machines at once: each given to one hand at a time, and kept here alone.

Files are made in a folder of a moment on the machine that makes them, and come back as bytes; only here they get a
name and a place on the list. So machines need share no disk, and a row whose machine is lost has left nothing behind:
another makes it again.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from models.batch.ledger import Ledger
from models.batch.rows import Row, loaded
from models.batch.running import Listener, recover, settle
from models.commands.cluster.hand import Answer
from models.commands.cluster.machines import Ended, Worker
from models.commands.job import Stop
from models.outputs import place
from models.prompting import item
from models.protocol import BadInput, Cancelled, Failed, LastWord, Notice, Output

TRIES = 3  # so often a row may be lost with its machine
LOST = "The machine that made it was lost, {} times: this row was left out."
NOWHERE = "No machine of the cluster has {}: put the same model there."
_LISTEN_S = 0.2
_LOOK_S = 2.0
_ALONE_S = 60.0  # so long it waits for a machine where there is none


class Machines(Protocol):
    """Who makes the rows: `models.commands.cluster.machines.Machines`."""

    workers: list[Worker]

    @property
    def idle(self) -> list[Worker]: ...

    def look(self) -> None: ...

    def give(self, worker: Worker, row: Row) -> None: ...

    def ended(self, timeout_s: float) -> list[Ended]: ...

    def stop(self) -> None: ...


class Spread:
    """One batch over those machines."""

    def __init__(self, ledger: Ledger, machines: Machines, listener: Listener, stop: Stop) -> None:
        self._ledger, self._machines, self._listener, self._stop = ledger, machines, listener, stop
        self._piles: dict[tuple[str, str], deque[Row]] = {}  # what waits, by the models that it needs
        self._lost: Counter[str] = Counter()
        self._began: dict[str, float] = {}

    def run(self, rows: Sequence[Row], listed: Callable[[Output], str] = lambda output: "") -> bool:
        """Make those that the ledger has not; False where the person stopped it. Rows for which no machine is left stay
        missing. Raises BadInput where the folder takes nothing any more."""
        recover(self._ledger, listed)
        for row in rows:
            if row.id not in self._ledger.done:
                self._piles.setdefault(loaded(row), deque()).append(row)
        told, looked, alone = False, -_LOOK_S, time.monotonic()
        while self._busy or (self._waiting and not self._stop.wanted):
            now = time.monotonic()
            if self._stop.wanted and not told:
                self._machines.stop()
                told = True
            if self._stop.impatient:
                break
            if now - looked >= _LOOK_S:
                self._machines.look()
                looked = now
            alone = now if self._machines.workers else alone
            if now - alone > _ALONE_S:
                break
            if not told:
                self._hand_out()
            for ended in self._machines.ended(_LISTEN_S):
                self._take(ended, listed)
        self._ledger.write()
        return not self._stop.wanted

    @property
    def _waiting(self) -> bool:
        return any(self._piles.values())

    @property
    def _busy(self) -> bool:
        return any(worker.row is not None for worker in self._machines.workers)

    def _hand_out(self) -> None:
        for worker in self._machines.idle:
            if self._stop.wanted:  # it may come between two of them
                return
            if (row := self._next(worker)) is None:
                continue
            self._began[row.id] = time.monotonic()
            self._listener.begin(row)
            try:
                # Choices and lists are settled here: that machine may have other lists.
                said = item.said(row.request, row.source.model.card)
                self._machines.give(worker, replace(row, request=said))
            except BadInput as error:
                self._settle(row, Failed(str(error)), None, lambda output: "")
            worker.loaded = loaded(row)
        for pile in self._piles.values():
            self._give_up(pile)

    def _next(self, worker: Worker) -> Row | None:
        """One of the models that it has loaded, or else the first that its machine can make."""
        for key in sorted(self._piles, key=lambda key: key != worker.loaded):
            if self._piles[key] and not worker.lacking & set(key):
                return self._piles[key].popleft()
        return None

    def _give_up(self, pile: deque[Row]) -> None:
        """Rows that nobody can make fail, once everybody has said so."""
        workers = self._machines.workers
        while pile and workers and all(worker.lacking & set(loaded(pile[0])) for worker in workers):
            row = pile.popleft()
            lacking = workers[0].lacking & set(loaded(row))
            source = row.source
            model = source.model if source.model.path in lacking or source.upscaler is None else source.upscaler
            self._settle(row, Failed(NOWHERE.format(model.name)), None, lambda output: "")

    def _take(self, ended: Ended, listed: Callable[[Output], str]) -> None:
        row, answer = ended.row, ended.answer
        if answer is None:
            self._lost[row.id] += 1
            if self._lost[row.id] >= TRIES:
                self._settle(row, Failed(LOST.format(TRIES)), None, listed)
            else:
                self._piles[loaded(row)].appendleft(row)
        elif answer.lacking:
            ended.worker.lacking.add(answer.lacking)
            self._piles[loaded(row)].appendleft(row)
        elif not isinstance(answer.word, Cancelled):
            for text in answer.notices:
                self._listener.event(row, Notice(text))
            self._settle(row, answer.word, self._landed(row, answer), listed)

    def _landed(self, row: Row, answer: Answer) -> Output | None:
        """The file that came, written where the ledger takes it from. Raises BadInput where the disk does not."""
        if answer.output is None:
            return None
        path = self._ledger.room(row) / f"whole{row.format.extension}"
        try:
            path.write_bytes(answer.data)
        except OSError as error:
            raise BadInput(place.sentence(error, self._ledger.folder)) from error
        return replace(answer.output, path=str(path))

    def _settle(self, row: Row, word: LastWord, output: Output | None, listed: Callable[[Output], str]) -> None:
        took = time.monotonic() - self._began.get(row.id, time.monotonic())
        settle(row, word, output, took, self._ledger, self._listener, listed)
