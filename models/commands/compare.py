"""`main.py compare`: one prompt and seed, every model that takes them, side by side."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path

from models import comparing, folders
from models.commands import BAD_INPUT, DONE, FAILED, STOPPED, job, say
from models.commands.generate import number
from models.commands.tell import JsonTeller, PeopleTeller, Teller
from models.comparing import Entry
from models.outputs import place
from models.outputs.write import whole_text
from models.protocol import MAX_PROMPT, MAX_SEED, BadInput, Cancelled, Event, Failed, Output
from models.registry import Registry
from models.store.store import Store


class _Catching:
    """Tells on, and keeps the output and the last word."""

    def __init__(self, inner: Teller) -> None:
        self.inner = inner
        self.output: Output | None = None
        self.word: Event | None = None

    def event(self, event: Event) -> None:
        if isinstance(event, Output):
            self.output = event
        self.word = event
        self.inner.event(event)

    def refused(self, reason: str) -> None:
        self.inner.refused(reason)


def run(arguments: argparse.Namespace) -> int:
    """Ask each in turn, write the sheet, and say who took how long and did how well."""
    prompt = whole_text(arguments.prompt).strip()
    if not prompt:
        raise BadInput('compare needs a prompt: for example --prompt "a red sailboat on a calm sea at sunset".')
    if len(prompt) > MAX_PROMPT:
        raise BadInput(f"The prompt has {len(prompt):,} characters: {MAX_PROMPT:,} is the most that fits.")
    seed = number("seed", arguments.seed, 0, MAX_SEED) if arguments.seed else secrets.randbelow(MAX_SEED + 1)
    models = comparing.takers(Store(Registry().recognise).models(), arguments.models)
    folder = place.ready(Path(arguments.out).expanduser().absolute() if arguments.out else folders.outputs())
    entries: list[Entry] = []
    with job.engine() as engine:
        for model in models:
            teller = _Catching(JsonTeller() if arguments.json else PeopleTeller())
            if not arguments.json:
                say.sentence(f"{model.name} …")
            request = comparing.request_for(model, prompt, seed, str(folder))
            code = job.make(request, teller, engine)
            if code == STOPPED or isinstance(teller.word, Cancelled):
                return STOPPED
            reason = teller.word.reason if isinstance(teller.word, Failed) else ""
            entries.append(Entry(model, teller.output, reason))
    path = comparing.save_sheet(entries, prompt, seed, folder)
    if arguments.json:
        rows = [
            {"model": e.model.id, "path": e.output.path if e.output else None, "seconds": _seconds(e),
             "found": e.found, "reason": e.reason}
            for e in entries
        ]  # fmt: skip
        say.json_line({"event": "sheet", "path": str(path), "models": rows})
    else:
        say.table([(e.model.name, comparing.caption(e)) for e in entries])
        say.line(str(path))
    if all(e.output for e in entries):
        return DONE
    return FAILED if any(e.output for e in entries) else BAD_INPUT


def _seconds(entry: Entry) -> float | None:
    return round(entry.output.seconds, 3) if entry.output else None
