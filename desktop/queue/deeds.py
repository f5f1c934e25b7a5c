"""What the person does with jobs that wait or have ended: another order, another try, away and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from desktop.job import Job, State
from desktop.jobs import JobQueue
from desktop.queue import rows
from desktop.queue.holding import FEW, KEPT
from models.protocol import ModelInfo, Request

SLICE = 500  # jobs that come back at once
Taken = list[tuple[Job, State]]  # jobs, and what they were


def take_off(queue: JobQueue, jobs: Iterable[Job]) -> Taken:
    """Forget these, whether they wait or have ended, but not the one that runs; what `put_back` brings back."""
    taken = [(job, job.state) for job in jobs if job is not queue.running and queue.has(job)]
    waited = [job for job, state in taken if state == "waiting"]
    queue.line.remove_all(waited)
    for job in waited:
        job.state = "cancelled"
    gone = [job for job, _ in taken]
    queue.drop_all(gone)
    queue.note([rows.gone(gone)])
    if len(gone) > FEW:
        queue.many_changed.emit()
        return taken
    queue.tell(waited)
    queue.tell(gone, queue.job_gone)
    return taken


def stop_all(queue: JobQueue) -> Taken:
    """Stop the one that runs, and all that wait; of these, what `put_back` brings back. Of ten thousand, no more is
    done to each than must be, and all of it is one writing: a kill finds all of them stopped, or none."""
    waited = queue.line.take_all()
    end = queue.stamp(len(waited))
    for job in waited:
        job.state, job.end = "cancelled", end
        end += 1
    gone, kept = waited[:-KEPT], waited[-KEPT:]
    queue.drop_all(waited)
    for job in kept:
        queue.keep(job)
    queue.note([rows.again((job, job.state, job.end) for job in kept), rows.gone(gone)])
    queue.forget()
    queue.tell(waited)
    if queue.running is not None:
        queue.cancel(queue.running)
    return [(job, "waiting") for job in waited]


def put_back(queue: JobQueue, taken: Taken) -> None:
    """All that `bringing_back` does, at once."""
    for _ in bringing_back(queue, taken):
        pass


def bringing_back(queue: JobQueue, taken: Taken) -> Iterator[None]:
    """As they were before they were taken off or stopped, in their old places, but for those that were tried again
    meanwhile. With the first step all of them are on their way to the disk, in one writing; they come into the line a
    few with each, in its order."""
    back = [(job, state) for job, state in taken if _may_come_back(queue, job, state)]
    back.sort(key=lambda one: one[0].rank)
    again = [(job, state, 0 if state == "waiting" else job.end) for job, state in back]
    queue.note([rows.again(again)], [job for job, _ in back])
    for at in range(0, len(back), SLICE):
        part = [(job, state) for job, state in back[at : at + SLICE] if _may_come_back(queue, job, state)]
        queue.drop_all([job for job, _ in part if queue.has(job)])
        waiting = [job for job, state in part if state == "waiting"]
        for job in waiting:
            if job.progress is not None or job.stopping:  # it was tried again, and stopped again
                job.wait()
            job.state, job.end = "waiting", 0
        for job, _ in part:
            queue.keep(job)
        queue.line.add_all(waiting)
        queue.tell([job for job, _ in part])
        queue.wake()
        yield


def _may_come_back(queue: JobQueue, job: Job, state: State) -> bool:
    """Whether it is still as it was left, so that nobody has tried it again."""
    return job.state == "cancelled" if state == "waiting" else job.ended and not queue.has(job)


def retry(queue: JobQueue, jobs: Iterable[Job]) -> None:
    """Try these again that failed or were stopped: they wait at the end, and go on after what is made of them."""
    again = [job for job in jobs if job.state in ("failed", "cancelled")]
    for job in again:
        queue.drop(job)
        job.wait()
        job.held, job.placed, job.rank = "", False, queue.stamp()
        queue.keep(job)
    queue.line.add_all(again)
    queue.note([rows.put(again)], again)
    queue.tell(again)
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
    queue.line.remove_all(jobs)
    for job in jobs:
        job.held = ""
    queue.line.add_all(jobs)
    chosen = set(jobs)
    move(queue, jobs, next((job for job in queue.line if job not in chosen), None))
    queue.wake()


def group(queue: JobQueue) -> None:
    """Let jobs of one model follow each other."""
    _placed(queue, queue.line.group())


def _placed(queue: JobQueue, changed: Sequence[Job]) -> None:
    queue.note([rows.placed(changed)])
    queue.tell(changed)
