"""One request, from a fresh engine to its last word, with Ctrl+C heard all the way."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from types import FrameType

from models.commands import BAD_INPUT, DONE, FAILED, STOPPED, say
from models.commands.tell import Teller
from models.engine_process import GOES_ON, EngineDied, EngineProcess
from models.protocol import (
    PACKAGE,
    Cancel,
    Cancelled,
    Done,
    Failed,
    Hello,
    LastWord,
    Loading,
    Notice,
    Output,
    Request,
    Run,
)

# A family hears of a stop between two steps; a loader, or a step that takes longer than this, is not waited for.
PATIENCE_S = 5.0
_LISTEN_S = 0.2
JOB = 1


class Stop:
    """Whether the person wants it to end: Ctrl+C, or a system that asks politely (SIGTERM). Twice: at once."""

    def __init__(self) -> None:
        self.wanted = 0
        self.since = 0.0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.wanted += 1
        self.since = self.since or time.monotonic()

    @property
    def impatient(self) -> bool:
        return self.wanted > 1 or (self.wanted > 0 and time.monotonic() - self.since > PATIENCE_S)


class Engine:
    """One engine for several requests, started when the first needs it, and again where it has ended."""

    def __init__(self, package: str = PACKAGE) -> None:
        """`package` holds the families."""
        self._package = package
        self._process: EngineProcess | None = None

    def process(self) -> EngineProcess:
        """A running one. Raises EngineDied, and OSError where the system gives no process."""
        if self._process is None or not self._process.alive:
            self.close()
            self._process = EngineProcess(self._package)
            self._process.start()
        return self._process

    def close(self) -> None:
        """Leave no process behind."""
        if self._process is not None:
            self._process.close()
            self._process = None


@contextlib.contextmanager
def engine(package: str = PACKAGE) -> Iterator[Engine]:
    """An engine, gone afterwards whatever happens."""
    held = Engine(package)
    try:
        yield held
    finally:
        held.close()


def make(request: Request, teller: Teller, shared: Engine | None = None) -> int:
    """Run it and tell every event; the exit code. In a `shared` engine, or in its own, which is gone afterwards."""
    with heard() as stop, contextlib.nullcontext(shared) if shared else engine() as held:
        teller.event(Loading("Starting the engine"))
        try:
            word = made(Run(JOB, request), teller, stop, held)
        except EngineDied as error:
            word = Cancelled() if stop.wanted else Failed(f"The engine {error}: please try again.")
        except BrokenPipeError:  # our own reader has gone, not the engine: it was ended on the way here
            raise
        except OSError as error:
            word = Failed(f"The engine could not be started ({(error.strerror or str(error)).lower()}).")
    teller.event(word)
    if isinstance(word, Failed):
        say.sentence(word.reason)
        return BAD_INPUT if word.bad_input else FAILED
    if isinstance(word, Cancelled):
        say.sentence("Stopped.")
        return STOPPED
    return DONE


@contextlib.contextmanager
def heard(until_closed: bool = False) -> Iterator[Stop]:
    """A stop becomes a flag meanwhile: an exception could fall into the middle of a message to the engine. With
    `until_closed`, the end of standard input is one, too: so a program that started this one stops it on any system,
    also where it was killed itself."""
    stop = Stop()
    if until_closed:
        threading.Thread(target=_wait_for_the_end, args=(stop,), daemon=True).start()
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_for_the_end(stop: Stop) -> None:
    with contextlib.suppress(OSError, ValueError):
        # Not through `sys.stdin`, whose lock a thread that waits would hold while Python ends.
        while os.read(0, 4096):
            pass
    stop(0, None)


def made(run: Run, teller: Teller, stop: Stop, engine: Engine, last_try: bool = False) -> LastWord:
    """The last word on it; where the engine loses its device, once more from another. Raises EngineDied, and OSError
    where the system gives no process."""
    cancelled = False
    try:
        process = engine.process()
        process.send(run)
        while True:
            if stop.wanted and not cancelled:
                process.send(Cancel(JOB))
                cancelled = True
            if stop.impatient:
                process.kill()
                return Cancelled()
            message = process.receive(_LISTEN_S)
            if message is None or isinstance(message, Hello) or message.job != JOB:
                continue
            if isinstance(message.event, Done | Cancelled | Failed):
                return message.event
            if isinstance(message.event, Output):
                run = replace(run, first=message.event.item + 1)
            teller.event(message.event)
    except EngineDied as death:
        engine.close()
        if not death.device_lost or last_try or stop.wanted:
            raise
    teller.event(Notice(GOES_ON))
    return made(run, teller, stop, engine, last_try=True)
