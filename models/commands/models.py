"""`main.py models list | show | add | remove | verify`: none starts the engine, none imports torch."""

from __future__ import annotations

import argparse
import functools
from pathlib import Path

from models import cards, sizes
from models.commands import DONE, FAILED, say
from models.protocol import PACKAGE, Card, Found, Match, ModelInfo, Parameter, listed
from models.store.arrange import Wish, arranged
from models.store.edition import edition
from models.store.store import Store


def store() -> Store:
    return Store(_recognise, edition=edition(PACKAGE))


def _recognise(path: Path) -> tuple[str, Match]:
    """What the families say; they are imported when the first model is one that nobody has looked at yet."""
    return _registry().recognise(path)


@functools.cache
def _registry():  # type: ignore[no-untyped-def]
    from models.registry import Registry

    return Registry()


def list_all(arguments: argparse.Namespace) -> int:
    shelf = store()
    seen = shelf.look()
    wish = Wish(
        arguments.search, arguments.medium, arguments.family, arguments.architecture, arguments.base, arguments.sort
    )
    if arguments.additions or arguments.others:
        _list_found([f for f in arranged(seen.found, wish) if f.addition == arguments.additions], arguments)
    else:
        _list_models(arranged(seen.models, wish), bool(seen.models), arguments)
        _tell_of_others(seen.found, arguments)
    for problem in shelf.problems:
        say.sentence(problem)
    return DONE


def _list_models(models: tuple[ModelInfo, ...], any_there: bool, arguments: argparse.Namespace) -> None:
    if arguments.json:
        say.json_line([cards.model_summary(model) for model in models])
    elif models:
        say.table([("ID", "NAME", "MAKES", "BASE", "SIZE", "PARAMETERS", "KIND"), *(_row(model) for model in models)])
    elif any_there:
        say.sentence("No model is like that: ask for less, or see all with `main.py models list`.")
    else:
        say.sentence("No model is here yet: add one with `main.py models add PATH`.")


def _list_found(found: list[Found], arguments: argparse.Namespace) -> None:
    if arguments.json:
        say.json_line([cards.found_to_dict(one) for one in found])
    elif found and arguments.additions:
        rows = [(f.id, f.kind, listed(f.bases), f.detail, sizes.size(f.size_bytes), f.path) for f in found]
        say.table([("ID", "KIND", "FOR", "DETAIL", "SIZE", "LIES IN"), *rows])
    elif found:
        lines = [(f.id, f.kind, sizes.size(f.size_bytes), f.reason) for f in found]
        say.table([("ID", "KIND", "SIZE", "WHY IT DOES NOT RUN"), *lines])
    else:
        say.sentence("Nothing like that is here: link the folder of another program with `main.py models link FOLDER`.")


def _tell_of_others(found: list[Found], arguments: argparse.Namespace) -> None:
    """One line on what a listing of models leaves out."""
    additions = sum(one.addition for one in found)
    others = len(found) - additions
    if additions and not arguments.json:
        what = "addition is" if additions == 1 else "additions are"
        say.sentence(f"{additions} {what} here too: `models list --additions`.")
    if others and not arguments.json:
        what = "file does not run" if others == 1 else "files do not run"
        say.sentence(f"{others} {what} here, and why not tells `models list --others`.")


def show(arguments: argparse.Namespace) -> int:
    model = store().about(arguments.model)
    if isinstance(model, Found):
        return _show_found(model, arguments)
    if arguments.json:
        say.json_line(cards.model_to_dict(model))
        return DONE
    card = model.card
    say.line(f"{model.name} ({model.id})")
    facts = (
        ("Kind", f"{card.name}, {card.family}"),
        ("Makes", f"{card.medium}: {', '.join(card.tasks)}"),
        ("Of", ", ".join(part for part in (model.base, model.detail) if part)),
        *_facts(model),
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


def _show_found(found: Found, arguments: argparse.Namespace) -> int:
    if arguments.json:
        say.json_line(cards.found_to_dict(found))
        return DONE
    say.line(f"{found.name} ({found.id})")
    whose = ("For" if found.addition else "Of", listed(found.bases))
    facts = (("Kind", found.kind), whose, ("Detail", found.detail), *_facts(found))
    say.table([(f"{name}:", text) for name, text in facts if text], indent="  ")
    say.sentence(found.reason)
    return DONE


def _facts(model: ModelInfo | Found) -> tuple[tuple[str, str], ...]:
    numbers = f"{_count(model.numbers)}, {say_precision(model)}" if model.numbers else ""
    return (
        ("Size", sizes.size(model.size_bytes)),
        ("Parameters", numbers),
        ("Needs", listed(model.needs)),
        ("Licence", model.licence or "not stated"),
        ("Lies in", model.path),
        ("Found in", model.found_in),
    )


def add(arguments: argparse.Namespace) -> int:
    with say.counting("Reading the weights for their checksums") as progress:
        model = store().add(arguments.path, arguments.name, progress)
    if arguments.json:
        say.json_line(cards.found_to_dict(model) if isinstance(model, Found) else cards.model_summary(model))
    else:
        say.line(f"{model.id}: {model.name} was added; it stays in {model.path}.")
        if isinstance(model, Found):
            say.sentence(model.reason)
    return DONE


def remove(arguments: argparse.Namespace) -> int:
    if arguments.bin:
        path = str(store().discard(arguments.model, others=arguments.even_linked))
    else:
        path = store().remove(arguments.model)
    if arguments.json:
        say.json_line({"id": arguments.model, "path": path, "removed": True, "in_bin": arguments.bin})
    elif arguments.bin:
        say.line(f"{arguments.model} is off the list, and {path} is in the system's bin.")
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
    numbers = f"{_count(model.numbers)} {say_precision(model)}" if model.numbers else ""
    return (model.id, model.name, model.card.medium, model.base, sizes.size(model.size_bytes), numbers, kind)


def _count(numbers: int) -> str:
    """Numbers as people count a model's: 860M, 7.2B."""
    for unit, name in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if numbers >= unit:
            return f"{numbers / unit:.{1 if numbers < 10 * unit else 0}f}{name}"
    return str(numbers)


def say_precision(model: ModelInfo | Found) -> str:
    """`BF16` where nearly all numbers are of one kind, else the kinds with their shares."""
    if model.precision and model.precision[0][1] >= 0.95:
        return model.precision[0][0]
    return ", ".join(f"{kind} {share:.0%}" for kind, share in model.precision[:3] if share >= 0.005)


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
