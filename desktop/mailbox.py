"""What the window says to a thread that waits on pipes: a queue that a pipe can be waited on with."""

from __future__ import annotations

import multiprocessing
import threading
from collections import deque
from multiprocessing.connection import Connection
from typing import Any


class Mailbox:
    """`put` never waits and may be called from any thread; `take` and `heard` belong to the one that reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._letters: deque[Any] = deque()
        self._rung = False
        self.bell: Connection
        self.bell, self._rope = multiprocessing.Pipe(duplex=False)

    def put(self, letter: Any) -> None:
        with self._lock:
            self._letters.append(letter)
            if not self._rung:  # one byte in the pipe at most, so that it is never full
                self._rung = True
                self._rope.send_bytes(b"!")

    def heard(self) -> None:
        """Call it when `bell` is ready, before taking what lies there."""
        with self._lock:
            if self._rung:
                self.bell.recv_bytes()
                self._rung = False

    def take(self) -> Any:
        """The oldest letter, None where there is none."""
        with self._lock:
            return self._letters.popleft() if self._letters else None
