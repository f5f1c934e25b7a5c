"""What the person does with jobs that wait or have ended: another order, another try, away and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from desktop.job import Job, State
from desktop.jobs import JobQueue
from desktop.queue import rows
from models.protocol import ModelInfo, Request

Taken = list[tuple[Job, State]]  # jobs, and what they were


def take_off(queue: JobQueue, jobs: Iterable[Job]) -> Taken:
    """Forget these, whether they wait or have ended, but not the one that runs; what `put_back` brings back."""
    taken = [(job, job.state) for job in jobs if job is not queue.running and queue.has(job)]
    waited = [job for job, state in taken if state == "waiting"]
    queue.line.remove_all(waited)
    for job in waited:
        job.state = "cancelled"
    gone = [job for job, _ in taken]
    for job in gone:
        queue.drop(job)
    queue.note([rows.gone(gone)])
    queue.tell(waited)
    queue.tell(gone, queue.job_gone)
    return taken


def stop_all(queue: JobQueue) -> Taken:
    """Stop the one that runs, and all that wait; of these, what `put_back` brings back."""
    return [(job, "waiting") for job in queue.cancel_all()]


def put_back(queue: JobQueue, taken: Taken) -> None:
    """As they were before they were taken off or stopped, in their old places."""
    back = [(job, state) for job, state in taken if job.ended]  # the others were tried again meanwhile
    for job, state in back:
        if queue.has(job):
            queue.drop(job)
        if state == "waiting":
            job.state, job.end = "waiting", 0  # it had not begun
        queue.keep(job)
    _line_up(queue, [job for job, _ in back])


def retry(queue: JobQueue, jobs: Iterable[Job]) -> None:
    """Try these again that failed or were stopped: they wait at the end, and go on after what is made of them."""
    again = [job for job in jobs if job.state in ("failed", "cancelled")]
    for job in again:
        queue.drop(job)
        job.wait()
        job.held, job.placed, job.rank = "", False, queue.stamp()
        queue.keep(job)
    _line_up(queue, again)


def _line_up(queue: JobQueue, jobs: Sequence[Job]) -> None:
    queue.line.add_all([job for job in jobs if job.state == "waiting"])
    queue.note([rows.put(jobs)], jobs)
    queue.tell(jobs)
    queue.wake()


def change(queue: JobQueue, job: Job, request: Request, model: ModelInfo | None, then: Request | None) -> None:
    """Let one that waits ask for something else, in its old place."""
    queue.line.remove(job)
    job.ask(request, model, then)
    job.held = ""
    queue.line.add(job)
    queue.note([rows.put([job])], [job])
    queue.tell([job])
    queue.wake()


def hold(queue: JobQueue, job: Job, why: str) -> None:
    """Let one that waits wait for the person's word; with an empty `why`, no longer."""
    queue.line.remove(job)
    job.held = why
    queue.line.add(job)
    queue.tell([job])
    queue.wake()


def move(queue: JobQueue, jobs: Sequence[Job], before: Job | None) -> None:
    """Put these of those that wait before another one, or at the end: none goes past them that was not put so too."""
    _placed(queue, queue.line.move(jobs, before))


def run_next(queue: JobQueue, jobs: Sequence[Job]) -> None:
    """Put these of those that wait first, also where they are left from last time."""
    for job in jobs:
        queue.line.remove(job)
        job.held = ""
        queue.line.add(job)
    chosen = set(jobs)
    move(queue, jobs, next((job for job in queue.line if job not in chosen), None))
    queue.wake()


def group(queue: JobQueue) -> None:
    """Let jobs of one model follow each other."""
    _placed(queue, queue.line.group())


def _placed(queue: JobQueue, changed: Sequence[Job]) -> None:
    queue.note([rows.placed(changed)])
    queue.tell(changed)
