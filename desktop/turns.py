"""Those that wait, in the person's order, and whose turn it is: jobs of one model run together where reading another
in between would cost time.

Whatever happens to one job costs the same among ten as among ten thousand: places are found by halving, and what a
list does beside that is to shift its pointers.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import attrgetter

from desktop.job import LEFT, Job

# So often may a job be passed over by later ones; then it is its turn, whatever model is loaded.
PATIENCE = 8
# Between the ranks of two that are asked for one after the other: so much room to put others between them.
STEP = 1 << 20
# So many are put into the line, or taken out of it, one by one; for more it is laid out anew.
FEW = 100


class Line:
    """Jobs by their `rank`. Those that are `held` stand in it, and their turn does not come."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._due: list[Job] = []  # those that are not held
        self._of_model: dict[str, list[Job]] = {}
        self._placed: list[Job] = []
        # How often later ones went past a job is the sum of the marks from its place on: a jump is one mark, on the
        # last of those jumped over. Of the first, it is the sum of all.
        self._marks: dict[Job, int] = {}
        self.passed = 0
        self.left = 0  # how many are left from last time, and held
        self._costs: dict[str, tuple[int, float]] = {}

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs)

    @property
    def costs(self) -> dict[str, tuple[int, float]]:
        """By a model's id, what is still asked of it: how many, and what they cost together, as `machine.work` has
        it."""
        return self._costs

    def add(self, job: Job) -> None:
        insort(self._jobs, job, key=_RANK)
        self._count([job], 1)
        if not job.held:
            self._come(job)

    def remove(self, job: Job) -> None:
        del self._jobs[_place(self._jobs, job)]
        self._count([job], -1)
        if not job.held:
            self._leave(job)

    def place(self, job: Job) -> int:
        """How many stand before it."""
        return _place(self._jobs, job)

    def after(self, job: Job, but: Collection[Job]) -> Job | None:
        """The next one behind it that is none of these."""
        behind = (self._jobs[at] for at in range(self.place(job) + 1, len(self._jobs)))
        return next((one for one in behind if one not in but), None)

    # ── whose turn it is ──────────────────────────────────────────────────────

    def next(self, last: str, ready: Collection[str]) -> tuple[Job, bool] | None:
        """Whose turn it is, and whether that one goes before others that were asked for earlier.

        `last` is the path of the model that ran last; `ready` are those of all that are loaded. Of one model, and
        where the first one's model is loaded as well, the person's order stands.
        """
        if not self._due:
            return None
        first, same = self._due[0], self._of_model.get(last, [])
        in_order = not last or _model(first) == last or _model(first) in ready or self.passed >= PATIENCE
        if in_order or not same or (self._placed and self._placed[0].rank < same[0].rank):
            return first, False
        return same[0], True

    def take(self, job: Job) -> None:
        """It is its turn: it leaves the line."""
        if at := _place(self._due, job):
            before = self._due[at - 1]
            self._marks[before] = self._marks.get(before, 0) + 1
            self.passed += 1
        self.remove(job)

    # ── the person's order ────────────────────────────────────────────────────

    def move(self, jobs: Sequence[Job], before: Job | None) -> list[Job]:
        """Put these, in this order, before another one, which is none of them, or at the end; all whose rank is
        another one now."""
        self.remove_all(jobs)
        changed = list(jobs)
        at = self.place(before) if before is not None else len(self._jobs)
        if not self._room(at, len(jobs)):
            changed = [*self._jobs, *jobs]
            for k, job in enumerate(self._jobs):
                job.rank = k * STEP  # they are in order, and stay so
        for job, rank in zip(jobs, self._ranks(at, len(jobs)), strict=True):
            job.rank, job.placed = rank, True
        self.add_all(jobs)
        return changed

    def front(self) -> int:
        """A rank before all that wait."""
        return self._ranks(0, 1)[0] if self._jobs else 0

    def group(self) -> list[Job]:
        """Let those of one model follow each other, the model of the first one first; all whose rank is another one
        now."""
        ranks = [job.rank for job in self._jobs]
        order: dict[str, int] = {}
        for job in self._jobs:
            order.setdefault(_model(job), len(order))
        grouped = sorted(self._jobs, key=lambda job: order[_model(job)])
        changed = []
        for job, rank in zip(grouped, ranks, strict=True):
            if job.rank != rank:
                job.rank, job.placed = rank, False
                changed.append(job)
        self._anew(grouped)
        return changed

    def release(self) -> list[Job]:
        """Those that are left from last time are held no longer: these."""
        freed = [job for job in self._jobs if job.held == LEFT]
        for job in freed:
            job.held = ""
        self.left = 0
        self._anew(self._jobs)
        return freed

    def add_all(self, jobs: Iterable[Job]) -> None:
        """Any number at once, in any order."""
        added = list(jobs)
        if len(added) < FEW:
            for job in added:
                self.add(job)
            return
        self._count(added, 1)
        added.sort(key=_RANK)
        if self._jobs and added[0].rank < self._jobs[-1].rank:
            self._anew(sorted([*self._jobs, *added], key=_RANK))
        else:
            self._append(added)

    def remove_all(self, jobs: Collection[Job]) -> None:
        """Any number at once."""
        if len(jobs) < FEW:
            for job in jobs:
                self.remove(job)
            return
        gone = set(jobs)
        self._count(jobs, -1)
        self._anew([job for job in self._jobs if job not in gone])

    def take_all(self) -> list[Job]:
        """All that wait, which do so no longer."""
        taken = self._jobs
        self._costs, self.left = {}, 0
        self._anew([])
        return taken

    # ── inside ────────────────────────────────────────────────────────────────

    def _anew(self, jobs: list[Job]) -> None:
        self._jobs, self._due, self._placed, self._of_model = [], [], [], {}
        self._marks.clear()
        self.passed = 0
        self._append(jobs)

    def _append(self, jobs: list[Job]) -> None:
        """These are behind all others, and in order."""
        self._jobs += jobs
        due = [job for job in jobs if not job.held]
        self._due += due
        self._placed += [job for job in due if job.placed]
        found = self._of_model
        for job in due:
            if (same := found.get(job.request.model_path)) is None:
                same = found[job.request.model_path] = []
            same.append(job)

    def _come(self, job: Job) -> None:
        insort(self._due, job, key=_RANK)
        insort(self._of_model.setdefault(_model(job), []), job, key=_RANK)
        if job.placed:
            insort(self._placed, job, key=_RANK)

    def _leave(self, job: Job) -> None:
        at = _place(self._due, job)
        if mark := self._marks.pop(job, 0):
            if at:
                before = self._due[at - 1]
                self._marks[before] = self._marks.get(before, 0) + mark
            else:
                self.passed -= mark
        del self._due[at]
        same = self._of_model[_model(job)]
        del same[_place(same, job)]
        if not same:
            del self._of_model[_model(job)]
        if job.placed:
            del self._placed[_place(self._placed, job)]

    def _count(self, jobs: Iterable[Job], sign: int) -> None:
        found: defaultdict[tuple[str, float], int] = defaultdict(int)
        for job in jobs:
            asked = job.request
            found[asked.model_id, job.cost] += asked.count - (job.made if job.outputs else 0)
            if job.held == LEFT:
                self.left += sign
        for (model, each), more in found.items():
            many, cost = self._costs.get(model, (0, 0.0))
            many, cost = many + sign * more, cost + sign * more * each
            if many:
                self._costs[model] = (many, cost)
            else:
                self._costs.pop(model, None)

    def _room(self, at: int, count: int) -> bool:
        inside = 0 < at < len(self._jobs)
        return not inside or self._jobs[at].rank - self._jobs[at - 1].rank > count

    def _ranks(self, at: int, count: int) -> list[int]:
        """So many ranks for that place, evenly spread."""
        if not self._jobs:
            return [k * STEP for k in range(count)]
        if at == 0:
            return [self._jobs[0].rank - (count - k) * STEP for k in range(count)]
        low = self._jobs[at - 1].rank
        step = STEP if at == len(self._jobs) else (self._jobs[at].rank - low) // (count + 1)
        return [low + (k + 1) * step for k in range(count)]


_RANK = attrgetter("rank")


def _place(jobs: list[Job], job: Job) -> int:
    at = bisect_left(jobs, job.rank, key=_RANK)
    while jobs[at] is not job:  # ranks differ, but for what a clock that was set back has made
        at += 1
    return at


def _model(job: Job) -> str:
    return job.request.model_path
