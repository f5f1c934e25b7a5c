"""The machines of a Ray cluster, and the hands on them: one for each accelerator, or for a machine that has none."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from models.batch.rows import Row
from models.commands import say
from models.commands.cluster.fingerprint import fingerprint
from models.commands.cluster.hand import Answer, Hand
from models.commands.cluster.reaching import LOCAL, check
from models.protocol import PACKAGE, BadInput, Failed
from models.version import SOFTWARE

DEATHS = 3  # so often in a row a machine may lose its hand before it is left alone
WITHOUT = "--cluster needs Ray: install Everyform with its extra `cluster`, on every machine."


@dataclass(eq=False)
class Worker:
    """One hand. `loaded` are the models of its last row, `lacking` those that its machine has not, by their paths
    here; `row` is what it is at."""

    node: str
    place: str
    actor: Any
    task: Any
    row: Row | None = None
    ready: bool = False
    loaded: tuple[str, str] = ("", "")
    lacking: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Ended:
    """A row came back; `answer` is None where it was lost with its machine."""

    worker: Worker
    row: Row
    answer: Answer | None


@contextlib.contextmanager
def joined(address: str, note: Callable[[str], None], package: str = PACKAGE) -> Iterator[Machines]:
    """The cluster at that address, left again at the end. `note` takes sentences for the person. Raises BadInput."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before it is imported: what is done here is nobody's business
    try:
        import ray
    except ImportError as error:
        raise BadInput(WITHOUT) from error
    check(address)
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if address == LOCAL:
        quiet["include_dashboard"] = False
    else:  # one try, which takes most of a minute where nobody answers; twenty are usual
        os.environ.setdefault("RAY_gcs_server_port_wait_time_s", "1")
    note(f"Joining the cluster at {address} …")
    try:
        with say.alone():
            ray.init(address=address, **quiet)
    except (Exception, SystemExit) as error:
        ray.shutdown()
        why = " ".join(str(error).split()).rstrip(".")[:200]
        what = f"The cluster at {address} cannot be joined ({why})"
        raise BadInput(f"{what}: start Ray on this machine, as one of that cluster.") from error
    machines = Machines(ray, note, package)
    with say.alone():  # a daemon's last lines, say, of a machine that is lost
        try:
            yield machines
        finally:
            machines.close()
            ray.shutdown()


class Machines:
    """Used from one thread. Ray's own errors stay in here: they become rows that are lost, and sentences."""

    def __init__(self, ray: Any, note: Callable[[str], None], package: str) -> None:
        self._ray, self._note, self._package = ray, note, package
        self.workers: list[Worker] = []
        self._deaths: Counter[str] = Counter()
        self._prints: dict[str, str] = {}

    @property
    def idle(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.ready and worker.row is None]

    def look(self) -> None:
        """Put hands on machines that have come, and on those that lost theirs."""
        for node in self._ray.nodes():
            id = node["NodeID"]
            if not node["Alive"]:
                # One at work is told of by its row.
                self.workers = [w for w in self.workers if w.node != id or w.row is not None]
                continue
            engines = _engines(node["Resources"])
            for needs in engines[sum(worker.node == id for worker in self.workers) :]:
                if self._deaths[id] < DEATHS:
                    self._start(id, node["NodeManagerAddress"], needs)

    def _start(self, node: str, place: str, needs: dict[str, int]) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(node_id=node, soft=False)
        # Two calls at once: a stop is heard while a row is made.
        kind = self._ray.remote(**needs)(Hand).options(scheduling_strategy=here, max_concurrency=2)
        actor = kind.remote(self._package)
        self.workers.append(Worker(node, place, actor, actor.hello.remote()))

    def give(self, worker: Worker, row: Row) -> None:
        """Raises BadInput where a file that it starts from cannot be read."""
        source = row.source
        paths = [source.model.path, *([source.upscaler.path] if source.upscaler else [])]
        for path in paths:
            self._prints.setdefault(path, fingerprint(path))
        names = tuple(row.request.inputs)
        try:
            files = [_read(path) for path in row.request.inputs.values()]
        except OSError as error:
            raise BadInput(f"{error.filename} cannot be read ({(error.strerror or 'unknown').lower()}).") from error
        prints = {path: self._prints[path] for path in paths}
        worker.task = worker.actor.make.remote(row, prints, names, *files)
        worker.row = row

    def ended(self, timeout_s: float) -> list[Ended]:
        """The rows that have come back by then, made or lost."""
        waiting = {worker.task: worker for worker in self.workers if worker.task is not None}
        if not waiting:
            time.sleep(timeout_s)
            return []
        ready, _ = self._ray.wait(list(waiting), num_returns=1, timeout=timeout_s)
        if ready:
            ready, _ = self._ray.wait(list(waiting), num_returns=len(waiting), timeout=0)
        found = []
        for task in ready:
            worker = waiting[task]
            row, worker.row, worker.task = worker.row, None, None
            answer = self._answer(worker, task)
            if row is not None:
                found.append(Ended(worker, row, answer if isinstance(answer, Answer) else None))
            elif answer is not None:
                self._greeted(worker, str(answer))
        return found

    def _answer(self, worker: Worker, task: Any) -> Any:
        """What the hand said; None where it is lost, which is noted."""
        try:
            answer = self._ray.get(task)
        except self._ray.exceptions.RayTaskError as error:
            why = " ".join(str(error.cause).split()) or type(error.cause).__name__
            return Answer(Failed(f"The machine {worker.place} could not make it ({why.rstrip('.')[:200]})."))
        except self._ray.exceptions.RayError as error:
            self._lose(worker, error)
            return None
        self._deaths.pop(worker.node, None)
        return answer

    def _greeted(self, worker: Worker, software: str) -> None:
        worker.ready = software == SOFTWARE
        if not worker.ready:
            self._deaths[worker.node] = DEATHS
            self._end(worker)
            self._note(f"{worker.place} is left out: it has {software}, and this is {SOFTWARE}. Put the same on both.")

    def _lose(self, worker: Worker, error: Exception) -> None:
        self._end(worker)
        self._deaths[worker.node] += 1
        if self._deaths[worker.node] < DEATHS:
            self._note(f"An engine on {worker.place} is lost; what it was at is made again.")
        elif self._deaths[worker.node] == DEATHS:
            why = " ".join(str(error).split())[:200]
            self._note(f"{worker.place} is left out: no engine stays alive there. Is Everyform installed? ({why})")

    def _end(self, worker: Worker) -> None:
        with contextlib.suppress(Exception):  # it may be gone already, with its machine
            self._ray.kill(worker.actor)
        self.workers = [other for other in self.workers if other is not worker]

    def stop(self) -> None:
        """Let what every hand is at be the last."""
        for worker in self.workers:
            worker.actor.stop.remote()

    def close(self) -> None:
        """Leave nothing of ours on any machine."""
        for worker in list(self.workers):
            self._end(worker)


def _engines(resources: dict[str, float]) -> list[dict[str, int]]:
    """What each engine of a machine asks Ray for. One without accelerators gets all processors: Ray lets an engine use
    as many threads as that."""
    accelerators, processors = int(resources.get("GPU", 0)), int(resources.get("CPU", 0))
    if accelerators:
        return [{"num_gpus": 1, "num_cpus": processors // accelerators}] * accelerators
    return [{"num_gpus": 0, "num_cpus": processors}] if processors else []


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - a path of the request, as it stands there
        return file.read()
