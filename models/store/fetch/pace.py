"""How far a download is, how fast it comes and how long it will take: one figure for the whole model."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_S = 10.0
_LEAST_S = 0.5  # before that, a speed would be a guess


@dataclass(frozen=True)
class Progress:
    """Bytes and files that are there, of all; `speed` in bytes a second and `left_s` in seconds, None while unknown.

    `checking`: the network has done its part, and the whole is read for its checksum.
    """

    bytes: int = 0
    total: int = 0
    files: int = 0
    of_files: int = 0
    speed: float | None = None
    left_s: float | None = None
    checking: bool = False

    @property
    def fraction(self) -> float:
        """From 0 to 1."""
        return self.bytes / self.total if self.total else 0.0


class Pace:
    """Counts what arrives in any thread. The speed is that of the last ten seconds, so that a stall is seen."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._bytes = self._total = self._files = self._of_files = 0
        self._fetched = self._checking = 0
        self._seen: collections.deque[tuple[float, int]] = collections.deque()

    def begin(self, total: int, of_files: int, there: int, files: int) -> None:
        """`there` bytes and `files` of it lie on the disk already."""
        with self._lock:
            self._bytes, self._total, self._files, self._of_files = there, total, files, of_files
            self._fetched = self._checking = 0
            self._seen = collections.deque([(self._clock(), 0)])

    def arrived(self, count: int) -> None:
        """So many bytes more are there; less than 0: so many must come again."""
        with self._lock:
            self._bytes += count
            self._fetched += max(count, 0)

    def finished(self) -> None:
        """One file more is whole."""
        with self._lock:
            self._files += 1

    def checking(self, on: bool) -> None:
        """One file more, or less, is being read for its checksum."""
        with self._lock:
            self._checking += 1 if on else -1

    @property
    def fetched(self) -> int:
        """Bytes that came over the network since `begin`; it never goes back."""
        with self._lock:
            return self._fetched

    def progress(self) -> Progress:
        """As it stands now."""
        with self._lock:
            now = self._clock()
            self._seen.append((now, self._fetched))
            while len(self._seen) > 2 and now - self._seen[1][0] >= WINDOW_S:
                self._seen.popleft()
            since, before = self._seen[0]
            speed = (self._fetched - before) / (now - since) if now - since >= _LEAST_S else None
            to_come = self._total - self._bytes
            return Progress(
                self._bytes, self._total, self._files, self._of_files, speed,
                to_come / speed if speed else None, self._checking > 0,
            )  # fmt: skip
