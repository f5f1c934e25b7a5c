"""The command that makes a batch, as a process beside the window: as on a command line, and read as it goes."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

from models import program

PROGRAM: tuple[str, ...] = (*program.command(), "batch")
_LAST_MS = 15_000  # so long it may take to end what it is at, when the window closes


class Child(QObject):
    """`told` carries each of its lines, `ended` its exit code (-1 where it was killed or never ran) and last sentence.

    It ends with this process, whatever becomes of that: it listens to the pipe that only this one holds.
    """

    told = Signal(dict)
    ended = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._said = b""

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        return int(self._process.processId()) if self._process is not None else 0

    def start(self, words: list[str]) -> None:
        """Begin; it is told through the signals also where it cannot."""
        process = self._process = QProcess(self)
        self._said = b""
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._hear)
        process.errorOccurred.connect(self._failed)
        process.finished.connect(self._finished)
        first, *others = PROGRAM
        process.start(first, [*others, *words, "--json", "--until-closed"])

    def stop(self) -> None:
        """Ask it to end after the step that it is at; what is finished stays."""
        if self._process is not None:
            self._process.closeWriteChannel()

    def finish(self) -> None:
        """The window goes: wait for its end, or end it. Its rows are whole either way."""
        process = self._process
        if process is None:
            return
        process.blockSignals(True)
        process.closeWriteChannel()
        if not process.waitForFinished(_LAST_MS):
            process.kill()
            process.waitForFinished(_LAST_MS)
        self._process = None

    def _read(self) -> None:
        process = self._process
        while process is not None and process.canReadLine():
            line = bytes(process.readLine().data())
            try:
                told: Any = json.loads(line)
            except ValueError:  # somebody else's line
                continue
            if isinstance(told, dict):
                self.told.emit(told)

    def _hear(self) -> None:
        if self._process is not None:
            self._said = (self._said + bytes(self._process.readAllStandardError().data()))[-4000:]

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(-1, "The command could not be started.")

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._hear()
        self._read()
        lines = [line for line in self._said.decode("utf-8", "replace").splitlines() if line.strip()]
        self._end(code if status == QProcess.ExitStatus.NormalExit else -1, lines[-1] if lines else "")

    def _end(self, code: int, said: str) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
            self.ended.emit(code, said)
