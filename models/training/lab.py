"""The bench that every recipe works at: device and budget, checkpoints that outlive a kill, a log, and figures."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch
from PIL import Image
from torch import Tensor, nn

from models.runtime.device import detect

SAVE_EVERY_S = 120.0  # so much work a kill may cost

N = TypeVar("N", bound=nn.Module)


class HasState(Protocol):
    def state_dict(self) -> Any: ...
    def load_state_dict(self, state: Any) -> Any: ...


@dataclass(frozen=True)
class Budget:
    """What a training may take: optimizer steps, samples a step, renders to learn from."""

    steps: int
    batch: int
    pictures: int


@dataclass(frozen=True)
class Recipe:
    """How one starter, or a part of one, comes about. `needs` are recipes whose results it reads."""

    name: str
    makes: str
    run: Callable[[Lab], None]
    cpu: Budget
    cuda: Budget
    needs: tuple[str, ...] = ()
    shipped: Path | None = None  # where its weights lie in the repository: there once, it need not run again


@dataclass
class Lab:
    """One run of one recipe. `state` is its own folder, `root` the one that holds all recipes' folders."""

    recipe: Recipe
    root: Path
    out: Path
    device: torch.device
    budget: Budget
    minutes: float = math.inf
    save_every: float = SAVE_EVERY_S
    prompts: int = 200
    hurried: bool = False  # what is made is looked at elsewhere, later, and most of it measured there
    deadline: float = math.inf  # of the monotonic clock: the steps are as many as there is time for
    seconds: float = 0.0  # of work in all, and how many of them
    before: float = 0.0  # this run found done
    _passed: tuple[float, float] = (-1.0, -1.0)  # of the training: the largest share before this step, and its own

    @property
    def state(self) -> Path:
        path = self.root / self.recipe.name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def result(self, recipe: str) -> Path:
        """Where another recipe left its weights. Raises FileNotFoundError saying what to run first."""
        for path in (self.root / recipe / "result", self.out / recipe):
            if path.exists():
                return path
        raise FileNotFoundError(f"{self.recipe.name} needs the result of {recipe}: run that first.")

    def generator(self, seed: int = 0) -> torch.Generator:
        return torch.Generator("cpu").manual_seed(seed)

    def noise(self, shape: Sequence[int], draw: torch.Generator) -> Tensor:
        """Gaussian numbers on the device: large ones an accelerator draws itself, from a seed that `draw` gives."""
        if self.device.type == "cpu":
            return torch.randn(tuple(shape), generator=draw)
        seed = int(torch.randint(2**62, (), generator=draw))
        return torch.randn(tuple(shape), generator=torch.Generator(self.device).manual_seed(seed), device=self.device)

    def due(self, step: int, every: int) -> bool:
        """Whether to look at what is made after this step."""
        return step % every == every - 1 and not self.hurried

    def reaches(self, share: float) -> bool:
        """Whether this step is the first of that share of the training, of which this run has not seen more before."""
        return self._passed[0] < share <= self._passed[1]

    def autocast(self) -> torch.autocast:
        """Half-precision numbers where they are computed in hardware: elsewhere they are a hundred times slower."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=_halves())

    def steps(self, objects: Mapping[str, HasState], name: str = "checkpoint") -> Iterator[int]:
        """Count the budget's steps from the last checkpoint on; save these objects on the way and at the end.

        With a deadline the budget's steps change on the way, so that a step's share of them is that of the time, the
        time of earlier runs included.
        """
        path = self.state / f"{name}.pt"
        step = 0
        if path.exists():
            kept = torch.load(path, map_location=self.device, weights_only=True)
            step, self.seconds = kept["step"], kept["seconds"]
            for key, value in objects.items():
                value.load_state_dict(kept[key])
            self.say(f"resumed {name} at step {step}")
        saved = began = time.monotonic()
        self.before = self.seconds

        def save(at: int) -> None:
            write_atomic(
                path,
                lambda p: torch.save(
                    {"step": at, "seconds": self.seconds, **{k: v.state_dict() for k, v in objects.items()}}, p
                ),
            )

        def go_on() -> bool:
            if self.deadline < math.inf:
                left = max(self.deadline - began, 1e-3)
                share = (self.before + time.monotonic() - began) / (self.before + left)
                known = round(step / share) if step and share else self.budget.steps
                self.budget = replace(self.budget, steps=step if share >= 1 else max(step + 1, known))
            total = max(self.budget.steps, 1)
            seen = (step - 1) / total if first and step == first else max(self._passed)
            self._passed = seen, step / total
            return step < self.budget.steps

        first = step
        while go_on():
            yield step
            step += 1
            now = time.monotonic()
            self.seconds = self.before + now - began
            if now - saved > self.save_every:
                save(step)
                saved = now
            if self.seconds - self.before > self.minutes * 60:
                self.say(f"out of time at step {step}")
                break
        save(step)

    def say(self, text: str, **figures: float) -> None:
        """A line on the terminal and in the recipe's log."""
        words = " ".join(f"{k} {v:.5g}" for k, v in figures.items())
        print(f"{self.recipe.name} {self.seconds:8.0f} s  {text} {words}", flush=True)
        with (self.state / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"seconds": round(self.seconds, 1), "text": text, **figures}) + "\n")

    def figures(self, **values: Any) -> None:
        """Quality figures, kept for the report: merged into what is there."""
        path = self.state / "figures.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        known.update(values, device=self.device.type, seconds=round(self.seconds), recipe=self.recipe.name)
        write_atomic(path, lambda p: p.write_text(json.dumps(known, indent=1)))

    def told(self, recipe: str) -> dict[str, Any]:
        """The figures that a recipe left."""
        return json.loads((self.root / recipe / "figures.json").read_text())

    def sheet(self, name: str, pictures: Tensor, columns: int = 8) -> Path:
        """Save pictures (N, 3, H, W) in 0..1 as one PNG in the recipe's folder."""
        return sheet(self.state / f"{name}.png", pictures, columns)


@cache
def _halves() -> bool:
    """Whether this machine computes with half-precision numbers in hardware; asked in every step."""
    return detect().bf16


def sheet(path: Path, pictures: Tensor, columns: int) -> Path:
    """Save pictures (N, 3, H, W) in 0..1 as one PNG."""
    tiles = (pictures.float().clamp(0, 1) * 255 + 0.5).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    high, wide = tiles.shape[1:3]
    whole = Image.new("RGB", (columns * wide, math.ceil(len(tiles) / columns) * high))
    for k, tile in enumerate(tiles):
        whole.paste(Image.fromarray(tile), (k % columns * wide, k // columns * high))
    whole.save(path)
    return path


def write_atomic(path: Path, write: Callable[[Path], Any]) -> None:
    partial = path.with_name(f".{path.name}.partial")
    write(partial)
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    partial.replace(path)


def rate(step: int, total: int, peak: float, warm: int = 200) -> float:
    """Learning rate: warmed up, held, and let down to nothing over the last fifth."""
    return peak * min(1.0, (step + 1) / warm, max(0.0, (total - step) / (0.2 * total)))


def descend(loss: Tensor, model: nn.Module, optimizer: torch.optim.Optimizer, learning_rate: float) -> float:
    """One optimizer step, gradients clipped to norm 1. Returns the loss."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    # The model's, not the optimizer's alone: what it holds still would heap up gradients, which the norm counts.
    model.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


class Average(Generic[N]):
    """Exponential moving average of a network's weights; `model` is the averaged twin."""

    def __init__(self, network: N, twin: N, decay: float = 0.999) -> None:
        self.model: N = twin.eval().requires_grad_(False)
        self.decay, self.count = decay, 0
        twin.load_state_dict(network.state_dict())

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        self.count += 1
        decay = min(self.decay, (1 + self.count) / (10 + self.count))
        torch._foreach_lerp_(list(self.model.parameters()), list(network.parameters()), 1 - decay)

    def begin_anew(self, network: nn.Module) -> None:
        """Forget what was: where a part of the network begins to learn, its first weights would stay in for long."""
        self.model.load_state_dict(network.state_dict())
        self.count = 0

    def state_dict(self) -> dict[str, Any]:
        return {"model": self.model.state_dict(), "count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.count = state["count"]
