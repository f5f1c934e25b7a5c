"""The window's one line to the engine: a thread that owns process and pipes, and starts another when it dies."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from dataclasses import dataclass, replace
from multiprocessing import connection

from PySide6.QtCore import QObject, QThread, Signal

from desktop.mailbox import Mailbox
from desktop.revival import ATTEMPTS, Revival
from models import cards
from models.engine_process import GOES_ON, EngineDied, EngineProcess
from models.protocol import (
    PACKAGE,
    Add,
    Cancel,
    Cancelled,
    Done,
    Event,
    Failed,
    Hello,
    Keep,
    Notice,
    Order,
    Output,
    Report,
    Request,
    Rescan,
    Run,
    Unload,
)

# How long the window waits for a busy engine when it closes, before it ends it.
GRACE_S = 0.4


@dataclass(frozen=True)
class _Stop:
    """Kill the engine, now; the job in hand ends as cancelled."""


class GenerationWorker(QThread):
    """Start it with `start()`, end it with `close()`. The methods may be called from the window's thread at any time.

    Signals, delivered in the thread of the QObject that receives them:
    `hello(Hello)` when an engine is up, or has looked at the models again;
    `report(job id, Event)`, the last one of a job being Done, Cancelled or Failed, whatever happens;
    `engine_died(sentence)` after which another is started, or `engine_gave_up(sentence)`, before the last words of the
    jobs that it had, where that was tried often enough: then the next job tries again.
    """

    hello = Signal(object)
    report = Signal(int, object)
    engine_died = Signal(str)
    engine_gave_up = Signal(str)

    def __init__(self, package: str = PACKAGE, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._package = package
        self._mail = Mailbox()
        self._closing = False
        # From here on: the thread's own.
        self._engine: EngineProcess | None = None
        self._waiting: deque[Run] = deque()
        self._errands: deque[Order] = deque()  # for an engine that is still to come
        self._in_hand: Run | None = None
        self._begun = False  # the engine has said something of it
        self._unwanted = False  # the person has cancelled it
        self._keep = Keep()
        self._tried_again = -1  # the job that another engine was tried for
        self._ready = False
        self._born = 0.0
        self._revival = Revival()

    # ── for the window ────────────────────────────────────────────────────────

    def submit(self, job: int, request: Request, first: int = 0, halfway: str = "") -> None:
        """Run it once the jobs before it have ended; its items before `first` are there already, and in the file
        `halfway` are kept the steps of the next one."""
        self._mail.put(Run(job, request, first, halfway))

    def cancel(self, job: int) -> None:
        """Stop it at its next step. A job that has ended is left as it is."""
        self._mail.put(Cancel(job))

    def hard_stop(self) -> None:
        """End the job in hand at once, by ending the engine; another one is started."""
        self._mail.put(_Stop())

    def rescan(self) -> None:
        """Models were added or removed: a new hello follows."""
        self._mail.put(Rescan())

    def add_model(self, path: str) -> None:
        """Put a model on the list: a new hello follows, which says why where it cannot be used."""
        self._mail.put(Add(path))

    def unload(self) -> None:
        """Free the loaded models' memory."""
        self._mail.put(Unload())

    def keep_ready(self, limit: int | None) -> None:
        """Let models that wait for their next job hold so many bytes together; None: what is free. Every engine that
        is started hears of it."""
        self._mail.put(Keep(limit))

    def close(self) -> None:
        """End the engine and the thread; returns when nothing is left of either."""
        self._closing = True
        self._mail.put(None)
        # A thread that reads a message of which an engine in trouble never sends the end would wait for ever.
        if not self.wait(int((GRACE_S + 2) * 1000)):
            engine = self._engine
            if engine is not None:
                engine.kill()
            self.wait()

    @property
    def engine_pid(self) -> int | None:
        engine = self._engine
        return engine.pid if engine is not None else None

    # ── the thread ────────────────────────────────────────────────────────────

    def run(self) -> None:
        """The thread's main; not to be called."""
        try:
            while not self._closing:
                self._start_if_due()
                engine = self._engine if self._wait() else None
                # First what the person wants: a job that was cancelled is not one that an engine's end spoiled.
                self._heed()
                if engine is not None and engine is self._engine:
                    self._listen()
                self._next_job()
        finally:
            self._end_engine(GRACE_S)

    def _start_if_due(self) -> None:
        if self._engine is not None or self._revival.due_in(time.monotonic()) != 0:
            return
        engine = EngineProcess(self._package)
        try:
            engine.start()
        except (EngineDied, OSError) as error:
            self._after_death(str(error) if isinstance(error, EngineDied) else f"could not be started ({error})")
            return
        self._engine, self._ready, self._born = engine, False, time.monotonic()
        if self._keep != Keep():
            self._send(self._keep)
        while self._errands:
            self._send(self._errands.popleft())

    def _wait(self) -> bool:
        """Until the window says something, the engine does, or it is time to start one; whether the engine did."""
        timeout = self._revival.due_in(time.monotonic()) if self._engine is None else None
        for_engine = self._engine.waitables if self._engine is not None else []
        ready = connection.wait([self._mail.bell, *for_engine], timeout)
        if self._mail.bell in ready:
            self._mail.heard()
        return any(one is not self._mail.bell for one in ready)

    def _listen(self) -> None:
        """Take one message; the loop comes back for the next, with what the window said in between."""
        assert self._engine is not None
        try:
            message = self._engine.receive(0)
        except EngineDied as death:
            self._after_death(str(death), death.device_lost)
            return
        if isinstance(message, Hello):
            self._ready = True
            self.hello.emit(message)
            cards.remember(message.models)
        elif isinstance(message, Report):
            self._heard(message.job, message.event)

    def _heard(self, job: int, event: Event) -> None:
        if self._in_hand is None or job != self._in_hand.job:
            return
        self._begun = True
        if isinstance(event, Output):
            self._in_hand = replace(self._in_hand, first=event.item + 1)
        if isinstance(event, (Done, Cancelled, Failed)):
            self._in_hand = None
            self._revival.worked()
        self.report.emit(job, event)

    def _heed(self) -> None:
        """Do what the window said since last time."""
        while not self._closing and (what := self._mail.take()) is not None:
            if isinstance(what, Run):
                self._waiting.append(what)
                self._revival.wanted()
            elif isinstance(what, Cancel):
                self._cancel(what)
            elif isinstance(what, _Stop):
                self._stop()
            elif isinstance(what, Keep):
                self._keep = what
                if self._engine is not None:
                    self._send(what)
            else:
                self._revival.wanted()
                self._send(what)

    def _next_job(self) -> None:
        if self._ready and self._in_hand is None and self._waiting:
            self._in_hand, self._begun, self._unwanted = self._waiting.popleft(), False, False
            self._send(self._in_hand)

    def _cancel(self, order: Cancel) -> None:
        if self._in_hand is not None and order.job == self._in_hand.job:
            self._unwanted = True
            self._send(order)
            return
        for run in self._waiting:
            if run.job == order.job:
                self._waiting.remove(run)
                self.report.emit(order.job, Cancelled())
                return

    def _send(self, order: Order) -> None:
        if self._engine is None:
            self._errands.append(order)
            return
        # A dead engine is noticed, and told, where its messages are read.
        with contextlib.suppress(EngineDied):
            self._engine.send(order)

    # ── ends ──────────────────────────────────────────────────────────────────

    def _stop(self) -> None:
        if self._engine is None or (self._in_hand is None and self._ready):
            return
        run, self._in_hand = self._in_hand, None
        self._end_engine(None)
        self._revival.at_once()
        if run is not None:
            self.report.emit(run.job, Cancelled())

    def _after_death(self, how: str, device_lost: bool = False) -> None:
        """The engine is gone: see about another one, and about the job in hand, which ends or is tried once more."""
        run, self._in_hand = self._in_hand, None
        now = time.monotonic()
        lived_s = now - self._born if self._ready else 0.0
        self._end_engine(None)
        if not self._revival.died(now, lived_s, run is not None):
            self._give_up(how)
            return
        if run is not None and self._unwanted:
            self.report.emit(run.job, Cancelled())
        elif run is not None and (device_lost or not self._begun) and run.job != self._tried_again:
            # Another engine has the device again; and one that died of something else before it came to this job
            # is as good as never sent.
            self._tried_again = run.job
            self._waiting.appendleft(run)
            if device_lost:
                self.report.emit(run.job, Notice(GOES_ON))
        elif run is not None:
            sentence = f"The engine {how} while it worked on this; it starts again, so try once more."
            self.report.emit(run.job, Failed(sentence))
        self.engine_died.emit(f"The engine {how}; it starts again.")

    def _give_up(self, how: str) -> None:
        sentence = (
            f"The engine could not start, {ATTEMPTS} times in a row: it {how}. "
            f"See what is wrong with `main.py doctor`, or try again."
        )
        self.engine_gave_up.emit(sentence)
        while self._waiting:
            self.report.emit(self._waiting.popleft().job, Failed(sentence))

    def _end_engine(self, grace_s: float | None) -> None:
        """Leave nothing of it behind; with `grace_s` it is asked first."""
        self._ready = False
        if self._engine is not None:
            if grace_s is None:
                self._engine.kill()
            # It stays in reach until it is gone: `close` may have to kill it from the window's thread.
            self._engine.close(grace_s or 0.0)
            self._engine = None
