"""A loop over denoising steps that another engine can go on with: latents, chance and solver after each step.

A solver remembers what it has seen (Lu et al. 2022's multistep, Karras et al. 2022's Heun), so latents alone would not
give the same picture: what it has changed in itself since its first step is kept beside them.
"""

from __future__ import annotations

import contextlib
import functools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from models import halfway
from models.outputs import atomic
from models.protocol import Emit, Notice, Progress

# Writing takes no more than this share of the time, however large the latents are.
_SHARE = 0.02
_LATENTS, _CHANCE, _SOLVER = "latents", "chance", "solver"


class Loop:
    """The steps of one item. `done` of them were taken by an engine before, 0 where it begins.

    `scheduler` is one of diffusers', `draw` the generator of all that is drawn on the way. Where nobody wants steps to
    be kept, it does nothing.
    """

    def __init__(self, scheduler: Any, draw: torch.Generator | None = None) -> None:
        self._scheduler, self._draw = scheduler, draw
        self._held = halfway.current()
        self._before: dict[str, Any] = {}
        self._found: dict[str, Tensor] = {}
        self._solver: dict[str, Any] = {}
        self.done = self._total = 0
        if self._held is not None:
            self._read(self._held)
        self._due = time.monotonic() + halfway.EVERY_S

    # ── going on ──────────────────────────────────────────────────────────────

    def _read(self, held: halfway.Halfway) -> None:
        """What is in the file, where it is of this very item."""
        from safetensors import SafetensorError, safe_open

        told = halfway.head(held.path)
        if told.get("mark") != held.mark:
            return
        try:
            with safe_open(held.path, framework="pt") as file:
                lies = json.loads(told["lies"])
                found = {name: _laid(file.get_tensor(name), lies[name]) for name in file.keys()}  # noqa: SIM118
            done, total = int(told["step"]), int(told["total"])
            solver, seconds = json.loads(told["solver"]), float(told["seconds"])
        except (OSError, SafetensorError, KeyError, ValueError, TypeError, RuntimeError):
            return
        if _LATENTS in found and (self._draw is None or _CHANCE in found) and 0 < done <= total:
            self._found, self._solver, held.seconds = found, solver, seconds
            self.done, self._total = done, total

    def say(self, emit: Emit) -> None:
        """Tell where it goes on, where it does."""
        if self.done:
            emit(Notice(f"It goes on from step {self.done} of {self._total}."))
            emit(Progress(self.done, self._total))

    def begin(self, latents: Tensor) -> Tensor:
        """Before the first step that is taken here, with the scheduler as it begins: the latents to take it from."""
        self._before = dict(vars(self._scheduler))
        return self._restored(latents) if self.done else latents

    def _restored(self, like: Tensor) -> Tensor:
        """Chance and solver as they were after the last step, and the latents."""
        if self._draw is not None:
            self._draw.set_state(self._found[_CHANCE])
        for name, packed in self._solver.items():
            setattr(self._scheduler, name, _unpacked(packed, self._found, like.device))
        return self._found[_LATENTS].to(like.device)

    def skips(self, done: int) -> bool:
        """Whether the step that ends here was taken before."""
        return done <= self.done

    # ── keeping ───────────────────────────────────────────────────────────────

    def keep(self, done: int, total: int, latents: Tensor) -> None:
        """After a step: write all of it, where it is time to. A disk that refuses stops no work."""
        now = time.monotonic()
        if self._held is None or now < self._due:
            return
        tensors = {_LATENTS: latents}
        if self._draw is not None:
            tensors[_CHANCE] = self._draw.get_state()
        try:
            solver = self._changed(tensors)
        except TypeError:  # a solver that keeps what nobody here knows
            self._held = None
            return
        told = {
            "step": str(done),
            "total": str(total),
            "solver": json.dumps(solver),
            "lies": json.dumps(_lies(tensors)),
        }
        with contextlib.suppress(OSError):
            _write(self._held, told, tensors)
        ended = time.monotonic()
        self._due = ended + max(halfway.EVERY_S, (ended - now) / _SHARE)

    def _changed(self, tensors: dict[str, Tensor]) -> dict[str, Any]:
        """What the solver has changed in itself since its first step; its tensors go among `tensors`."""
        changed = {}
        for name, value in vars(self._scheduler).items():
            # A list may have changed inside; all else is another thing once it has changed.
            if isinstance(value, list) or (name not in self._before or value is not self._before[name]):
                changed[name] = _packed(value, f"{_SOLVER}.{name}", tensors)
        return changed

    # ── in a pipeline ─────────────────────────────────────────────────────────

    @contextmanager
    def followed(self, *networks: Any) -> Iterator[None]:
        """While a pipeline of diffusers runs over this scheduler with these networks, the steps that were taken before
        cost nothing: neither the networks nor the scheduler are asked, and the last one gives what is in the file.
        """
        if self._held is None or not any(isinstance(one, nn.Module) for one in networks):
            self._held, self.done = None, 0
            yield
            return
        calls = 0
        step = self._scheduler.step

        @functools.wraps(step)  # pipelines read the signature
        def followed(output: Any, time: Any, sample: Tensor, *given: Any, **named: Any) -> Any:
            nonlocal calls
            if not calls and not self.done:
                self.begin(sample)
            calls += 1
            if calls > self.done:
                return step(output, time, sample, *given, **named)
            after = self.begin(sample) if calls == self.done else sample
            return (after,) if named.get("return_dict") is False else SimpleNamespace(prev_sample=after)

        with ExitStack() as stack:
            stack.enter_context(_shadowed(self._scheduler, "step", followed))
            for network in networks if self.done else ():
                if isinstance(network, nn.Module):
                    idle = _idle(network, lambda: calls < self.done)
                    stack.enter_context(_shadowed(network, "forward", idle))
            yield


def _idle(network: nn.Module, waits: Callable[[], bool]) -> Callable[..., Any]:
    """The network's `forward`, which gives back what it is given as long as it `waits`: nobody looks at it."""
    plain = network.forward
    controls = "ControlNet" in type(network).__name__

    @functools.wraps(plain)
    def forward(*given: Any, **named: Any) -> Any:
        if not waits():
            return plain(*given, **named)
        sample = given[0] if given else named["sample"] if "sample" in named else named["hidden_states"]
        return ((), sample) if controls else (sample,)

    return forward


@contextmanager
def _shadowed(holder: Any, name: str, by: Any) -> Iterator[None]:
    """Another method in the place of its own; as before afterwards, whatever happens."""
    own = vars(holder).get(name)
    setattr(holder, name, by)
    try:
        yield
    finally:
        delattr(holder, name)
        if own is not None:
            setattr(holder, name, own)


# ── the file ──────────────────────────────────────────────────────────────────


def _write(held: halfway.Halfway, told: dict[str, str], tensors: dict[str, Tensor]) -> None:
    from safetensors.torch import save

    # Copies, for the form takes neither views nor two names of one memory.
    flat = {name: one.detach().to("cpu", copy=True).contiguous() for name, one in tensors.items()}
    own = {"everyform_steps": halfway.FORM, "mark": held.mark, "seconds": repr(held.spent)}
    held.path.parent.mkdir(parents=True, exist_ok=True)
    atomic.sweep(held.path.parent)
    atomic.write_bytes(held.path, save(flat, own | told))


def _lies(tensors: dict[str, Tensor]) -> dict[str, list[int]]:
    """The strides of each in memory: a convolution over channels that lie last rounds in another way."""
    return {name: list(torch.empty_like(one, device="meta").stride()) for name, one in tensors.items()}


def _laid(tensor: Tensor, strides: list[int]) -> Tensor:
    """In memory of its own, as it lay before; in the file it begins wherever there was room."""
    return torch.empty_strided(tensor.shape, strides, dtype=tensor.dtype).copy_(tensor)


def _packed(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """As JSON, with the names of its tensors. Raises TypeError for what is none of it."""
    if isinstance(value, Tensor):
        tensors[name] = value
        return {"tensor": name, "on": value.device.type}
    if isinstance(value, list):
        return [_packed(one, f"{name}.{k}", tensors) for k, one in enumerate(value)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(type(value).__name__)


def _unpacked(packed: Any, tensors: dict[str, Tensor], device: torch.device) -> Any:
    if isinstance(packed, list):
        return [_unpacked(one, tensors, device) for one in packed]
    if isinstance(packed, dict):
        return tensors[packed["tensor"]].to("cpu" if packed["on"] == "cpu" else device)
    return packed
