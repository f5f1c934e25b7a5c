"""The rows that are missing, one after the other: made, put in their place, and told."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from models.batch.ledger import Ledger
from models.batch.rows import Row
from models.outputs import read, write
from models.outputs.media import Picture
from models.protocol import BadInput, Cancelled, Done, Event, Failed, LastWord, Notice, Output, Request

ENLARGED = "enlarged by"  # the fact under which a finished picture says so


class Runner(Protocol):
    """Where requests are made, one after the other: an engine on this machine."""

    def make(self, request: Request, tell: Callable[[Event], None]) -> LastWord:
        """The last word on it; every other event goes to `tell` as it comes. An engine that dies is none of the
        caller's matter: it is a failure in words."""
        ...


class Listener(Protocol):
    """Who is told how it goes."""

    def begin(self, row: Row) -> None: ...

    def event(self, row: Row, event: Event) -> None: ...

    def done(self, row: Row, path: Path, seconds: float) -> None: ...

    def failed(self, row: Row, reason: str) -> None: ...


class Pace:
    """How long what is left will take, from how long the rows of each model took."""

    def __init__(self) -> None:
        self._took: dict[str, list[float]] = {}

    def see(self, row: Row, seconds: float) -> None:
        self._took.setdefault(row.request.model_path, []).append(seconds)

    def left_s(self, rows: Sequence[Row]) -> float | None:
        """Seconds for these rows; None before the first is there. A model that has made none takes as long as the
        others."""
        # The first of a model also read it, so it counts only as long as it is the only one.
        mean = {path: sum(took[1:] or took) / len(took[1:] or took) for path, took in self._took.items()}
        if not mean:
            return None
        usual = sum(mean.values()) / len(mean)
        return sum(mean.get(row.request.model_path, usual) for row in rows)


def run(
    rows: Sequence[Row],
    ledger: Ledger,
    runner: Runner,
    listener: Listener,
    listed: Callable[[Output], str] = lambda output: "",
) -> bool:
    """Make those that the ledger has not; False where the person stopped it. `listed` puts a finished file on the
    library's list. A row that fails is noted, and the next one begins. Raises BadInput where the folder takes nothing
    any more, and OSError where no engine can be started."""
    recover(ledger, listed)
    for row in rows:
        if row.id in ledger.done:
            continue
        listener.begin(row)
        began = time.monotonic()
        word, output = made(row, ledger.room(row), runner, listener.event)
        if isinstance(word, Cancelled):
            ledger.write()
            return False
        settle(row, word, output, time.monotonic() - began, ledger, listener, listed)
    ledger.write()
    return True


def recover(ledger: Ledger, listed: Callable[[Output], str]) -> None:
    """Put on the library's list what was whole when everything stopped."""
    for made in ledger.recovered:
        path = ledger.folder / made.file
        with contextlib.suppress(BadInput):
            listed(Output(str(path), made.medium, made.seconds, read.bare(read.read_settings(path))))


def settle(
    row: Row,
    word: LastWord,
    output: Output | None,
    took_s: float,
    ledger: Ledger,
    listener: Listener,
    listed: Callable[[Output], str],
) -> None:
    """A row has come to its end, and was not stopped: its file gets its name, or it is noted why there is none. Raises
    BadInput where the ledger cannot be written."""
    try:
        if isinstance(word, Failed) or output is None:
            raise BadInput(word.reason if isinstance(word, Failed) else "It came to an end without a file.")
        path = ledger.finish(row, Path(output.path), output.seconds, output.medium)
    except BadInput as error:
        ledger.fail(row, str(error))
        listener.failed(row, str(error))
        return
    if problem := listed(replace(output, path=str(path))):
        listener.event(row, Notice(problem))
    listener.done(row, path, took_s)


def made(row: Row, room: Path, runner: Runner, tell: Callable[[Row, Event], None]) -> tuple[LastWord, Output | None]:
    """The row's whole file in that folder, enlarged where it is to be."""
    word, output = _one(replace(row.request, out=str(room)), row, runner, tell)
    upscaler = row.source.upscaler
    if upscaler is None or output is None or not isinstance(word, Done):
        return word, output
    larger = Request(
        model_id=upscaler.id,
        model_path=upscaler.path,
        architecture=upscaler.card.architecture,
        task="upscale",
        seed=row.request.seed,
        settings=upscaler.card.check({}, "upscale"),
        inputs={"picture": output.path},
        out=str(room),
        keep=False,
        wish=row.request.wish,
    )
    word, enlarged = _one(larger, row, runner, tell)
    if enlarged is None or not isinstance(word, Done):
        return word, None
    try:
        return word, _written_anew(row, room, output, enlarged)
    except (BadInput, OSError) as error:
        return Failed(f"The enlarged picture could not be written ({str(error).rstrip('.')})."), None


def _written_anew(row: Row, room: Path, first: Output, enlarged: Output) -> Output:
    """The enlarged picture as the preset wants it written, with the record of what it was made from: so it can be made
    again, and no folder of a moment stands in it."""
    assert row.source.upscaler is not None
    facts = dict(first.settings.get("facts", {})) | {ENLARGED: row.source.upscaler.name}
    record = dict(first.settings) | {"facts": facts}
    path = room / f"whole{row.format.extension}"
    write.writer(Picture(read.open_picture(enlarged.path), facts), row.format, record)(path)
    return Output(str(path), "picture", first.seconds + enlarged.seconds, record)


def _one(
    request: Request, row: Row, runner: Runner, tell: Callable[[Row, Event], None]
) -> tuple[LastWord, Output | None]:
    outputs: list[Output] = []

    def hear(event: Event) -> None:
        if isinstance(event, Output):
            outputs.append(event)  # told once it has its name
        else:
            tell(row, event)

    return runner.make(request, hear), outputs[-1] if outputs else None
