"""One model on its way from the hub: started, paused, gone on with and cancelled from any thread.

It works in threads of its own and knows neither Qt nor torch. Whoever shows it reads `state`, a
frozen value, or hears of each new one.
"""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from models import folders, sizes
from models.outputs import place as places
from models.protocol import BadInput
from models.store.fetch import asking, connection, placing, room, token
from models.store.fetch.halt import Halt, Halted
from models.store.fetch.hub import Gated, HubFile, gated
from models.store.fetch.pace import Pace
from models.store.fetch.patience import GaveUp, Patience, insist
from models.store.fetch.staging import Ask, Busy, Staging
from models.store.fetch.state import ENDED, Phase, State
from models.store.fetch.stock import Stock
from models.store.fetch.token import Secret
from models.store.fetch.transfer import FULL, NoRoom, Transfer, Wrong

if TYPE_CHECKING:
    from models.store.fetch.connection import Client

CHUNK = 16 * 2**20  # what a kill costs at most, in bytes, of all files together
CONNECTIONS = 4
_TRIES = 3  # for a file that arrives broken
_SHOWN_S = 0.25


class Download:
    """One wish. `told` hears every new state, from any thread; `secret` is asked for only where a model is gated.

    `lines` are the connections that several downloads share.
    """

    def __init__(
        self,
        ask: Ask,
        place: Path | None = None,
        *,
        told: Callable[[State], None] = lambda state: None,
        secret: Callable[[], Secret | None] = token.find,
        patience: Patience | None = None,
        connections: int = CONNECTIONS,
        chunk: int = CHUNK,
        lines: threading.Semaphore | None = None,
    ) -> None:
        self.ask = ask
        self._staging = Staging(place or folders.models(), ask)
        self._told = told
        self._secret = secret
        self._patience = patience or Patience()
        self._connections = max(connections, 1)
        # All connections together lose no more than a chunk: half of it as bytes that came and were not made safe, the
        # other half for those that were still on their way through the system.
        self._grain = max(chunk // (2 * self._connections), 1)
        self._lines = lines or threading.Semaphore(self._connections)
        self._pace = Pace()
        self._halt = Halt()
        self._cancelled = False
        self._working = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._state = State(ask)

    @property
    def state(self) -> State:
        """As it stands."""
        return self._state

    @property
    def running(self) -> bool:
        """Whether its threads are at work."""
        return self._working

    def start(self) -> None:
        """Begin, or go on after a pause or a failure; it returns at once."""
        with self._lock:
            if self._working or self._state.phase in ENDED:
                return
            self._halt, self._cancelled, self._working = Halt(), False, True
            self._thread = threading.Thread(target=self._run, name=f"download {self.ask.id}", daemon=True)
            self._thread.start()

    def pause(self) -> None:
        """Stop; what has arrived stays, and `start` goes on. It returns at once."""
        with self._lock:
            self._halt.ask()
            waits = not self._working and self._state.phase == "queued"
        if waits:
            self._say("paused")

    def cancel(self) -> None:
        """Stop, and leave nothing of it on the disk. Raises Busy where another program is at it."""
        with self._lock:
            self._cancelled = True
            self._halt.ask()
            idle = not self._working and self._state.phase not in ENDED
        if idle:
            if self._staging.folder.exists():
                with self._staging.held():
                    pass
            self._staging.discard()
            self._say("cancelled")

    def wait(self, seconds: float | None = None) -> bool:
        """Whether its threads have ended, after so many seconds at most."""
        if (thread := self._thread) is not None:
            thread.join(seconds)
        return not self._working

    def hold(self) -> None:
        """Write the wish down, and say how far it is if it was begun before; `start` does the rest. Raises OSError."""
        before = self._staging.folder.exists()
        self._staging.begin()
        if (plan := self._staging.plan()) is not None:
            self._count(Stock(self._staging.place, plan, self._staging.journal()))
        self._say("paused" if before else "queued")

    def _run(self) -> None:
        """From the hub's list to the folder in its place."""
        self._say("listing")
        last = self._ended()
        if last.phase == "done":
            self._staging.discard()
        with self._lock:  # a cancel finds it either at work or at rest, and never in between
            dropped = self._cancelled and last.phase != "done"
            state = self._set(replace(last, phase="cancelled", sentence="") if dropped else last)
            self._working = False
        if dropped:
            self._staging.discard()
        self._told(state)

    def _ended(self) -> State:
        """Do it all; whatever happens becomes a state."""
        try:
            self._staging.begin()
            with connection.asked(self._halt), self._staging.held():
                return State(self.ask, "done", path=str(self._work()))
        except Halted:
            return State(self.ask, "paused")
        except Gated as error:
            return State(self.ask, "gated", sentence=str(error), page=error.page)
        except NoRoom as error:
            return State(self.ask, "paused", sentence=str(error) or self._full())
        except BadInput as error:
            hopeless = self._staging.plan() is None and not isinstance(error, GaveUp | Busy)
            if hopeless or isinstance(error, asking.Unfit):
                self._staging.discard()
            return State(self.ask, "failed", sentence=str(error))
        except OSError as error:
            if error.errno in FULL:
                return State(self.ask, "paused", sentence=self._full())
            return State(self.ask, "failed", sentence=places.sentence(error, self._staging.place))
        except Exception as error:  # its text may hold an address that nobody else should have
            said = f"{self.ask.id} could not be fetched ({type(error).__name__}): try again."
            return State(self.ask, "failed", sentence=said)

    def _work(self) -> Path:
        plan = self._staging.plan()
        if plan is None:
            plan, _ = asking.look(self.ask, self._secret, self._patience, self._halt, self._waiting("listing"))
            self._staging.write_plan(plan)
        stock = Stock(self._staging.place, plan, self._staging.journal())
        self._count(stock)
        self._pace.checking(True)
        for _ in stock.find(self._halt):
            self._say("running")
        self._pace.checking(False)
        self._count(stock)
        self._say("running")
        if reason := room.lacking(plan.id, self._staging.place, plan.total, stock.there()):
            raise NoRoom(reason)
        secret = self._secret() if plan.locked else None
        if plan.locked and secret is None:
            raise gated(plan.id, None)
        with connection.client() as client:
            settings = [file for file in stock.missing() if file.name.lower().endswith(".json")]
            self._fetch(stock, settings, client, secret)
            asking.refuse(plan, stock.journal.folder)
            self._fetch(stock, stock.missing(), client, secret)
        if stock.missing():
            raise RuntimeError("a file was left out")
        return placing.put(self._staging, plan, stock.sums())

    def _count(self, stock: Stock) -> None:
        """The progress begins with what is there already."""
        plan = stock.plan
        self._pace.begin(plan.total, len(plan.files), stock.there(), len(plan.files) - len(stock.missing()))

    def _fetch(self, stock: Stock, files: list[HubFile], client: Client, secret: Secret | None) -> None:
        """Fetch these files, several at once, the largest first. Raises what the first failure was."""
        left = collections.deque(sorted(files, key=lambda file: -file.size))
        errors: list[BaseException] = []

        def work() -> None:
            try:
                with connection.asked(self._halt):
                    while (file := _next(left)) is not None and not errors:
                        while not self._lines.acquire(timeout=_SHOWN_S):
                            self._halt.check()
                        try:
                            self._one(stock, file, client, secret)
                        finally:
                            self._lines.release()
            except BaseException as error:
                errors.append(error)
                self._halt.ask()

        workers = [threading.Thread(target=work, daemon=True) for _ in range(min(self._connections, len(left)))]
        for worker in workers:
            worker.start()
        for worker in workers:
            while worker.is_alive():
                worker.join(_SHOWN_S)
                self._say("running", self._state.sentence)
        for error in errors:
            if not isinstance(error, Halted):
                raise error
        self._halt.check()

    def _one(self, stock: Stock, file: HubFile, client: Client, secret: Secret | None) -> None:
        id, commit, journal = stock.plan.id, stock.plan.commit, stock.journal
        transfer = Transfer(id, commit, file, journal, self._halt, self._grain, self._pace.arrived, self._checking)
        for attempt in range(1, _TRIES + 1):
            try:
                insist(
                    lambda: transfer.attempt(client, secret),
                    self._patience,
                    self._halt,
                    moved=lambda: transfer.furthest,
                    waiting=self._waiting("running"),
                )
            except Wrong:
                if attempt == _TRIES:
                    raise BadInput(
                        f"{file.name} arrived broken {_TRIES} times and was not kept: try again later; what else has "
                        "arrived stays."
                    ) from None
                self._say("running", f"{file.name} arrived broken and is fetched again.")
            else:
                self._pace.finished()
                return

    def _checking(self, on: bool) -> None:
        self._pace.checking(on)
        self._say("running", self._state.sentence)

    def _waiting(self, phase: Phase) -> Callable[[str], None]:
        return lambda reason: self._say(phase, f"{reason}; trying again." if reason else "")

    def _full(self) -> str:
        now = self._pace.progress()
        rest = sizes.size(max(now.total - now.bytes, 0) + room.SPARE_BYTES)
        return f"There is no room left in {self._staging.place}: free {rest}, then go on; what has arrived is kept."

    def _say(self, phase: Phase, sentence: str = "") -> None:
        with self._lock:
            state = self._set(State(self.ask, phase, sentence=sentence))
        self._told(state)

    def _set(self, state: State) -> State:
        resumable = state.phase not in ENDED and self._staging.folder.exists()
        self._state = replace(state, progress=self._pace.progress(), resumable=resumable)
        return self._state


def _next(left: collections.deque[HubFile]) -> HubFile | None:
    try:
        return left.popleft()
    except IndexError:  # another thread took the last one
        return None
