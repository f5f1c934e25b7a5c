"""What crosses the pipe between a window (or a command) and the engine, and what a family's file declares.

Frozen dataclasses of plain values: they pickle small, compare by value and import in a
millisecond, because the window's process reads nothing else of the models.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Medium = Literal["picture", "sound", "video", "text"]
Kind = Literal["int", "float", "bool", "choice", "text"]
Value = int | float | bool | str

MEDIA: tuple[Medium, ...] = ("picture", "sound", "video", "text")
# What can be asked of a model, and how a form calls it. A card names those that its architecture can do, the usual
# one first.
TASKS: dict[str, str] = {
    "text-to-picture": "From words",
    "picture-to-picture": "From a picture",
    "inpaint": "Part of a picture",
    "sketch-to-picture": "From a sketch",
    "sample": "Something new",
    "interpolate": "From one to another",
    "walk": "A walk through its space",
    "mix": "A mix of two",
    "translate": "Translated",
    "reconstruct": "There and back",
    "change": "Changed in one way",
    "edit-codes": "Codes edited",
    "complete": "The rest of a picture",
    "measure": "How likely a picture is",
    "upscale": "Larger",
}
MAX_SEED = 2**32 - 1
MAX_COUNT = 64
_ON = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False, "1": True, "0": False}


class BadInput(ValueError):
    """Something the person gave cannot be used; the message is one sentence that says what to do."""


class JobCancelled(Exception):
    """Raised out of `emit` when the person has stopped the job."""


def listed(names: tuple[str, ...] | list[str]) -> str:
    """`a, b or c`: names as a sentence has them."""
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names))


def incomplete(name: str, missing: str) -> BadInput:
    """What is said of a model that lacks something; `missing` as `Match` has it."""
    return BadInput(f"{name} cannot run: it lacks {missing}. Get it again, with all its parts.")


# ── what a family declares ────────────────────────────────────────────────────


@dataclass(frozen=True)
class Parameter:
    """One setting, declared once: form, command line, preset and check all read it.

    `tasks` names the tasks that it applies to (empty: all); `multiple_of` constrains
    integers (a latent model's width); `suggested` are values that a form offers as buttons.
    """

    name: str
    type: Kind
    default: Value
    label: str
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    advanced: bool = False
    multiple_of: int = 1
    suggested: tuple[Value, ...] = ()
    tasks: tuple[str, ...] = ()

    def check(self, value: object) -> Value:
        """The value as this parameter's type. Raises BadInput with the valid range or choices."""
        if self.type == "choice":
            if value not in self.choices:
                raise BadInput(f"{self.name} cannot be {value!r}; choose {listed(self.choices)}.")
            return str(value)
        if self.type == "text":
            return str(value)
        if self.type == "bool":
            if (word := str(value).strip().lower()) not in _ON:
                raise BadInput(f"{self.name} is on or off, not {value!r}.")
            return _ON[word]
        return self._number(value)

    def _number(self, value: object) -> int | float:
        whole = self.type == "int"
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            number = math.nan
        if isinstance(value, bool) or not math.isfinite(number) or (whole and number != int(number)):
            raise BadInput(f"{self.name} is a {'whole ' if whole else ''}number{self._range()}, not {value!r}.")
        if (self.minimum is not None and number < self.minimum) or (self.maximum is not None and number > self.maximum):
            raise BadInput(f"{self.name} is {value}, but must be{self._range()}.")
        if whole and int(number) % self.multiple_of:
            raise BadInput(f"{self.name} is {value}, but must be a multiple of {self.multiple_of}{self._range()}.")
        return int(number) if whole else number

    def _range(self) -> str:
        """What follows "must be": empty where anything goes."""
        low, high = (None if end is None else f"{end:.12g}" for end in (self.minimum, self.maximum))
        if low is not None and high is not None:
            return f" from {low} to {high}"
        return f" at least {low}" if low is not None else f" at most {high}" if high is not None else ""


@dataclass(frozen=True)
class Input:
    """A file that some tasks start from: `name` is its key in `Request.inputs`."""

    name: str
    medium: Medium
    label: str
    help: str
    tasks: tuple[str, ...]
    required: bool = True


@dataclass(frozen=True)
class Card:
    """What one architecture is and takes. `process` is one line on how it gets there.

    `prompt_limit` is in tokens of the tokenizer that lies in `tokenizer`, a folder
    inside the model's; 0 where no prompt is read at all. `seedless` are tasks whose result no seed changes.
    """

    architecture: str
    name: str
    family: str
    medium: Medium
    tasks: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    inputs: tuple[Input, ...] = ()
    process: str = ""
    guide: str = ""
    prompt_limit: int = 0
    tokenizer: str = ""
    negative_prompt: bool = False
    seedless: tuple[str, ...] = ()

    def parameters_for(self, task: str) -> tuple[Parameter, ...]:
        return tuple(p for p in self.parameters if not p.tasks or task in p.tasks)

    def inputs_for(self, task: str) -> tuple[Input, ...]:
        return tuple(i for i in self.inputs if task in i.tasks)

    def task_for(self, given: tuple[str, ...] | list[str]) -> str:
        """The task that takes exactly these inputs (by name). Raises BadInput where none does."""
        for task in self.tasks:
            inputs = self.inputs_for(task)
            if {i.name for i in inputs if i.required} <= set(given) <= {i.name for i in inputs}:
                return task
        takes = "; ".join(f"{t}: {', '.join(i.name for i in self.inputs_for(t)) or 'no file'}" for t in self.tasks)
        raise BadInput(f"{self.name} cannot use these inputs ({', '.join(given) or 'none'}). It takes {takes}.")

    def check(self, settings: Mapping[str, object], task: str) -> dict[str, Value]:
        """Every setting of the task, checked, defaults filled in. Raises BadInput."""
        known = {p.name: p for p in self.parameters_for(task)}
        for name in settings:
            if name not in known:
                raise BadInput(f"{self.name} has no setting {name!r} for {task}; it has {listed(tuple(known))}.")
        return {name: p.check(settings.get(name, p.default)) for name, p in known.items()}


@dataclass(frozen=True)
class Match:
    """A family's claim on a file or folder: its card, with this very model's limits and defaults in it.

    `missing` names what the model lacks before it can run, in words.
    """

    card: Card
    name: str = ""
    licence: str = ""
    base: str = ""
    missing: str = ""


@dataclass(frozen=True)
class ModelInfo:
    """One model on this machine: a card and where its weights lie."""

    id: str
    name: str
    path: str
    size_bytes: int
    licence: str
    starter: bool
    card: Card
    missing: str = ""


# ── to the engine ─────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Request:
    """One thing to make. `settings` holds what `Card.check` gave; `inputs` maps an input's name to a file.

    `seed` is the first one: item k of `count` is made from seed + k, exactly as if alone.
    """

    model_id: str
    model_path: str
    architecture: str
    task: str
    prompt: str = ""
    negative_prompt: str = ""
    seed: int = 0
    count: int = 1
    settings: Mapping[str, Value] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    out: str = ""
    format: str = ""


@dataclass(frozen=True)
class Run:
    job: int
    request: Request
    first: int = 0  # the items before it are there already, from an engine that lost its device on the way


@dataclass(frozen=True)
class Cancel:
    job: int


@dataclass(frozen=True)
class Rescan:
    """Models were added or removed: answer with a new Hello."""


@dataclass(frozen=True)
class Add:
    """Put the model at `path` on the list: a new Hello follows, with why not in `refused` where that is so."""

    path: str


@dataclass(frozen=True)
class Unload:
    """Free every loaded model."""


@dataclass(frozen=True)
class Quit:
    """End, once the job in hand has unwound."""


Order = Run | Cancel | Rescan | Add | Unload | Quit


# ── from the engine ───────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Hello:
    """The engine's first message: the models that it can run, what it runs on, and what went wrong on the way.

    `refused` says why the model of the `Add` that this answers is not on the list.
    """

    models: tuple[ModelInfo, ...]
    device: str
    problems: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True)
class Loading:
    """A model is being read; `fraction` from 0 to 1 where it is known."""

    stage: str
    fraction: float | None = None


@dataclass(frozen=True)
class Progress:
    """Step `step` of `total`. A family counts within one item; the engine makes it the whole job's."""

    step: int
    total: int
    elapsed_s: float = 0.0
    item: int = 0


@dataclass(frozen=True)
class Preview:
    """What is there so far: 8-bit RGB rows, `width * height * 3` bytes. `level`: what is left (noise, say), 1 to 0."""

    width: int
    height: int
    rgb: bytes
    step: int = 0
    item: int = 0
    level: float | None = None


@dataclass(frozen=True)
class Token:
    """A piece of text, in order; never dropped."""

    text: str
    item: int = 0


@dataclass(frozen=True)
class Notice:
    """Something the person should know that does not end the job ("the last 4 words were left out")."""

    text: str


@dataclass(frozen=True)
class Output:
    """One finished thing, already on disk. `settings` is the record that lies in the file too."""

    path: str
    medium: Medium
    seconds: float
    settings: Mapping[str, Any]
    item: int = 0


@dataclass(frozen=True)
class Done:
    """Last word: everything asked for was made."""

    seconds: float = 0.0


@dataclass(frozen=True)
class Cancelled:
    """Last word: stopped because the person asked."""


@dataclass(frozen=True)
class Failed:
    """Last word: `reason` is one sentence. `bad_input` where the person can mend it."""

    reason: str
    bad_input: bool = False


LastWord = Done | Cancelled | Failed
Event = Loading | Progress | Preview | Token | Notice | Output | LastWord


@dataclass(frozen=True)
class Report:
    """An event of one job, as it crosses the pipe."""

    job: int
    event: Event


# ── what a family's file offers ───────────────────────────────────────────────

PACKAGE = "models.families"  # where those files lie


class Emit(Protocol):
    """How a family speaks while it works. Calling it is also where a stop arrives, as JobCancelled."""

    def __call__(self, event: Event) -> None: ...

    def wants_preview(self) -> bool:
        """False while the last preview is too fresh for an eye to follow: then do not compute one."""
        ...


class Model(Protocol):
    """A loaded model. `generate` makes one item (`request.seed`) and returns it in memory; the engine writes it."""

    def generate(self, request: Request, emit: Emit) -> Any: ...


class Family(Protocol):
    """What a module under `models.families` holds. Heavy libraries are imported inside `load` and `tiny`."""

    CARD: Card
    recognise: Callable[[Any], Match | None]
    load: Callable[[str, Any], Model]
    tiny: Callable[[], Model]
