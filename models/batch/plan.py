"""From what was asked to the rows: everything crossed, checked before anything is made, named, and put in order."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from models.batch import naming, sources
from models.batch.rows import Row, Source, identity, loaded, summed
from models.batch.sources import MAX_ROWS, Axis, Line
from models.outputs.write import whole_text
from models.presets import fitting
from models.prompting.expand import check
from models.prompting.item import takes_signs
from models.protocol import MAX_PROMPT, BadInput, Input, Request, Value, listed

_OF_WORDS = ("prompt", "negative")


@dataclass(frozen=True)
class Order:
    """What was asked. No `lines`: the presets' own prompts; no `seeds`: as many as the preset's count, from 1.

    `inputs` are (name of the input or "", file or folder); `wish` is as in `Request`.
    """

    sources: tuple[Source, ...]
    lines: tuple[Line, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    seeds: tuple[int, ...] = ()
    axes: tuple[Axis, ...] = ()
    template: str = naming.USUAL
    wish: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """The rows in the order in which they were asked for; `twice` says how many were left out because they are the
    same as others."""

    rows: tuple[Row, ...]
    twice: int = 0

    @property
    def in_turn(self) -> tuple[Row, ...]:
        """The rows in the order in which they are made: those of one model, and of one preset, after each other."""
        turn: dict[tuple[str, str], int] = {}
        for row in self.rows:
            turn.setdefault(loaded(row), len(turn))
        return tuple(sorted(self.rows, key=lambda row: turn[loaded(row)]))


class NotWanted(Exception):
    """Nobody waits for these rows any more."""


def planned(order: Order, known: Mapping[str, str] | None = None, wanted: Callable[[], bool] = lambda: True) -> Plan:
    """Every row. `known` are names by id that rows of an earlier run have. Raises BadInput where anything is wrong, and
    NotWanted as soon as `wanted` says so: many rows take a while."""
    naming.check(order.template, {p.name for s in order.sources for p in s.model.card.parameters})
    for name, _ in order.inputs:
        if name and not any(name in (i.name for i in _takes(s)) for s in order.sources):
            raise BadInput(f"None of these presets takes an input {name!r}: check its name.")
    if order.inputs and not any(_takes(source) for source in order.sources):
        raise BadInput("None of these presets starts from a file: leave it out.")
    _check_lines(order)
    found: dict[str, Row] = {}
    crossed = 0
    for crossed, row in enumerate(itertools.chain.from_iterable(_rows(order, s) for s in order.sources), 1):
        if crossed > MAX_ROWS:
            raise BadInput(f"These are more than {MAX_ROWS:,} rows: ask for fewer seeds, prompts or values.")
        if not wanted():
            raise NotWanted
        found.setdefault(row.id, row)
    known = known or {}
    fresh = [(id, row.name) for id, row in found.items() if id not in known]
    names = naming.apart(fresh, known.values()) | {id: name for id, name in known.items() if id in found}
    # Prompts that begin alike, or differ in a column alone, are different sheets: each gets a name of its own.
    # And no sheet is written over a row.
    sheets = naming.apart({row.alike: row.sheet for row in found.values() if row.sheet}.items(), names.values())
    rows = (replace(row, name=names[id], sheet=sheets.get(row.alike, "")) for id, row in found.items())
    return Plan(tuple(rows), crossed - len(found))


def _rows(order: Order, source: Source) -> Iterator[Row]:
    """All of one preset: lines, then files, then seeds, then the grid."""
    preset, card = source.preset, source.model.card
    lines = [line for line in order.lines or (Line(),) if line.preset.casefold() in ("", preset.name.casefold())]
    for line in lines:
        said, given = _columns(line, source)
        for inputs in _inputs(order, source, given):
            seeds = order.seeds or tuple(range(1, preset.count + 1))
            if line.seed is not None:
                seeds = (line.seed,)
            if preset.task in card.seedless:
                seeds = seeds[:1]  # another seed would make the same
            axes = order.axes
            if axes and len(axes) < 2 and len(seeds) > 1 and all(a.name != "seed" for a in axes):
                axes = (*axes, Axis("seed", tuple(map(str, seeds))))
            if any(axis.name == "seed" for axis in axes):
                seeds = seeds[:1]
            for seed in seeds:
                yield from _grid(order, source, line, said, inputs, seed, axes)


def _grid(
    order: Order,
    source: Source,
    line: Line,
    said: Mapping[str, str],
    inputs: Mapping[str, str],
    seed: int,
    axes: Sequence[Axis],
) -> Iterator[Row]:
    preset, model = source.preset, source.model
    own = {"prompt": preset.prompt if line.prompt is None else line.prompt,
           "negative": preset.negative_prompt if line.negative is None else line.negative}  # fmt: skip
    first = Path(next(iter(inputs.values()))).stem if inputs else ""
    about = {"preset": preset.name, "model": model.id, "task": preset.task, "input": first}
    sheet = naming.filled("sheet-{preset}-{prompt}-{input}-{seed}", about | own | {
        "seed": "" if any(a.name == "seed" for a in axes) else seed,
        "prompt": "" if any(a.name == "prompt" for a in axes) else own["prompt"],
    }) if axes and model.card.medium == "picture" else ""  # fmt: skip
    moving = {axis.name for axis in axes}
    fixed = {n: v for n, v in {**said, **own, "seed": str(seed)}.items() if n not in moving}
    alike = summed([preset.name, fixed, dict(inputs)]) if sheet else ""
    for values in itertools.product(*(axis.values for axis in axes)):
        at = tuple(zip((axis.name for axis in axes), values, strict=True))
        moved = dict(at)
        words = {name: moved.pop(name, own[name]) for name in _OF_WORDS}
        number = int(moved.pop("seed", seed))
        settings = _settings(source, {**said, **moved}, line.place)
        # What stands on the sheet is the value as the card has it: "8", not "8.0 ".
        shown = tuple((name, _text(settings[name]) if name in settings else value) for name, value in at)
        request = _request(order, source, words, number, settings, inputs, line.place)
        id = identity(source, request)
        place = "-".join(f"{name}-{value}" for name, value in shown if name not in ("seed", *_OF_WORDS))
        fields = settings | about | {"prompt": request.prompt, "seed": number, "grid": place, "row": id}
        yield Row(id, naming.filled(order.template, fields), source, request, shown, sheet, alike)


def _request(
    order: Order,
    source: Source,
    words: Mapping[str, str],
    seed: int,
    settings: Mapping[str, Value],
    inputs: Mapping[str, str],
    place: str,
) -> Request:
    model, card = source.model, source.model.card
    reads, signs = bool(card.prompt_limit), takes_signs(card, source.preset.task)
    if words["negative"] and not card.negative_prompt and reads and source.preset.negative_prompt != words["negative"]:
        raise BadInput(f"{_at(place)}{card.name} takes no negative prompt: leave it out.")
    return Request(
        model_id=model.id,
        model_path=model.path,
        architecture=card.architecture,
        task=source.preset.task,
        prompt=_words(words["prompt"], place, signs) if reads else "",
        negative_prompt=_words(words["negative"], place, signs) if card.negative_prompt else "",
        seed=seed,
        settings=settings,
        inputs=inputs,
        # Enlarged, it is written once more at the end: until then nothing of it may be lost.
        format="" if source.upscaler else source.preset.after.written,
        keep=False,
        wish=order.wish,
    )


def _settings(source: Source, said: Mapping[str, str], place: str) -> dict[str, Value]:
    try:
        return fitting.checked(source.preset, source.model, said)
    except BadInput as error:
        raise BadInput(f"{_at(place)}{error}") from error


def _columns(line: Line, source: Source) -> tuple[dict[str, str], dict[str, str]]:
    """A line's settings of this preset's task, and its files by input."""
    takes = {i.name for i in _takes(source)}
    known = {p.name for p in source.model.card.parameters_for(source.preset.task)}
    said = {name: value for name, value in line.values.items() if name in known and name not in takes}
    return said, {name: value for name, value in line.values.items() if name in takes}


def _check_lines(order: Order) -> None:
    """Columns and presets that nothing here knows are mistakes, not remarks."""
    names = {source.preset.name.casefold(): source.preset.name for source in order.sources}
    for line in order.lines:
        if line.preset and line.preset.casefold() not in names:
            has = listed(list(names.values()))
            raise BadInput(f"{line.place}: there is no preset {line.preset!r} in this batch; it has {has}.")
        of = [s for s in order.sources if line.preset.casefold() in ("", s.preset.name.casefold())]
        known = {p.name for s in of for p in s.model.card.parameters_for(s.preset.task)}
        known |= {i.name for s in of for i in _takes(s)}
        if unknown := next((name for name in line.values if name not in known), ""):
            raise BadInput(
                f"{line.place}: no preset here has a setting {unknown!r}; there are {listed(sorted(known))}."
            )


def _inputs(order: Order, source: Source, given: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The files of each row, by input. Folders are gone through together where there are several: by their files'
    names without endings."""
    takes = _takes(source)
    sets: dict[str, tuple[Path, ...]] = {}
    free = [i for i in takes if i.name not in given]
    for name, where in order.inputs:
        one = next((i for i in free if i.name == name), None) if name else next(iter(free), None)
        if one is None:
            if name and takes and name not in given:
                continue  # another preset's
            if takes and not name and not given:
                raise BadInput(f"{source.preset.name} takes only {listed([i.name for i in takes])}: leave out a file.")
            continue
        free.remove(one)
        sets[one.name] = sources.files(where, one.medium)
    fixed = {name: str(Path(path).expanduser().absolute()) for name, path in given.items()}
    for path in fixed.values():
        if not Path(path).is_file():
            raise BadInput(f"There is no file {path}: check its name.")
    for one in takes:
        if one.required and one.name not in sets and one.name not in fixed:
            raise BadInput(
                f"{source.preset.name} starts from a {one.medium}: give a file or a folder of them as {one.name}."
            )
    many = {name: {path.stem: path for path in paths} for name, paths in sets.items() if len(paths) > 1}
    single = {name: str(paths[0]) for name, paths in sets.items() if len(paths) == 1}
    if not many:
        yield single | fixed
        return
    first = next(iter(many))
    for file in sets[first]:
        if lacking := next((name for name, stems in many.items() if file.stem not in stems), ""):
            raise BadInput(f"{file.name} has no {lacking} of that name: the folders must hold files of the same names.")
        pair = {name: str(file if name == first else stems[file.stem]) for name, stems in many.items()}
        yield single | fixed | pair


def _takes(source: Source) -> tuple[Input, ...]:
    return source.model.card.inputs_for(source.preset.task)


def _words(text: str, place: str, signs: bool) -> str:
    if len(text) > MAX_PROMPT:
        raise BadInput(f"{_at(place)}A prompt has {len(text):,} characters: {MAX_PROMPT:,} is the most that fits.")
    if signs:
        try:
            check(text)
        except BadInput as error:
            raise BadInput(f"{_at(place)}{error}") from None
    return whole_text(text)


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _at(place: str) -> str:
    return f"{place}: " if place else ""
