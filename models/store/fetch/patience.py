"""Trying again: how often, after what pause, and what is said when it is given up."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from models import sizes
from models.protocol import BadInput
from models.store.fetch import connection
from models.store.fetch.halt import Halt

T = TypeVar("T")


class Again(Exception):
    """It may go well the next time; the message is the reason without a full stop. `after_s`: not before, as asked."""

    def __init__(self, reason: str, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


class GaveUp(BadInput):
    """Tried often enough; the sentence says so, and what is kept."""


@dataclass(frozen=True)
class Patience:
    """`attempts` in a row without a byte; pauses from `first_s` on, doubled each time up to `longest_s`.

    A server that asks for a longer pause than `obeyed_s` is not waited for: the person decides.
    """

    attempts: int = 7
    first_s: float = 1.0
    longest_s: float = 30.0
    obeyed_s: float = 300.0

    def pause(self, failed: int, asked_s: float = 0.0) -> float:
        """Seconds before the next attempt, with a quarter of chance, so that many clients do not come at once."""
        doubled = min(self.first_s * 2 ** (failed - 1), self.longest_s)
        return max(asked_s, doubled * random.uniform(0.75, 1.0))


def insist(
    action: Callable[[], T],
    patience: Patience,
    halt: Halt,
    moved: Callable[[], int] = lambda: 0,
    waiting: Callable[[str], None] = lambda reason: None,
) -> T:
    """Do it until it goes well. Each byte that `moved` counts more is a new start. Raises GaveUp and Halted.

    `waiting` hears the reason before each pause, and "" after it.
    """
    failed, before = 0, moved()
    while True:
        halt.check()
        try:
            return action()
        except Again as again:
            now = moved()
            failed, before = (1 if now > before else failed + 1), max(now, before)
            reason, asked_s = str(again), again.after_s
        halt.check()  # a cut of our own looks like a lost connection
        if asked_s > patience.obeyed_s:
            raise GaveUp(f"{reason} and asks for {sizes.time(asked_s)}: go on then. What has arrived is kept.")
        if failed >= patience.attempts:
            raise GaveUp(f"{reason}, {failed} times in a row: check the connection to {connection.host()}, then go on.")
        waiting(reason)
        halt.wait(patience.pause(failed, asked_s))
        waiting("")


def retry_after(header: str | None) -> float:
    """Seconds that a server asks to wait, as a number or a date (RFC 9110, section 10.2.3); 0 where it does not."""
    if not header:
        return 0.0
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError):
        return 0.0
