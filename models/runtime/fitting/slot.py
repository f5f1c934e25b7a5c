"""Loaded models, kept from one job to the next: those that were not used for longest make room for what comes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from models.planning import warm
from models.planning.plan import NOTHING, Peak
from models.runtime.fitting.giving_back import give_back

# However little each of them takes: the rest is bookkeeping, and files that stay open.
MOST = 16
# Of main memory: with less of it free, systems begin to put programs' memory on the disk.
_LITTLE = 0.08


@dataclass
class _Warm:
    model: Any
    held: Peak = NOTHING


class Slots:
    """Any number of models by their keys. Who wants another one lets go of enough of them before (`let_go`).

    `limit`: bytes that those which wait may hold together; None for all that is free.
    """

    def __init__(self) -> None:
        self.limit: int | None = None
        self._models: dict[Hashable, _Warm] = {}  # last used last

    def holds(self, key: Hashable) -> bool:
        return key in self._models

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """Of all of them, last used first."""
        return tuple(reversed(self._models))

    def held(self, key: Hashable) -> Peak:
        """What that one holds, as far as it was told (`tell`)."""
        return self._models[key].held

    def tell(self, key: Hashable, held: Peak) -> None:
        """Note what one of them holds between jobs."""
        self._models[key].held = held

    def get(self, key: Hashable, load: Callable[[], Any]) -> Any:
        """The model of that key, last used from now on; `load` makes it where it is not held. Passes on what `load`
        raises."""
        one = self._models.pop(key, None) or _Warm(load())
        self._models[key] = one
        return one.model

    def let_go(self, keys: Iterable[Hashable]) -> None:
        """Free those models, and hand their memory back to the system and the accelerator."""
        gone = [key for key in keys if self._models.pop(key, None) is not None]
        if gone:
            give_back()

    def keep_within(self, limit: int | None) -> None:
        """Set the limit, and let go of what is beyond it."""
        self.limit = limit
        waiting = self.keys[1:]
        self.let_go(waiting[warm.within([self.held(key) for key in waiting], limit) :])

    def make_way(self, total: int, free: int) -> None:
        """Nobody works, and other programs may want the memory: where little of it is free (bytes), let go of the
        model that was not used for longest. The one used last stays."""
        if len(self._models) > 1 and free < _LITTLE * total:
            self.let_go(self.keys[-1:])

    def clear(self) -> None:
        """Let go of all of them."""
        self._models.clear()
        give_back()
