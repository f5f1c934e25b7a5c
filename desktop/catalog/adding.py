"""Models given to the engine, which looks whether it can use them; each wish hears what became of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from desktop.worker import GenerationWorker
from models.protocol import Found, Hello, ModelInfo

Then = Callable[[ModelInfo | Found | str], None]  # what is on the list now, or the sentence why it is not


@dataclass(frozen=True)
class _Wish:
    path: str
    then: Then


class Adding(QObject):
    """The engine answers in the order in which it was asked, with a hello; others may come between."""

    def __init__(self, worker: GenerationWorker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._waiting: deque[_Wish] = deque()
        worker.hello.connect(self._heard)
        worker.engine_died.connect(self._ask_again)

    @property
    def waits(self) -> bool:
        """Whether an answer is still to come: then whoever asked will say what was refused."""
        return bool(self._waiting)

    def add(self, path: str, then: Then) -> None:
        """Put what lies at `path` on the list."""
        self._waiting.append(_Wish(path, then))
        self._worker.add_model(path)

    def _heard(self, hello: Hello) -> None:
        if not self._waiting:
            return
        wish = self._waiting[0]
        found = listed_at(wish.path, hello)
        if found is None and not hello.refused:
            return
        self._waiting.popleft()
        wish.then(hello.refused or found)  # type: ignore[arg-type]

    def _ask_again(self) -> None:
        """What an engine was asked that has died, the next one has not heard."""
        for wish in self._waiting:
            self._worker.add_model(wish.path)


def listed_at(path: str, hello: Hello) -> ModelInfo | Found | None:
    """What lies there, where it is on the list."""
    places = {path, str(Path(path).resolve())}
    everything: tuple[ModelInfo | Found, ...] = (*hello.models, *hello.found)
    for one in everything:
        if one.path in places or str(Path(one.path).resolve()) in places:
            return one
    return None
