"""What is set in the window of batches: plain values, the order that they give, and the words of the command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from models import folders
from models.batch import beginning, naming, sources
from models.batch.ledger import FILE, Ledger
from models.batch.plan import Order, Plan, planned
from models.batch.rows import Source
from models.outputs import atomic
from models.presets import form
from models.presets.preset import Preset
from models.protocol import BadInput, ModelInfo

NOW = "now"  # in the place of a preset's file: what is set in the window
NOW_NAME = "Set now"
TEXTS = (".txt", ".md", ".csv")  # what a list of prompts is
_TYPED = "prompts.txt"


@dataclass
class Wanted:
    """`presets` are paths of files, or `NOW`; `prompts` are typed, one a line, and `file` stands in their place.
    `inputs` are files or folders by the name of the input; `axes` are (setting, values as typed), X first."""

    presets: list[str] = field(default_factory=lambda: [NOW])
    prompts: str = ""
    file: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    seeds: str = ""
    axes: list[list[str]] = field(default_factory=list)
    name: str = ""
    out: str = ""
    cluster: str = ""

    @classmethod
    def of(cls, held: Mapping[str, Any]) -> Wanted:
        """From what was remembered; a field of another kind starts afresh."""
        fresh = cls()
        for one in fields(cls):
            value = held.get(one.name)
            if type(value) is type(getattr(fresh, one.name)):
                setattr(fresh, one.name, value)
        fresh.presets = [path for path in fresh.presets if isinstance(path, str)]
        fresh.inputs = {k: v for k, v in fresh.inputs.items() if isinstance(v, str)}
        fresh.axes = [
            axis
            for axis in fresh.axes
            if isinstance(axis, list) and len(axis) == 2 and all(isinstance(word, str) for word in axis)
        ]
        return fresh

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def folder(self) -> Path:
        """Where it is made."""
        return Path(self.out).expanduser().absolute() if self.out.strip() else folders.outputs() / "batch"

    @property
    def grid(self) -> list[str]:
        """The sides of the grid that are filled in, as the command takes them. Raises BadInput for half of one."""
        for name, values in self.axes:
            if name and not values.strip():
                raise BadInput(f"The grid goes over {name.replace('_', ' ')}: give it values, such as 4,8,16 or 1-8.")
        return [f"{name}={values}" for name, values in self.axes if name]


@dataclass(frozen=True)
class Foreseen:
    """The rows that it would be. `done` are those that the folder has already, by id; `begun`: there is a batch in it.
    `takes` are the sources whose inputs and settings can be asked for, also where `problem` says what is wrong."""

    takes: tuple[Source, ...] = ()
    plan: Plan = field(default_factory=lambda: Plan(()))
    done: Mapping[str, str] = field(default_factory=dict)
    begun: bool = False
    problem: str = ""
    wish: Mapping[str, str] = field(default_factory=dict)


def foresee(
    wanted: Wanted,
    now: Preset | None,
    models: Sequence[ModelInfo],
    wishes: Mapping[str, Mapping[str, str]],
    still: Callable[[], bool] = lambda: True,
) -> Foreseen:
    """Look at everything, and make nothing; any thread. `now` is what is set in the window, `wishes` how each model
    is to run. Raises NotWanted once `still` says that nobody waits for it."""
    takes: tuple[Source, ...] = ()
    ledger = Ledger(wanted.folder)
    try:
        takes = beginning.sources(_presets(wanted, now), models)
        if not takes:
            return Foreseen()
        wish = _wish(takes, wishes)
        ledger.look()
        plan = planned(_order(wanted, takes, wish), ledger.names, still)
        beginning.check_names(plan, ledger)
    except BadInput as error:
        return Foreseen(takes, problem=str(error))
    done = {id: str(ledger.folder / made.file) for id, made in ledger.done.items()}
    return Foreseen(takes, plan, done, (ledger.folder / FILE).exists() or ledger.work.is_dir(), wish=wish)


def command(wanted: Wanted, now: Preset | None, foreseen: Foreseen) -> list[str]:
    """The words of `main.py batch` that make these rows. Files of what is set and typed are written for it. Raises
    BadInput where they cannot be."""
    folder = folders.data() / "batch"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if now is not None:
            atomic.write_text(folder / f"{NOW}{form.ENDING}", form.dumps(now))
        if not wanted.file and wanted.prompts.strip():
            atomic.write_text(folder / _TYPED, wanted.prompts)
    except OSError as error:
        raise BadInput(f"{folder} takes no files ({(error.strerror or str(error)).lower()}).") from error
    words = [str(folder / f"{NOW}{form.ENDING}") if path == NOW else path for path in wanted.presets]
    if wanted.file or wanted.prompts.strip():
        words += ["--prompts", wanted.file or str(folder / _TYPED)]
    for name, path in _inputs(wanted, foreseen.takes):
        words += ["--input", f"{name}={path}"]
    for option, value in (("--seeds", wanted.seeds), ("--name", wanted.name), ("--cluster", wanted.cluster)):
        words += [f"{option}={value.strip()}"] if value.strip() else []
    for side in wanted.grid:
        words += ["--grid", side]
    words += [f"--{name}={value}" for name, value in foreseen.wish.items() if value]
    return [*words, "--out", str(wanted.folder), *(["--resume"] if foreseen.begun else [])]


def _presets(wanted: Wanted, now: Preset | None) -> list[Preset]:
    found = []
    for path in wanted.presets:
        if path != NOW:
            found.append(form.read(Path(path)))
        elif now is not None:
            found.append(now)
    return found


def _order(wanted: Wanted, takes: tuple[Source, ...], wish: Mapping[str, str]) -> Order:
    lines: tuple[sources.Line, ...] = ()
    if wanted.file:
        lines = sources.prompts(wanted.file)
    elif wanted.prompts.strip():
        lines = sources.lines(wanted.prompts, "The list")
    return Order(
        takes,
        lines,
        _inputs(wanted, takes),
        sources.seeds(wanted.seeds) if wanted.seeds.strip() else (),
        sources.axes(wanted.grid),
        wanted.name.strip() or naming.USUAL,
        wish,
    )


def _inputs(wanted: Wanted, takes: tuple[Source, ...]) -> tuple[tuple[str, str], ...]:
    """Those that one of these presets starts from; what was set for others waits for them."""
    known = {given.name for one in takes for given in one.model.card.inputs_for(one.preset.task)}
    return tuple((name, path) for name, path in wanted.inputs.items() if path and name in known)


def _wish(takes: tuple[Source, ...], wishes: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """How it is to run, where that was set alike for all of these models: a batch has one wish."""
    said = [dict(wishes.get(one.model.id, {})) for one in takes]
    return said[0] if all(wish == said[0] for wish in said) else {}
