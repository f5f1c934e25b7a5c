"""Whoever looks on while a model is at work: an `emit` that keeps what is said."""

from __future__ import annotations

from typing import Any, TypeVar

from models.protocol import JobCancelled, Progress

Kind = TypeVar("Kind")


class Watch:
    """It stops the job at step `stop`, if there is one, and `wants` previews."""

    def __init__(self, stop: int = 0, wants: bool = True) -> None:
        self.events: list[Any] = []
        self._stop, self._wants = stop, wants

    def __call__(self, event: Any) -> None:
        self.events.append(event)
        if self._stop and isinstance(event, Progress) and event.step >= self._stop:
            raise JobCancelled

    def wants_preview(self) -> bool:
        return self._wants

    def of(self, kind: type[Kind]) -> list[Kind]:
        """What was said of that kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]
