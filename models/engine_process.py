"""The parent's side of the engine: starts the child, owns the two pipes, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import connection
from types import TracebackType
from typing import Any

from models import spawning
from models.offline import OFFLINE
from models.protocol import PACKAGE, Hello, Order, Quit, Report

# The child's exit code after a fault of the accelerator: its context is ruined, and only a new process gets another.
DEVICE_LOST = 3
GOES_ON = "The engine lost the graphics device; it starts again and goes on with this."

_SIGNALS_IN_WORDS = {
    "SIGKILL": "was killed, which is what the system does when memory runs out",
    "SIGTERM": "was ended from outside",
    "SIGSEGV": "crashed",
    "SIGABRT": "crashed",
    "SIGBUS": "crashed while reading a file that changed or a full disk",
    "SIGILL": "crashed on an instruction that this processor lacks",
    "SIGFPE": "crashed in a calculation",
}


class EngineDied(RuntimeError):
    """The child is gone. The message says how, as what follows "The engine"; `exit_code` is None where nobody knows."""

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(death_in_words(exit_code))
        self.exit_code = exit_code

    @property
    def device_lost(self) -> bool:
        """True where another engine may well do what this one could not."""
        return self.exit_code == DEVICE_LOST


def death_in_words(exit_code: int | None) -> str:
    """How a process ended, for a sentence that begins with "The engine": "crashed (SIGSEGV)"."""
    if exit_code is None:
        return "is gone"
    if exit_code == DEVICE_LOST:
        return "lost the graphics device"
    if exit_code < 0:
        try:
            name = signal.Signals(-exit_code).name
        except ValueError:
            name = f"signal {-exit_code}"
        return f"{_SIGNALS_IN_WORDS.get(name, 'was ended by a signal')} ({name})"
    return f"ended with exit code {exit_code}" if exit_code else "ended by itself"


class EngineProcess:
    """One engine, from its start to its end; `with` ends it whatever happens.

    Use it from one thread. `kill` alone may be called from any.
    """

    def __init__(self, package: str = PACKAGE, serve: Callable[..., None] | None = None) -> None:
        """`package` holds the families; `serve` replaces `models.engine.serve` (a picklable function)."""
        self.package = package
        self._serve = serve or _serve
        self._process: Any = None
        self._orders: connection.Connection | None = None
        self._reports: connection.Connection | None = None
        self._ending = threading.Lock()

    def __enter__(self) -> EngineProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ── start and use ─────────────────────────────────────────────────────────

    def start(self) -> None:
        """Start the child. Its first message is a Hello. Raises EngineDied where it ends while it starts, OSError
        where the system gives no process."""
        if self._process is not None:
            raise RuntimeError("This engine has been started already.")
        os.environ.update(OFFLINE)  # here, because the child's libraries read it before its first line runs
        context = multiprocessing.get_context("spawn")
        child_orders, orders = context.Pipe(duplex=False)
        reports, child_reports = context.Pipe(duplex=False)
        process = context.Process(
            target=self._serve, args=(child_orders, child_reports, self.package), name="everyform-engine", daemon=True
        )
        try:
            with spawning.tracked(self), spawning.interrupts_held():
                process.start()
        except BaseException as error:
            orders.close()
            reports.close()
            spawning.untrack(self)
            if isinstance(error, BrokenPipeError):
                raise EngineDied(None) from error
            raise
        finally:
            # The child's ends live on in the child alone, so that its death is an end of file here.
            child_orders.close()
            child_reports.close()
        self._process, self._orders, self._reports = process, orders, reports

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.is_alive()

    @property
    def waitables(self) -> list[Any]:
        """What `multiprocessing.connection.wait` takes: ready when there is a message, or when the child has ended."""
        return [self._reports, self._process.sentinel] if self._reports is not None else []

    def send(self, order: Order) -> None:
        """Raises EngineDied."""
        try:
            if self._orders is None:
                raise EngineDied(None)
            self._orders.send(order)
        except OSError:
            raise EngineDied(self._exit_code()) from None

    def receive(self, timeout_s: float | None = None) -> Hello | Report | None:
        """The next message; None where none came in time. Raises EngineDied once the last message has been read."""
        if self._reports is None:
            raise EngineDied(None)
        try:
            if not connection.wait(self.waitables, timeout_s):
                return None
            # A child that died may have left messages in the pipe: they come first.
            if self._reports.poll():
                return self._reports.recv()
        except (EOFError, OSError):
            pass
        except Exception:  # what arrived makes no sense: an engine like that is not to be trusted with more
            self.kill()
        raise EngineDied(self._exit_code())

    # ── end ───────────────────────────────────────────────────────────────────

    def terminate(self) -> None:
        with self._ending:
            if self._process is not None:
                self._process.terminate()

    def kill(self) -> None:
        """End the child at once; safe from any thread, and when it has ended already."""
        with self._ending:
            if self._process is not None:
                self._process.kill()

    def close(self, grace_s: float = 0.5) -> None:
        """Ask, wait `grace_s`, terminate, kill; afterwards nothing of this engine is left. May be called twice."""
        if self._process is None:
            return
        if self._process.is_alive():
            with contextlib.suppress(EngineDied):
                self.send(Quit())
            self._wait_for_end(grace_s)
        self._discard()

    def _wait_for_end(self, grace_s: float) -> None:
        """A child that still has much to say would wait for a reader, so its last words are read, and dropped."""
        until = time.monotonic() + grace_s
        try:
            while self._process.is_alive() and (left := until - time.monotonic()) > 0:
                self.receive(left)
        except EngineDied:
            self._process.join(0.2)

    def _discard(self) -> None:
        for end in (self.terminate, self.kill):
            if self._process.is_alive():
                end()
                self._process.join(0.3)
        self._process.join()
        for pipe in (self._orders, self._reports):
            if pipe is not None:
                pipe.close()
        self._orders = self._reports = None
        with self._ending:
            self._process.close()
            self._process = None
        spawning.untrack(self)

    def _exit_code(self) -> int | None:
        """The child's exit code; waits a moment for it, since the pipe closes before the process is gone."""
        if self._process is None:
            return None
        self._process.join(1.0)
        return self._process.exitcode


def _serve(orders: connection.Connection, reports: connection.Connection, package: str) -> None:
    from models.engine import serve

    serve(orders, reports, package)
