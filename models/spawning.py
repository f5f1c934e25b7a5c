"""What starting a process by `spawn` brings along: a tracker to end, and an interrupt to keep away."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

# `spawn` also starts a resource tracker, a process that lives as long as this one. It ends with the last engine.
_live: set[object] = set()
_starting = threading.Lock()


@contextlib.contextmanager
def tracked(holder: object) -> Iterator[None]:
    """The tracker is up before the signals are held, because starting it lets them go; nor does it end meanwhile."""
    with _starting:
        _live.add(holder)
        if sys.platform != "win32":
            from multiprocessing import resource_tracker

            resource_tracker.ensure_running()
        yield


def untrack(holder: object) -> None:
    """The process of that holder is gone, or was never started. May be called twice."""
    with _starting:
        _live.discard(holder)
        if not _live and sys.platform != "win32":
            _end_tracker()


def _end_tracker() -> None:
    """There is no public way to; it ends by itself once nobody holds its pipe, which is so now."""
    from multiprocessing import resource_tracker

    tracker: Any = getattr(resource_tracker, "_resource_tracker", None)
    with contextlib.suppress(AttributeError, OSError):
        pipe, pid = tracker._fd, tracker._pid
        if pid is None:
            return
        tracker._fd = tracker._pid = None
        os.close(pipe)
        until = time.monotonic() + 1.0
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:  # somebody else of this process uses it too, and can start another
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return
            time.sleep(0.002)


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Start a child deaf to Ctrl+C, which a terminal sends to all: it is the parent that decides what it means."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
