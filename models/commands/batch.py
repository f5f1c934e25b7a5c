"""`main.py batch PRESET...`: presets by prompts by seeds by a grid, each row made once, killed or not."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from models import folders
from models.batch import beginning, running, sheet, sources
from models.batch.ledger import FILE, Ledger
from models.batch.plan import Order, Plan, planned
from models.batch.rows import Row
from models.commands import DONE, FAILED, STOPPED, job, say
from models.commands.batch_engine import Local
from models.commands.batch_teller import JsonTeller, PeopleTeller, Teller
from models.commands.generate import wished
from models.commands.models import store
from models.outputs.library import listed_in_library
from models.presets.shelf import Presets
from models.protocol import PACKAGE, BadInput


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
        beginning.check_names(plan, ledger)
        if arguments.dry_run:
            teller.rows(plan.rows, ledger.done, plan.twice)
            return DONE
    elif not (arguments.resume or arguments.dry_run):
        raise BadInput(f"{out} holds a batch already: add --resume to go on with it, or choose another folder.")
    with ledger:
        if earlier:
            ledger.read()
            plan = planned(order, ledger.names)
            beginning.check_names(plan, ledger)
        if arguments.dry_run:
            teller.rows(plan.rows, ledger.done, plan.twice)
            return DONE
        with _hands(arguments.cluster, ledger, teller) as hands:
            ledger.expect(plan.rows)
            ledger.write()
            with job.heard(until_closed=arguments.until_closed) as stop:
                return _make(plan, ledger, teller, hands, stop)


def order_of(arguments: argparse.Namespace) -> Order:
    """What was said, with the presets and their models found. Raises BadInput."""
    models = store().models()
    shelf = Presets()
    presets = [shelf.find(name).preset for name in dict.fromkeys(arguments.presets)]
    inputs = []
    for word in arguments.inputs:
        name, equals, path = word.partition("=")
        named = bool(equals) and name.isidentifier() and not Path(word).expanduser().exists()
        inputs.append((name, path) if named else ("", word))
    return Order(
        sources=beginning.sources(presets, models),
        lines=sources.prompts(arguments.prompts) if arguments.prompts else (),
        inputs=tuple(inputs),
        seeds=sources.seeds(arguments.seeds) if arguments.seeds else (),
        axes=sources.axes(arguments.grid),
        template=arguments.name or Order.template,
        wish=wished(arguments),
    )


Make = Callable[[Sequence[Row], job.Stop], bool]


@contextlib.contextmanager
def _hands(cluster: str, ledger: Ledger, teller: Teller) -> Iterator[Make]:
    """What makes the rows, on this machine or on a cluster's. Raises BadInput where that cannot be joined."""
    if not cluster:
        with job.engine(PACKAGE) as engine:
            yield lambda rows, stop: running.run(rows, ledger, Local(engine, stop), teller, listed_in_library)
        return
    from models.commands.cluster.machines import joined
    from models.commands.cluster.spread import Spread

    with joined(cluster, teller.note, PACKAGE) as machines:
        yield lambda rows, stop: Spread(ledger, machines, teller, stop).run(rows, listed_in_library)


def _make(plan: Plan, ledger: Ledger, teller: Teller, make: Make, stop: job.Stop) -> int:
    rows = plan.in_turn
    teller.start(rows, ledger.done, plan.twice)
    try:
        whole = make(rows, stop)
    except OSError as error:
        ledger.write()
        say.sentence(f"The engine could not be started ({(error.strerror or str(error)).lower()}).")
        return FAILED
    made = [] if stop.wanted else _sheets(plan.rows, ledger, teller)
    failed = {row.id: ledger.failed[row.id] for row in rows if row.id in ledger.failed}
    missing = sum(row.id not in ledger.done and row.id not in failed for row in rows)
    teller.end(rows, failed, missing, made, ledger.folder / FILE)
    if not whole:
        return STOPPED
    return FAILED if failed or missing else DONE


def _sheets(rows: Sequence[Row], ledger: Ledger, teller: Teller) -> list[Path]:
    """A sheet that cannot be drawn, or listed, is a remark: its pictures are there."""
    found: list[Path] = []
    for name, on_it in sheet.sheets(rows).items():
        files = {row.id: ledger.folder / ledger.done[row.id].file for row in on_it if row.id in ledger.done}
        try:
            made = sheet.save(name, on_it, files, ledger.failed, ledger.folder)
        except (BadInput, OSError) as error:
            teller.note(str(error))
            continue
        found.append(Path(made.path))
        if problem := listed_in_library(made):
            teller.note(problem)
    return found
