"""When an engine that died is followed by another, and when that is given up."""

from __future__ import annotations

# An engine that ends before it has done anything is tried this often, with a pause before the last.
ATTEMPTS = 3
PAUSE_S = (0.0, 1.0)
# One that lived this long was not broken from the start.
SETTLED_S = 10.0


class Revival:
    """Counts the deaths that nothing explains. Times are of any clock that runs on, in seconds."""

    def __init__(self) -> None:
        self._failures = 0
        self._from: float | None = 0.0  # None: not before somebody asks

    @property
    def given_up(self) -> bool:
        return self._from is None

    def due_in(self, now: float) -> float | None:
        """Seconds until an engine may be started; None where none is to be."""
        return None if self._from is None else max(0.0, self._from - now)

    def worked(self) -> None:
        """The engine brought a job to its end: what it dies of now is not what it died of before."""
        self._failures = 0

    def wanted(self) -> None:
        """Somebody asks for an engine, which is worth a new try."""
        if self._from is None:
            self._failures = 0
            self._from = 0.0

    def at_once(self) -> None:
        """It was ended on purpose: that counts for nothing."""
        self._from = 0.0

    def died(self, now: float, lived_s: float, at_work: bool) -> bool:
        """False where that was the last try. `at_work`: it had a job, which may have been too much for it."""
        self._failures = 1 if at_work or lived_s > SETTLED_S else self._failures + 1
        self._from = None if self._failures >= ATTEMPTS else now + PAUSE_S[self._failures - 1]
        return self._from is not None
