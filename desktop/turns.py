"""Whose turn it is in the queue: jobs of one model run together where reading another in between would cost time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.jobs import Job

# So often may a job be passed over by later ones; then it is its turn, whatever model is loaded.
PATIENCE = 8


def order(waiting: Sequence[Job], last: str, ready: Collection[str]) -> Iterator[tuple[Job, bool]]:
    """The jobs in the order in which they will run, and whether each goes before one that was asked for earlier.

    `last` is the path of the model that ran last, or runs now; `ready` are those of all that are loaded. Of one
    model, and where the next one's model is loaded as well, the person's order stands.
    """
    left = list(waiting)
    passed = {job: job.passed for job in left}
    while left:
        at = _next(left, passed, last, ready)
        job = left.pop(at)
        for earlier in left[:at]:
            passed[earlier] += 1
        last = _model(job)
        # What another model's turn leaves of those that are loaded is not known here.
        ready = ready if last in ready else (last,)
        yield job, at > 0


def _next(left: Sequence[Job], passed: dict[Job, int], last: str, ready: Collection[str]) -> int:
    first = left[0]
    if not last or _model(first) == last or _model(first) in ready or passed[first] >= PATIENCE:
        return 0
    return next((at for at, job in enumerate(left) if _model(job) == last), 0)


def _model(job: Job) -> str:
    return job.request.model_path
