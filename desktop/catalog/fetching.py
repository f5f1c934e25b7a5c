"""Downloads as the window has them: asked for here, heard of on the window's thread, and put on the list once whole."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from desktop.aside import Aside
from desktop.catalog.adding import Adding
from desktop.catalog.strip import Fetch
from models.protocol import BadInput, Found, ModelInfo

if TYPE_CHECKING:
    from models.store.fetch.downloads import Downloads
    from models.store.fetch.staging import Ask
    from models.store.fetch.state import State


class Fetching(QObject):
    """`changed` whenever a download stands otherwise; `arrived` carries what one has put on the list.

    Nothing is looked for, nor any library of the network read, until `begin`, and nothing is asked of a network until
    `fetch` or `resume`. `options` go to `Downloads`.
    """

    changed = Signal()
    arrived = Signal(object)
    stuck = Signal(object)  # the Fetch that waits for the person
    failed = Signal(str)  # a sentence
    _heard = Signal(object)

    def __init__(self, adding: Adding, parent: QObject | None = None, **options: Any) -> None:
        super().__init__(parent)
        self._adding = adding
        self._options = options
        self._aside = Aside(self, threads=1)  # one after the other: a pause must not overtake its beginning
        self._downloads: Downloads | None = None
        self._begun = self._ended = False
        self._all: dict[str, Fetch] = {}
        self.models: dict[str, ModelInfo] = {}  # what has come, by the key of its download
        self._heard.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def fetches(self) -> tuple[Fetch, ...]:
        """All of them, in the order in which they were asked for."""
        return tuple(self._all.values())

    def begin(self) -> None:
        """Find those that were begun before; they are paused."""
        if self._begun:
            return
        self._begun = True

        def find() -> tuple[State, ...]:
            from models.store.fetch.downloads import Downloads

            self._downloads = Downloads(told=self._tell, **self._options)
            return self._downloads.states()

        self._aside.run(find, self._found)

    def fetch(self, ask: Ask) -> None:
        """Fetch this now, or go on with it."""
        self.begin()
        self._do(lambda downloads: downloads.add(ask))

    def resume(self, key: str) -> None:
        self._do(lambda downloads: downloads.resume(key))

    def pause(self, key: str) -> None:
        self._do(lambda downloads: downloads.pause(key))

    def cancel(self, key: str) -> None:
        """Stop it, and delete what has come."""
        self._do(lambda downloads: downloads.cancel(key))

    def clear(self, key: str) -> None:
        """Show this one no more."""
        self._all.pop(key, None)
        self.models.pop(key, None)
        self.changed.emit()

    def finish(self) -> None:
        """Pause all and wait until they rest; call it before the window goes."""
        self._ended = True
        self._aside.finish()
        if self._downloads is not None:
            self._downloads.close()

    def _do(self, work: Callable[[Downloads], Any]) -> None:
        def do() -> None:
            if self._downloads is not None:
                work(self._downloads)

        def done(found: object) -> None:
            if isinstance(found, BadInput):
                self.failed.emit(str(found))
            elif isinstance(found, OSError):
                self.failed.emit(
                    f"The download could not be noted ({found.strerror}): look at the disk, then try again."
                )
            elif isinstance(found, Exception):
                self.failed.emit(f"The download could not be begun ({type(found).__name__}).")

        self._aside.run(do, done)

    def _found(self, states: object) -> None:
        if isinstance(states, Exception):
            self.failed.emit(f"Downloads that were begun before could not be read ({type(states).__name__}).")
            return
        for state in states:  # type: ignore[attr-defined]
            self._all.setdefault(state.ask.key, Fetch(state, state.ask.id))
        self.changed.emit()

    def _tell(self, state: State) -> None:
        """From any thread."""
        if not self._ended:
            with contextlib.suppress(RuntimeError):  # the window went in this very moment
                self._heard.emit(state)

    def _take(self, state: State) -> None:
        if self._ended:
            return
        key = state.ask.key
        if state.phase == "cancelled":
            self._all.pop(key, None)
        else:
            known = self._all.get(key)
            before = known.state.phase if known is not None else ""
            self._all[key] = Fetch(state, state.ask.id)
            if state.phase == "done" and before != "done":
                self._offer(key, state.path)
            elif state.phase in ("failed", "gated", "paused") and state.sentence and before != state.phase:
                self.stuck.emit(self._all[key])
        self.changed.emit()

    def _offer(self, key: str, path: str) -> None:
        """Put what has come on the list: its folder, or else the one file in it."""

        def offered() -> list[str]:
            from models.store.fetch import placing

            return [str(one) for one in placing.offered(Path(path))]

        self._aside.run(offered, lambda found: self._try(key, found if isinstance(found, list) else [path]))

    def _try(self, key: str, paths: list[str], reason: str = "") -> None:
        if not paths:
            self._came_out(key, reason)
            return
        first, rest = paths[0], paths[1:]

        def then(what: ModelInfo | Found | str) -> None:
            if isinstance(what, str):
                self._try(key, rest, reason or what)  # what the whole folder lacks tells more than what its file does
            else:
                self._on_the_list(key, what)

        self._adding.add(first, then)

    def _on_the_list(self, key: str, what: ModelInfo | Found) -> None:
        if isinstance(what, ModelInfo):
            self.models[key] = what
        self._came_out(key, "used" if isinstance(what, ModelInfo) else "listed")
        self.arrived.emit(what)

    def _came_out(self, key: str, outcome: str) -> None:
        if key in self._all:
            self._all[key] = replace(self._all[key], outcome=outcome)
            self.changed.emit()
