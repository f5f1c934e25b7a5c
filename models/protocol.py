"""What crosses the pipe between a window (or a command) and the engine.

Frozen dataclasses of plain values: they pickle small, compare by value and import in a
millisecond, because the window's process reads nothing else of the models. What a family's file
declares is here by name, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from models.declaration import MEDIA as MEDIA
from models.declaration import TASKS as TASKS
from models.declaration import BadInput as BadInput
from models.declaration import Card as Card
from models.declaration import Input as Input
from models.declaration import Kind as Kind
from models.declaration import Match as Match
from models.declaration import Medium as Medium
from models.declaration import Parameter as Parameter
from models.declaration import Unknown as Unknown
from models.declaration import Value as Value
from models.declaration import listed as listed
from models.planning.machine import Machine as Machine
from models.planning.parts import Part as Part
from models.planning.plan import Peak as Peak
from models.planning.plan import Plan as Plan

MAX_SEED = 2**32 - 1
MAX_COUNT = 64
MAX_PROMPT = 20_000  # characters


class JobCancelled(Exception):
    """Raised out of `emit` when the person has stopped the job."""


def incomplete(name: str, missing: str) -> BadInput:
    """What is said of a model that lacks something; `missing` as `Match` has it."""
    return BadInput(f"{name} cannot run: it lacks {missing}. Get it again, with all its parts.")


@dataclass(frozen=True)
class ModelInfo:
    """One model on this machine: a card and where its weights lie.

    `base` is the public family that it is of ("SDXL", "Llama"); `detail` what else tells it apart ("inpainting");
    `numbers` how many numbers its networks have, `precision` the kinds of these with their shares, most frequent
    first; `needs` what must be had beside it; `found_in` the linked folder that it was found in, empty for one that
    was added; `changed` when its newest file was written, in seconds since 1970; `parts` what it weighs, for
    `models.planning.fit`.
    """

    id: str
    name: str
    path: str
    size_bytes: int
    licence: str
    starter: bool
    card: Card
    missing: str = ""
    base: str = ""
    detail: str = ""
    numbers: int = 0
    precision: tuple[tuple[str, float], ...] = ()
    needs: tuple[str, ...] = ()
    found_in: str = ""
    changed: float = 0.0
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Found:
    """A file or folder that is no model to run: an addition to one, or what nothing here runs, and why.

    `kind` is its sort ("LoRA", "VAE"), `bases` are the families of models that it goes with or is of; the rest is as
    in `ModelInfo`. `reason` is one sentence.
    """

    id: str
    name: str
    path: str
    size_bytes: int
    licence: str
    addition: bool
    kind: str
    reason: str
    bases: tuple[str, ...] = ()
    detail: str = ""
    medium: str = ""
    numbers: int = 0
    precision: tuple[tuple[str, float], ...] = ()
    needs: tuple[str, ...] = ()
    found_in: str = ""
    changed: float = 0.0


# ── to the engine ─────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Request:
    """One thing to make. `settings` holds what `Card.check` gave; `inputs` maps an input's name to a file.

    `seed` is the first one: item k of `count` is made from seed + k, exactly as if alone. `score`: what can be read of
    the prompt in each picture is told among its facts. Without `keep` it is a draft: it lies aside, on no list.
    `wish` is what the person wants of the plan, as `models.planning.wish` declares it. `history` is what was said
    before the prompt of a chat, as (role, text): "user" or "assistant", in order. `given` are the places that
    the record tells of inputs that are copies (on another machine, say), by input.

    Choices and lists of words in the texts are settled by each item's seed (`models.prompting.item`): there, and in its
    record, `prompt` and `negative_prompt` are what was said, and the templates what was written, where that differs.
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
    score: bool = False
    keep: bool = True
    wish: Mapping[str, str] = field(default_factory=dict)
    history: tuple[tuple[str, str], ...] = ()
    template: str = ""
    negative_template: str = ""
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    job: int
    request: Request
    first: int = 0  # the items before it are there already, from an engine that lost its device on the way
    halfway: str = ""  # the file in which the steps of an unfinished item are kept; empty: nowhere


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
class Keep:
    """How much loaded models may hold that wait for their next job, in bytes: 0 keeps the last one alone, None as many
    as there is room for."""

    limit: int | None = None


@dataclass(frozen=True)
class Quit:
    """End, once the job in hand has unwound."""


Order = Run | Cancel | Rescan | Add | Unload | Keep | Quit


# ── from the engine ───────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Hello:
    """The engine's first message: the models that it can run, what it runs on, and what went wrong on the way.

    `refused` says why the model of the `Add` that this answers is not on the list. `found` are additions to models,
    and what cannot be run.
    """

    models: tuple[ModelInfo, ...]
    device: str
    problems: tuple[str, ...] = ()
    refused: str = ""
    machine: Machine | None = None
    found: tuple[Found, ...] = ()


@dataclass(frozen=True)
class Loading:
    """A model is being read; `fraction` from 0 to 1 where it is known."""

    stage: str
    fraction: float | None = None


@dataclass(frozen=True)
class Planned:
    """The model is there, and this is how it runs. `ready` are the paths of all models that are loaded now."""

    plan: Plan
    ready: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """Step `step` of `total`. A family counts within one item; the engine makes it the whole job's."""

    step: int
    total: int
    elapsed_s: float = 0.0
    item: int = 0


@dataclass(frozen=True)
class Preview:
    """What is there so far: 8-bit RGB rows, `width * height * 3` bytes. `level`: what is left (noise, say), 1 to 0.

    Of a video, `frames` pictures of that size follow each other in `rgb`, from all over its length.
    """

    width: int
    height: int
    rgb: bytes
    step: int = 0
    item: int = 0
    level: float | None = None
    frames: int = 1


@dataclass(frozen=True)
class SoundPreview:
    """All of the sound that is there so far, as mono 16-bit samples; `sample_rate` in Hz, and may be a lower one."""

    sample_rate: int
    samples: bytes
    step: int = 0
    item: int = 0
    level: float | None = None

    @property
    def seconds(self) -> float:
        return len(self.samples) / 2 / self.sample_rate


@dataclass(frozen=True)
class Token:
    """A piece of text, in order; never dropped. `tokens` is how many of the model's it took: a letter may take several.

    `probability` is the chance that the model itself gave it, from 0 to 1, before temperature and whatever else narrows
    the draw; None where nobody knows. `alternatives` are the likeliest pieces in its place with their chances, the
    likeliest first; it may be among them, and an empty one is the end of the text.
    """

    text: str
    item: int = 0
    tokens: int = 1
    probability: float | None = None
    alternatives: tuple[tuple[str, float], ...] = ()


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
    """Last word: everything asked for was made. `peak` is what was measured of each memory at the highest."""

    seconds: float = 0.0
    peak: Peak | None = None


@dataclass(frozen=True)
class Cancelled:
    """Last word: stopped because the person asked."""


@dataclass(frozen=True)
class Failed:
    """Last word: `reason` is one sentence. `bad_input` where the person can mend it."""

    reason: str
    bad_input: bool = False


LastWord = Done | Cancelled | Failed
Event = Loading | Planned | Progress | Preview | SoundPreview | Token | Notice | Output | LastWord


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
