"""`main.py generate MODEL ...`: from words to a checked request, before anything heavy is started."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Sequence
from pathlib import Path

from models import folders
from models.commands import additions, job
from models.commands.tell import JsonTeller, PeopleTeller, Teller
from models.outputs import formats, place, read
from models.outputs.write import whole_text
from models.planning.wish import PARAMETERS, Wish
from models.prompting.expand import check
from models.prompting.item import takes_signs
from models.protocol import MAX_COUNT, MAX_PROMPT, MAX_SEED, BadInput, Card, Input, Request, incomplete, listed
from models.registry import Registry
from models.store.store import Store


def run(arguments: argparse.Namespace) -> int:
    teller: Teller = JsonTeller() if arguments.json else PeopleTeller()
    try:
        request = request_for(arguments, Store(Registry().recognise))
    except BadInput as error:
        teller.refused(str(error))
        raise
    return job.make(request, teller)


def request_for(arguments: argparse.Namespace, store: Store) -> Request:
    """Everything that was said, checked against the model's card and the disk. Raises BadInput."""
    model = store.find(arguments.model)
    if model.missing:
        raise incomplete(model.name, model.missing)
    card = model.card
    if arguments.task and arguments.task not in card.tasks:
        raise BadInput(f"{card.name} cannot do {arguments.task!r}: choose {listed(card.tasks)}.")
    inputs = _inputs(arguments.inputs, card, arguments.task)
    task = _task(card, arguments.task, inputs)
    for name, path in inputs.items():
        _check_readable(next(i for i in card.inputs if i.name == name), path)
    if arguments.negative and not card.negative_prompt:
        raise BadInput(f"{card.name} takes no negative prompt: leave out --negative.")
    said = _texts(arguments, card, task)
    out = place.ready(Path(arguments.out).expanduser().absolute() if arguments.out else folders.outputs())
    return Request(
        model_id=model.id,
        model_path=model.path,
        architecture=card.architecture,
        task=task,
        prompt=said[0],
        negative_prompt=said[1],
        seed=number("seed", arguments.seed, 0, MAX_SEED) if arguments.seed else secrets.randbelow(MAX_SEED + 1),
        count=number("count", arguments.count, 1, MAX_COUNT),
        settings=card.check(additions.chosen(_settings(arguments.settings), model, store), task),
        inputs=inputs,
        out=str(out),
        format=formats.find(arguments.format, card.medium).said,
        wish=wished(arguments),
    )


def wished(arguments: argparse.Namespace) -> dict[str, str]:
    """What was said of how it is to run, as `Request.wish` has it. Raises BadInput with what is valid."""
    said = {wanted.name: value for wanted in PARAMETERS if (value := getattr(arguments, wanted.name, ""))}
    Wish.of(said)
    return said


def _settings(words: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name:
            raise BadInput(f"--set takes NAME=VALUE, not {word!r}: for example --set steps=20.")
        found[name] = value.strip()
    return found


def _inputs(words: Sequence[str], card: Card, task: str) -> dict[str, str]:
    """Files by the name of their input. Those without a name take the model's inputs in order."""
    takes = [i.name for i in (card.inputs_for(task) if task else card.inputs)]
    found: dict[str, str] = {}
    nameless: list[str] = []
    for word in words:
        name, equals, path = word.partition("=")
        if equals and name in takes:
            found[name] = path
        else:
            nameless.append(word)
    free = [name for name in takes if name not in found]
    if len(nameless) > len(free):
        what = f"takes only {len(takes)} (as {listed(takes)})" if takes else "takes none"
        raise BadInput(f"{card.name} has no use for {len(words)} input files: it {what}.")
    found |= dict(zip(free, nameless, strict=False))
    return {name: str(Path(path).expanduser().absolute()) for name, path in found.items()}


def _task(card: Card, task: str, inputs: dict[str, str]) -> str:
    if not task:
        return card.task_for(tuple(inputs))
    missing = [i.name for i in card.inputs_for(task) if i.required and i.name not in inputs]
    if missing:
        raise BadInput(f"{task} starts from a file that is missing: give --input {missing[0]}=FILE.")
    return task


def _check_readable(given: Input, path: str) -> None:
    if given.medium == "picture":
        read.open_picture(path)
    elif not Path(path).is_file():
        raise BadInput(f"There is no file {path}: check its name.")
    elif (seen := read.seen(path)).medium != given.medium:
        raise BadInput(f"{Path(path).name} is {seen.medium}, but {given.name} takes {given.medium}.")


def _texts(arguments: argparse.Namespace, card: Card, task: str) -> tuple[str, str]:
    """Prompt and negative prompt, in a style where one was named. Raises BadInput for what cannot be expanded."""
    prompt, negative = arguments.prompt, arguments.negative
    if arguments.style:
        from models.prompting import styles

        prompt, more = styles.find(arguments.style).around(prompt, negative)
        negative = more if card.negative_prompt else negative
    texts = prompt_text(prompt, "The prompt"), prompt_text(negative, "The negative prompt")
    if takes_signs(card, task):
        for text in texts:
            check(text)
    return texts


def prompt_text(text: str, what: str) -> str:
    """A text given on the command line, as one that every encoding takes. Raises BadInput where it is too long."""
    if len(text) > MAX_PROMPT:
        raise BadInput(f"{what} has {len(text):,} characters: {MAX_PROMPT:,} is the most that fits.")
    return whole_text(text)


def number(name: str, text: str, low: int, high: int) -> int:
    """A whole number given as --name. Raises BadInput with the range."""
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise BadInput(f"--{name} is a whole number from {low} to {high}, not {text!r}.")
    return number
