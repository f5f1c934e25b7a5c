"""The engine of a batch on this machine: one for all rows, and another where it dies."""

from __future__ import annotations

from collections.abc import Callable

from models.commands import job
from models.engine_process import EngineDied
from models.protocol import Cancelled, Event, Failed, LastWord, Notice, Request, Run

AGAIN = "The engine {how}; another one tries this row once more."


class _Telling:
    """A job's teller that hands on."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self.event = tell

    def refused(self, reason: str) -> None:
        raise AssertionError(reason)


class Local:
    """Makes requests one after the other. A row that ends the engine is tried once more in a fresh one, and is then a
    failed row: the rest goes on."""

    def __init__(self, engine: job.Engine, stop: job.Stop) -> None:
        self._engine = engine
        self._stop = stop

    def make(self, request: Request, tell: Callable[[Event], None]) -> LastWord:
        """The last word. Raises OSError where the system gives no process."""
        teller = _Telling(tell)
        for again in (True, False):
            if self._stop.wanted:
                return Cancelled()
            try:
                return job.made(Run(job.JOB, request), teller, self._stop, self._engine)
            except EngineDied as death:
                self._engine.close()
                if self._stop.wanted:
                    return Cancelled()
                if again:
                    tell(Notice(AGAIN.format(how=death)))
                    continue
                return Failed(f"The engine {death}, twice: this row was left out.")
        raise AssertionError
