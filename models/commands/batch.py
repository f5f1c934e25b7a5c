"""`main.py batch PRESET...`: presets by prompts by seeds by a grid, each row made once, killed or not."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from models import folders
from models.batch import running, sheet, sources
from models.batch.ledger import FILE, Ledger
from models.batch.plan import Order, Plan, planned
from models.batch.rows import Row, Source
from models.commands import DONE, FAILED, STOPPED, job, say
from models.commands.batch_engine import Local
from models.commands.batch_teller import JsonTeller, PeopleTeller, Teller
from models.commands.generate import wished
from models.commands.models import store
from models.outputs.library import listed_in_library
from models.presets import fitting
from models.presets.preset import ModelKey, Preset
from models.presets.shelf import Presets
from models.protocol import BadInput, ModelInfo, incomplete


def run(arguments: argparse.Namespace) -> int:
    """Plan, make what is missing, draw the sheets; the exit code."""
    teller: Teller = JsonTeller() if arguments.json else PeopleTeller()
    try:
        return _run(arguments, teller)
    except BadInput as error:
        teller.refused(str(error))
        raise


def _run(arguments: argparse.Namespace, teller: Teller) -> int:
    order = order_of(arguments)
    out = Path(arguments.out).expanduser().absolute() if arguments.out else folders.outputs() / "batch"
    ledger = Ledger(out)
    plan = planned(order)  # what is wrong is said before even a folder is made
    earlier = (out / FILE).exists() or ledger.work.is_dir()
    if not earlier:
        _check_names(plan, ledger)
        if arguments.dry_run:
            teller.rows(plan.rows, ledger.done, plan.twice)
            return DONE
    elif not (arguments.resume or arguments.dry_run):
        raise BadInput(f"{out} holds a batch already: add --resume to go on with it, or choose another --out.")
    with ledger:
        if earlier:
            ledger.read()
            plan = planned(order, ledger.names)
            _check_names(plan, ledger)
        if arguments.dry_run:
            teller.rows(plan.rows, ledger.done, plan.twice)
            return DONE
        ledger.expect(plan.rows)
        ledger.write()
        return _make(plan, ledger, teller)


def order_of(arguments: argparse.Namespace) -> Order:
    """What was said, with the presets and their models found. Raises BadInput."""
    models = store().models()
    shelf = Presets()
    presets = [shelf.find(name).preset for name in dict.fromkeys(arguments.presets)]
    names = [preset.name.casefold() for preset in presets]
    if twice := next((p.name for p in presets if names.count(p.name.casefold()) > 1), ""):
        raise BadInput(f"Two of these presets are called {twice}: give one of them another name.")
    inputs = []
    for word in arguments.inputs:
        name, equals, path = word.partition("=")
        named = bool(equals) and name.isidentifier() and not Path(word).expanduser().exists()
        inputs.append((name, path) if named else ("", word))
    return Order(
        sources=tuple(_source(preset, models) for preset in presets),
        lines=sources.prompts(arguments.prompts) if arguments.prompts else (),
        inputs=tuple(inputs),
        seeds=sources.seeds(arguments.seeds) if arguments.seeds else (),
        axes=sources.axes(arguments.grid),
        template=arguments.name or Order.template,
        wish=wished(arguments),
    )


def _source(preset: Preset, models: Sequence[ModelInfo]) -> Source:
    source = Source(preset, _here(preset.model, models, preset.name))
    fitting.checked(preset, source.model)
    if preset.after.upscale is None:
        return source
    upscaler = _here(preset.after.upscale, models, preset.name)
    if "upscale" not in upscaler.card.tasks:
        raise BadInput(f"{preset.name}: {upscaler.name} enlarges no pictures; choose a model that does.")
    return Source(preset, source.model, upscaler)


def _here(key: ModelKey, models: Sequence[ModelInfo], preset: str) -> ModelInfo:
    model = fitting.find(key, models)
    if model is None:
        raise BadInput(f"{preset}: {fitting.absent(key)}")
    if model.missing:
        raise incomplete(model.name, model.missing)
    return model


def _check_names(plan: Plan, ledger: Ledger) -> None:
    """Nothing that is not of this batch is ever overwritten: what lies in the way is said before anything is made."""
    in_the_way = [row.file for row in plan.rows if row.id not in ledger.rows]
    if not (ledger.folder / FILE).exists():
        in_the_way += [f"{name}.png" for name in sheet.sheets(plan.rows)]
    for name in in_the_way:
        if (ledger.folder / name).exists():
            raise BadInput(f"{ledger.folder / name} is there already: choose another --out or --name.")


def _make(plan: Plan, ledger: Ledger, teller: Teller) -> int:
    rows = plan.in_turn
    with job.heard() as stop, job.engine() as engine:
        teller.start(rows, ledger.done, plan.twice)
        try:
            whole = running.run(rows, ledger, Local(engine, stop), teller, listed_in_library)
        except OSError as error:
            ledger.write()
            say.sentence(f"The engine could not be started ({(error.strerror or str(error)).lower()}).")
            return FAILED
        made = [] if stop.wanted else _sheets(plan.rows, ledger)
    failed = {row.id: ledger.failed[row.id] for row in rows if row.id in ledger.failed}
    missing = sum(row.id not in ledger.done and row.id not in failed for row in rows)
    teller.end(rows, failed, missing, made, ledger.folder / FILE)
    if not whole:
        return STOPPED
    return FAILED if failed or missing else DONE


def _sheets(rows: Sequence[Row], ledger: Ledger) -> list[Path]:
    """A sheet that cannot be drawn is a remark: its pictures are there."""
    found = []
    for name, on_it in sheet.sheets(rows).items():
        files = {row.id: ledger.folder / ledger.done[row.id].file for row in on_it if row.id in ledger.done}
        try:
            found.append(sheet.save(name, on_it, files, ledger.failed, ledger.folder))
        except (BadInput, OSError) as error:
            say.sentence(str(error))
    return found
