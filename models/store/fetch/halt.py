"""A stop asked from another thread: who waits wakes at once, and who reads from the network is cut off."""

from __future__ import annotations

import contextlib
import threading
import weakref
from typing import Any

_BOTH_WAYS = 2  # SHUT_RDWR, the same number everywhere (POSIX <sys/socket.h>, Winsock's SD_BOTH)


class Halted(Exception):
    """Raised out of the work once a stop was asked for."""


class Halt:
    """For one run of one download; it is asked once and stays so."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._sockets: weakref.WeakSet[Any] = weakref.WeakSet()

    def ask(self) -> None:
        """Ask for the stop, from any thread. It does not wait for it."""
        self._event.set()
        with self._lock:
            for one in self._sockets:
                _cut(one)

    @property
    def asked(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raises Halted once the stop was asked for."""
        if self._event.is_set():
            raise Halted

    def wait(self, seconds: float) -> None:
        """Sleep, but wake for the stop. Raises Halted then."""
        if self._event.wait(seconds):
            raise Halted

    def watch(self, connection: Any) -> None:
        """Cut this open socket too when the stop comes; one that has been closed meanwhile is no matter."""
        with self._lock:
            self._sockets.add(connection)
            if self._event.is_set():
                _cut(connection)


def _cut(connection: Any) -> None:
    """Wake whoever waits for bytes on it: closing alone would not, on Linux."""
    with contextlib.suppress(OSError, ValueError):
        connection.shutdown(_BOTH_WAYS)
