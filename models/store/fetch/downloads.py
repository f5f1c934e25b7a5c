"""Several downloads: some at work, the others waiting for their turn; what was asked for outlives the program."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models import folders
from models.store.fetch import download, staging
from models.store.fetch.download import Download
from models.store.fetch.staging import Ask
from models.store.fetch.state import ENDED, State

AT_ONCE = 2
_PATIENCE_S = 15.0  # a name that is being looked up cannot be cut off


class Downloads:
    """All downloads into one place, by the key of their wish (`Ask.key`), in the order in which they were asked for.

    A new one of these finds those that were begun before, paused. `told` hears every new state, from any thread;
    `options` go to each `Download`.
    """

    def __init__(
        self,
        place: Path | None = None,
        *,
        told: Callable[[State], None] = lambda state: None,
        at_once: int = AT_ONCE,
        connections: int = download.CONNECTIONS,
        **options: Any,
    ) -> None:
        self._place = place or folders.models()
        self._told = told
        self._at_once = at_once
        self._options = options | {"connections": connections, "lines": threading.Semaphore(connections)}
        self._lock = threading.RLock()
        self._all: dict[str, Download] = {}
        self._queue: list[str] = []
        for one in staging.waiting(self._place):
            with contextlib.suppress(OSError):  # what cannot be read now is there at the next start
                self._hold(one.ask)

    def states(self) -> tuple[State, ...]:
        """How each stands; what is done stays until `clear`."""
        with self._lock:
            return tuple(self._shown(key) for key in self._all)

    def add(self, ask: Ask) -> str:
        """Fetch this as soon as there is a turn for it; its key. Asked for again, it goes on. Raises OSError."""
        with self._lock:
            known = self._all.get(ask.key)
            if known is None or known.state.phase in ENDED:
                self._all.pop(ask.key, None)
                self._hold(ask)
        self.resume(ask.key)
        return ask.key

    def resume(self, key: str) -> None:
        """Go on with a paused or failed one, as soon as there is a turn for it."""
        with self._lock:
            one = self._all[key]
            if key not in self._queue and not one.running and one.state.phase not in ENDED:
                self._queue.append(key)
        self._turn()
        with self._lock:
            waits = self._shown(key)
        if waits.phase == "queued":
            self._told(waits)

    def pause(self, key: str) -> None:
        """Stop one; what has arrived of it stays. It returns at once."""
        with self._lock:
            if key in self._queue:
                self._queue.remove(key)
            one = self._all[key]
        one.pause()
        if not one.running:
            self._told(one.state)

    def cancel(self, key: str) -> None:
        """Stop one, and leave nothing of it on the disk. Raises Busy where another program is at it."""
        with self._lock:
            if key in self._queue:
                self._queue.remove(key)
            one = self._all[key]
        one.cancel()

    def clear(self) -> None:
        """Take those that have ended off the list."""
        with self._lock:
            self._all = {key: one for key, one in self._all.items() if one.state.phase not in ENDED}

    def close(self) -> None:
        """Pause all and wait until they rest: nothing goes on after this."""
        with self._lock:
            self._queue.clear()
            running = [one for one in self._all.values() if one.running]
        for one in running:
            one.pause()
        for one in running:
            one.wait(_PATIENCE_S)

    def _hold(self, ask: Ask) -> None:
        one = Download(ask, self._place, told=self._heard, **self._options)
        one.hold()
        self._all[ask.key] = one

    def _heard(self, state: State) -> None:
        self._told(state)
        if state.phase not in ("listing", "running"):
            self._turn()

    def _turn(self) -> None:
        """Start whose turn it is."""
        with self._lock:
            free = self._at_once - sum(one.running for one in self._all.values())
            starting = [self._all[key] for key in self._queue[: max(free, 0)]]
            del self._queue[: max(free, 0)]
            for one in starting:
                one.start()

    def _shown(self, key: str) -> State:
        state = self._all[key].state
        return State(state.ask, "queued", state.progress, resumable=True) if key in self._queue else state
