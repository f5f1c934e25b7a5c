"""What a family's file declares: a card, its settings and files, and the claim on a model. Plain frozen values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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
    "text-to-sound": "Sound from words",
    "text-to-speech": "Words spoken",
    "sound-to-sound": "Sound from a sound",
    "text-to-video": "Video from words",
    "picture-to-video": "Video from a picture",
    "video-to-video": "Video from a video",
    "continue": "What comes next",
    "chat": "An answer",
}
_ON = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False, "1": True, "0": False}


class BadInput(ValueError):
    """Something the person gave cannot be used; the message is one sentence that says what to do."""


class Unknown(BadInput):
    """A file or folder that is no model of any kind that runs here."""


def listed(names: tuple[str, ...] | list[str]) -> str:
    """`a, b or c`: names as a sentence has them."""
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names))


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
        except (TypeError, ValueError, OverflowError):  # a whole number may be larger than any float
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
    `weighs_words`: weights in a prompt act, for its encoder's tokens can be scaled one by one.
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
    weighs_words: bool = False

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

    A name and a licence are told where the files tell them to this family alone: the sidecar's, and the path's where
    there is none, are the registry's to add.
    `missing` names what the model lacks before it can run, in words; `needs` what must be had beside it. `around` are
    paths outside it that were looked at, too: once one of them changes, the answer may be another.
    """

    card: Card
    name: str = ""
    licence: str = ""
    base: str = ""
    missing: str = ""
    needs: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
