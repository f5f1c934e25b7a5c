"""What is said of the queue and of its jobs, in words."""

from __future__ import annotations

from collections.abc import Mapping

from desktop import generate, machine
from desktop.catalog.families import duration
from desktop.catalog.rows import Line
from desktop.job import LEFT, Job
from desktop.jobs import JobQueue

EARLY = "goes first, as its model is loaded"
MOST = 300  # characters of a prompt: a row shows fewer
Pace = Mapping[str, list[float]]  # by a model's id, as `settings.State.pace` has it


def line(job: Job, pace: Pace, coming: tuple[Job, bool] | None = None) -> Line:
    """A job's row; `coming` is the one whose turn is next."""
    many = f"{job.request.count} of them" if job.request.count > 1 and job.state != "running" else ""
    state, right = _state(job, pace, coming)
    failed = job.state == "failed"
    under = state if failed else "  ·  ".join(part for part in (job.name, many, state) if part)
    family = job.model.card.family if job.model is not None else ""
    return Line(title(job), str(job.id), under, right, family, failed, dotted=True, tip=job.reason)


def title(job: Job) -> str:
    """Its prompt in one line; without one, what it makes."""
    return " ".join(job.request.prompt[:MOST].split()) or job.request.task.replace("-", " ").capitalize()


def _state(job: Job, pace: Pace, coming: tuple[Job, bool] | None) -> tuple[str, str]:
    """What it is at, and what stands at the right."""
    if job.state == "running":
        return generate.words(job), f"{duration(job.eta_s)} left" if job.eta_s is not None else ""
    if job.state == "failed":
        # First what there is room for: the reason has its own place when the row is pointed at.
        return f"Another try {_on(job)}. {job.reason}" if job.halfway else job.reason, "failed"
    if job.state == "cancelled":
        return f"{job.made} made" if job.made else "", "stopped"
    if job.state == "done":
        return "", duration(job.seconds) if job.seconds else "made"
    expected = machine.expected_s(list(pace.get(job.request.model_id, ())), job.request.settings)
    done = job.made + (job.halfway[0] / job.halfway[1] if job.halfway else 0.0)
    about = f"about {duration(expected * (job.request.count - done))}" if expected is not None else ""
    if job.held:
        told = [job.held]
    elif coming == (job, True):
        told = [EARLY]
    else:
        told = [f"{job.made} made already"] if job.made else []
    return ", ".join(([_on(job)] if job.halfway else []) + told), about


def _on(job: Job) -> str:
    """Where one goes on that was broken off in the middle of an item."""
    return "goes on from step {} of {}".format(*job.halfway or ())


def left_s(queue: JobQueue, pace: Pace) -> tuple[float, int]:
    """Seconds that all of it will take, as far as that is known, and of how many things it is not."""
    total, unknown = 0.0, 0
    if (running := queue.running) is not None and running.eta_s is not None:
        total += running.eta_s
    for model, (many, cost) in queue.line.costs.items():
        seconds, work = pace.get(model, (0.0, 0.0))
        if seconds > 0 and work > 0:
            total += seconds * cost / work
        else:
            unknown += many
    return total, unknown


def time_left(queue: JobQueue, pace: Pace) -> str:
    """`about 4 min left`; what no model has shown yet is told beside it. Empty where nothing is known."""
    total, unknown = left_s(queue, pace)
    if not total:
        return ""
    return f"about {duration(total)} left" + (f", and {number(unknown)} of unknown length" if unknown else "")


def summary(queue: JobQueue, pace: Pace) -> str:
    """The whole queue in a line: `1 is being made, 12 wait · about 4 min left`."""
    waiting, left = len(queue.line), queue.line.left
    parts = []
    if queue.running is not None:
        parts.append("1 is being made")
    if fresh := waiting - left:
        parts.append(f"{number(fresh)} {'waits' if fresh == 1 else 'wait'}")
    if left:
        parts.append(f"{number(left)} {LEFT}")
    if queue.failed:
        parts.append(f"{number(len(queue.failed))} failed")
    words = ", ".join(parts)
    if queue.paused and (waiting or queue.running is not None):
        return f"Paused · {words}"
    told = time_left(queue, pace)
    return f"{words} · {told}" if told else words


def chip(queue: JobQueue, pace: Pace, short: bool = False) -> str:
    """What stands in the window's head, where there may be little room; empty where there is nothing to say."""
    waiting = len(queue.line)
    if short and waiting:
        return f"Queue {number(waiting + (queue.running is not None))}"
    if queue.paused and waiting:
        return f"Queue {number(waiting)} · paused"
    if queue.running is not None and waiting:
        total, _ = left_s(queue, pace)
        return f"Queue {number(waiting + 1)}" + (f" · {duration(total)} left" if total else "")
    if waiting:
        return f"Queue {number(waiting)}" + (f" · {LEFT}" if queue.line.left else "")
    return f"Queue · {number(len(queue.failed))} failed" if queue.failed else ""


def at_rest(made: int, failed: int) -> str:
    """What is told when all is done."""
    parts = [f"{number(made)} made" if made else "", f"{number(failed)} failed" if failed else ""]
    return ", ".join(part for part in parts if part) or "nothing was made"


def jobs(count: int) -> str:
    """`1 job`, `10 000 jobs`."""
    return f"{number(count)} job{'' if count == 1 else 's'}"


def number(count: int) -> str:
    return f"{count:,}".replace(",", " ")
