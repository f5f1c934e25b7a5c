"""Hearing of a pipeline's steps, whatever it calls them: its progress bars, its callbacks, its scheduler."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor

from models.protocol import Emit, Loading, Progress

# Told of the latents that a step expects to end in, or of those that it gives.
See = Callable[[Tensor], None]


class Steps:
    """Progress of one call. `planned` are the steps asked for, of each stage that has its own setting."""

    def __init__(self, emit: Emit, planned: tuple[int, ...]) -> None:
        self._emit = emit
        # Of one stage its bar knows better: a start picture leaves out some steps.
        self._total = sum(planned) if len(planned) > 1 else 0
        self._planned = max(sum(planned), 1)
        self._before = self._stage = self._inside = 0
        self._told = -1
        self.counted = False  # whether a bar counts

    @property
    def done(self) -> int:
        return max(self._told, 0)

    def open(self, total: int) -> None:
        """A stage of so many steps begins."""
        self._before += self._stage
        self._stage, self._inside = max(total, 1), 0
        self._total = self._total or self._stage
        self.to(0)

    def more(self, steps: int = 1) -> None:
        self.to(self._inside + steps)

    def to(self, step: int) -> None:
        """So many steps of this stage are done. Raises JobCancelled where the person has stopped."""
        self._inside = min(max(step, self._inside), max(self._stage, 1))
        self._total = self._total or self._planned
        self._stage = self._stage or self._total
        step = min(self._before + self._inside, self._total)
        if step > self._told:
            self._told = step
            self._emit(Progress(step, self._total))
        else:  # nothing to count any more, and still a place where a stop is heard
            self._emit(Loading("Finishing"))

    def finish(self) -> None:
        """All is done."""
        total = self._total or self._planned
        if self._told < total:
            self._told = total
            self._emit(Progress(total, total))


class Bar:
    """Stands in for the progress bar that a pipeline makes: an iterator, a context, or a thing with `update`."""

    def __init__(self, steps: Steps, iterable: Iterable[Any] | None = None, total: int | None = None) -> None:
        self._steps, self._items = steps, iterable
        steps.counted = True
        self.total = total if total is not None else len(iterable) if isinstance(iterable, Sized) else 1
        self.n = 0
        steps.open(self.total)

    def __iter__(self) -> Iterator[Any]:
        for item in self._items if self._items is not None else ():
            yield item
            self.update()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def update(self, steps: int = 1) -> None:
        self.n += steps
        self._steps.more(steps)

    def __getattr__(self, name: str) -> Callable[..., None]:
        """What else bars can do (`set_postfix`, `close`) shows nothing here."""
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None


@contextmanager
def heard(pipeline: Any, steps: Steps, see: See) -> Iterator[None]:
    """While this lasts, the pipeline's bars and schedulers are heard. It is as before afterwards, whatever happens."""
    with ExitStack() as stack:
        every = _with_inner(pipeline)
        for one in every:
            stack.enter_context(_bars(one, steps))
        parts = [part for one in every for part in vars(one).values()]
        for kind in {type(part) for part in parts if callable(getattr(part, "step", None)) and hasattr(part, "config")}:
            stack.enter_context(_schedule(kind, steps, see))
        yield


def _with_inner(pipeline: Any) -> list[Any]:
    """The pipeline and those that it consists of."""
    from diffusers import DiffusionPipeline

    return [pipeline, *(part for part in vars(pipeline).values() if isinstance(part, DiffusionPipeline))]


@contextmanager
def _bars(pipeline: Any, steps: Steps) -> Iterator[None]:
    def bar(iterable: Any = None, total: int | None = None, **_: Any) -> Bar:
        return Bar(steps, iterable, total)

    vars(pipeline)["progress_bar"] = bar
    try:
        yield
    finally:
        del vars(pipeline)["progress_bar"]


@contextmanager
def _schedule(kind: Any, steps: Steps, see: See) -> Iterator[None]:
    """Show what each step of a class of schedulers expects; where nothing else counts, count them.

    On the class, not on the scheduler: pipelines copy theirs, and ask for its very class.
    """
    plain = kind.step

    @functools.wraps(plain)  # pipelines read the signature
    def step(self: Any, *given: Any, **named: Any) -> Any:
        made = plain(self, *given, **named)
        if not steps.counted:
            steps.more()
        latents = expected(self, given, named, made)
        if latents is not None:
            see(latents)
        return made

    own = "step" in vars(kind)
    kind.step = step
    try:
        yield
    finally:
        if own:
            kind.step = plain
        else:
            del kind.step


def expected(scheduler: Any, given: tuple[Any, ...], named: dict[str, Any], made: Any) -> Tensor | None:
    """The latents that this step expects in the end, as far as the scheduler tells; else those that it gives."""
    found = getattr(made, "pred_original_sample", None)
    results = made if isinstance(made, tuple) else (getattr(made, "prev_sample", None),)
    after = results[0] if results else None
    if found is None and len(results) > 1 and _alike(results[1], after):
        found = results[1]
    if found is None and type(scheduler).__name__.startswith("FlowMatchEuler"):
        found = _end_of_the_line(scheduler, given, named)
    if found is None:
        kept = getattr(scheduler, "model_outputs", None)  # multistep solvers keep their estimates to themselves
        found = kept[-1] if isinstance(kept, list) and kept and _alike(kept[-1], after) else after
    return found if isinstance(found, Tensor) and found.is_floating_point() else None


def _end_of_the_line(scheduler: Any, given: tuple[Any, ...], named: dict[str, Any]) -> Tensor | None:
    """Where a straight way ends: the sample less its noise, by the velocity (Liu et al. 2022)."""
    velocity = named.get("model_output", given[0] if given else None)
    sample = named.get("sample", given[2] if len(given) > 2 else None)
    at, sigmas = getattr(scheduler, "step_index", None), getattr(scheduler, "sigmas", None)
    if not (_alike(velocity, sample) and isinstance(sigmas, Tensor) and isinstance(at, int) and 0 < at <= len(sigmas)):
        return None
    return sample.float() - float(sigmas[at - 1]) * velocity.float()  # type: ignore[union-attr]


def _alike(one: Any, other: Any) -> bool:
    return isinstance(one, Tensor) and isinstance(other, Tensor) and one.shape == other.shape
