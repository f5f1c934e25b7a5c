"""How often something dear may be done beside the work, so that it never takes much of the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

SHARE = 0.15  # of the time, at most
REST_S = 1.0  # between two of them, at least


class Pace:
    """Something is `due` when so long has passed since it was last done that its time is a small share of all."""

    def __init__(self) -> None:
        self._next = 0.0

    @property
    def due(self) -> bool:
        return time.monotonic() >= self._next

    @contextmanager
    def taken(self) -> Iterator[None]:
        """It is done inside the block, however that ends."""
        began = time.monotonic()
        try:
            yield
        finally:
            ended = time.monotonic()
            self._next = ended + max((ended - began) / SHARE, REST_S)
