"""A window whose queue goes on with what is left and is asked for more; it tells what it does, a line each."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from tests import fakes
from tests.bench.queue_kills import COUNT, EACH


def main(model: Path, first: int) -> None:
    app = QApplication(sys.argv[:1])
    from desktop.app import Everyform

    program = Everyform(fakes.PACKAGE)
    queue, jobs = program.queue, []

    def say(*words: object) -> None:
        print(*words, flush=True)

    def sure() -> None:
        for job in [job for job in jobs if queue.is_sure(job)]:
            jobs.remove(job)
            say("sure", job.request.seed)

    def ask(_left: int) -> None:
        say("ready")
        queue.resume()
        for k in range(EACH if first else 0):
            asked = fakes.request(model, Path(), seed=first + 10 * k, count=COUNT, steps=10, pause_ms=20.0)
            jobs.append(queue.add(replace(asked, out="")))
        end()

    def end() -> None:
        """Once nothing is left, a window that was asked for nothing goes; any other waits to be killed."""
        if not first and queue.running is None:
            say("unended", len(queue.line) + len(queue.failed))
            program.window.close()

    queue.restored.connect(ask)
    queue.came_to_rest.connect(lambda: QTimer.singleShot(0, end))
    queue.output.connect(lambda _, output: say("made", output.path))
    assert queue._journal is not None
    queue._journal.stored.connect(sure)
    program.show()
    app.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
