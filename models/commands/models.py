"""`main.py models list | show | add | remove | verify`: none starts the engine, none imports torch."""

from __future__ import annotations

import argparse
import sys

from models import cards
from models.commands import DONE, FAILED, say
from models.protocol import Card, ModelInfo, Parameter, listed
from models.registry import Registry
from models.store.store import Store


def store() -> Store:
    return Store(Registry().recognise)


def list_all(arguments: argparse.Namespace) -> int:
    shelf = store()
    known = shelf.models()
    if arguments.json:
        say.json_line([cards.model_summary(model) for model in known])
    elif known:
        say.table([("ID", "NAME", "MAKES", "SIZE", "KIND"), *(_row(model) for model in known)])
    else:
        say.sentence("No model is here yet: add one with `main.py models add PATH`.")
    for problem in shelf.problems:
        say.sentence(problem)
    return DONE


def show(arguments: argparse.Namespace) -> int:
    model = store().find(arguments.model)
    if arguments.json:
        say.json_line(cards.model_to_dict(model))
        return DONE
    card = model.card
    say.line(f"{model.name} ({model.id})")
    facts = (
        ("Kind", f"{card.name}, {card.family}"),
        ("Makes", f"{card.medium}: {', '.join(card.tasks)}"),
        ("Size", say.size(model.size_bytes)),
        ("Licence", model.licence or "not stated"),
        ("Lies in", model.path),
        ("Missing", model.missing),
    )
    say.table([(f"{name}:", text) for name, text in facts if text], indent="  ")
    for title, advanced in (("Settings", False), ("Advanced settings", True)):
        rows = [(p.name, _default(p), _range(p), _help(p, card)) for p in card.parameters if p.advanced == advanced]
        if rows:
            say.line(f"\n{title} (--set NAME=VALUE)")
            say.table([("NAME", "DEFAULT", "RANGE", ""), *rows], indent="  ")
    if card.inputs:
        say.line("\nInputs (--input NAME=FILE)")
        say.table([(i.name, i.medium, f"{i.help} For {listed(i.tasks)}.") for i in card.inputs], indent="  ")
    return DONE


def add(arguments: argparse.Namespace) -> int:
    last = -1

    def progress(done: int, total: int) -> None:
        nonlocal last
        percent = 100 * done // max(total, 1)
        if percent != last and sys.stderr.isatty():
            last = percent
            print(f"\rReading the weights for their checksums: {percent} %", end="", file=sys.stderr, flush=True)

    model = store().add(arguments.path, arguments.name, progress)
    if last >= 0:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    if arguments.json:
        say.json_line(cards.model_summary(model))
    else:
        say.line(f"{model.id}: {model.name} was added; it stays in {model.path}.")
    return DONE


def remove(arguments: argparse.Namespace) -> int:
    path = store().remove(arguments.model)
    if arguments.json:
        say.json_line({"id": arguments.model, "path": path, "removed": True})
    else:
        say.line(f"{arguments.model} is off the list; its files stay in {path}.")
    return DONE


def verify(arguments: argparse.Namespace) -> int:
    """0 where every file is as recorded (or has no record), 1 where one is not."""
    broken = 0
    for verdict in store().verify(arguments.model):
        broken += verdict.ok is False
        if arguments.json:
            row = {"model": verdict.model, "file": verdict.file, "ok": verdict.ok, "reason": verdict.reason}
            say.json_line(row)
        else:
            word = {True: "sound", False: "BROKEN", None: "unknown"}[verdict.ok]
            say.line(f"{word:8} {verdict.model}: {verdict.file}  {verdict.reason}".rstrip())
    if broken:
        say.sentence(f"{broken} file{'s are' if broken > 1 else ' is'} not as recorded.")
    return FAILED if broken else DONE


def _row(model: ModelInfo) -> tuple[str, ...]:
    kind = model.card.name + (", starter" if model.starter else "")
    return (model.id, model.name, model.card.medium, say.size(model.size_bytes), kind)


def _default(parameter: Parameter) -> str:
    value = parameter.default
    if parameter.type == "bool":
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _range(parameter: Parameter) -> str:
    if parameter.choices:
        return " | ".join(parameter.choices)
    if parameter.type == "bool":
        return "on | off"
    ends = [f"{end:g}" for end in (parameter.minimum, parameter.maximum) if end is not None]
    steps = f", multiples of {parameter.multiple_of}" if parameter.multiple_of > 1 else ""
    return " to ".join(ends) + (f" {parameter.unit}" if parameter.unit else "") + steps


def _help(parameter: Parameter, card: Card) -> str:
    some = parameter.tasks and set(parameter.tasks) != set(card.tasks)
    return parameter.help + (f" For {listed(parameter.tasks)}." if some else "")
