"""The window with a long queue: filled, put in another order and searched, or started with what another one left."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QApplication

from tests import fakes
from tests.bench import child
from tests.bench.window_child import FirstPaint, Gaps

GIVE_UP_S = 600
MOVES = 60
WORDS = ("a red boat", "a white house", "fog over the sea", "a lighthouse at night")


class Turns(Gaps):
    """Keeps beside each gap how long this very thread worked in it, in ms: other programs count in the one alone."""

    def begin(self) -> None:
        self.own: list[float] = []
        self._worked = time.thread_time()
        super().begin()

    def _tick(self) -> None:
        super()._tick()
        now = time.thread_time()
        self.own.append((now - self._worked) * 1000)
        self._worked = now


class Bench:
    """One window; `during` measures the turns of its event loop while something comes true."""

    def __init__(self) -> None:
        self.app = QApplication(sys.argv[:1])
        from desktop.app import Everyform

        self.given = child.given()
        self.program = Everyform(fakes.PACKAGE)
        self.found: dict[str, dict[str, list[float]]] = {}
        self.restored: list[int] = []
        self.program.queue.restored.connect(self.restored.append)
        paint = FirstPaint(self.program.window)
        self.program.show()
        self.until(lambda: paint.at)

    def until(self, true: Callable[[], object]) -> None:
        end = time.monotonic() + GIVE_UP_S
        while not true():
            self.app.processEvents()
            if time.monotonic() > end:
                raise TimeoutError(f"Waited {GIVE_UP_S} s.")
            time.sleep(0.0005)

    def during(self, what: str, true: Callable[[], object]) -> None:
        turns = Turns()
        turns.begin()
        self.until(true)
        enough = len(turns.taken) + 3
        self.until(lambda: len(turns.taken) > enough)  # what it led to is seen, too
        self.found[what] = {"wall": turns.end(), "own": turns.own}

    def panel(self):
        queueing = self.program.queueing
        if queueing.panel is None or not queueing.panel.isVisible():
            queueing.toggle()
        return queueing.panel

    def end(self) -> None:
        self.program.window.close()
        self.app.processEvents()
        child.say(**self.found)


def fill(bench: Bench) -> None:
    """Add all, move some, group them, search, and stop and bring back all, with the panel open and one at work."""
    queue, queueing, count = bench.program.queue, bench.program.queueing, bench.given["jobs"]
    panel = bench.panel()
    model = Path(bench.given["model"])
    asked = replace(fakes.request(model, Path(), steps=5000, pause_ms=2000.0), out="")
    others = [replace(asked, model_path=f"{model}-{k}") for k in range(3)]
    queue.add(asked)
    bench.until(lambda: queue.running is not None and queue.running.progress)

    def some() -> Iterator:
        for k in range(count):
            yield replace((asked, *others)[k % 4], prompt=f"{WORDS[k % 4]}, number {k}", seed=k), None, None

    queueing.add_all(some())
    bench.during(f"{count} are added", lambda: not queueing.gradually.at_work)
    assert len(queue.line) == count
    last = queue.waiting[-1]
    bench.during("they are written", lambda: queue.is_sure(last))
    chance, moved = random.Random(0), iter(range(MOVES))

    def move() -> bool:
        if next(moved, None) is None:
            return True
        rows = range(1, panel.jobs.rowCount())
        jobs = [panel.jobs.job(row) for row in {chance.choice(rows) for _ in range(3)}]
        return not panel.jobs.move(jobs, chance.choice(rows))

    bench.during(f"{MOVES} times three are moved", move)
    bench.during("they are grouped by model", _once(lambda: queueing.do("group", [])))
    for text in ("f", "fog", "fog 77", ""):
        bench.during(f"“{text}” is searched", _once(lambda text=text: (panel.search.setText(text), panel._find())))
    bench.during("those that failed are shown", _once(lambda: panel.jobs.find("failed", "")))
    bench.during("all are shown", _once(lambda: panel.jobs.find("", "")))
    bar = panel.view.verticalScrollBar()
    bench.until(bar.maximum)
    steps = iter(range(0, bar.maximum(), max(bar.maximum() // MOVES, 1)))
    bench.during("it is scrolled", lambda: (at := next(steps, None)) is None or bar.setValue(at))
    bench.during("all are stopped", _once(lambda: queueing.stop_all()))
    back = _once(bench.program.session.undo.undo)
    bench.during("all are brought back", lambda: back() and not queueing.gradually.at_work)
    assert len(queue.line) >= count - 1
    last = queue.waiting[-1]
    bench.during("they are written again", lambda: queue.is_sure(last))


def again(bench: Bench) -> None:
    """Started with what another window left, its queue opened as soon as it is seen."""
    panel = bench.panel()
    bench.during("it starts with all of them", lambda: bench.restored and bench.program.session.looked)
    assert bench.restored[0] >= bench.given["jobs"] - 1, bench.restored
    assert panel.jobs.rowCount() >= bench.restored[0]
    bench.during("they go on", _once(bench.program.queue.resume))


def alone(bench: Bench) -> None:
    """Started with nothing left."""
    bench.panel()
    bench.during("it starts with an empty queue", lambda: bench.restored and bench.program.session.looked)


def _once(deed: Callable[[], object]) -> Callable[[], bool]:
    """Does it in the first turn; true from then on."""
    done: list[object] = []
    return lambda: bool(done) or bool(done.append((deed(),)))


def main() -> None:
    bench = Bench()
    {"fill": fill, "again": again, "alone": alone}[bench.given["deed"]](bench)
    bench.end()


if __name__ == "__main__":
    main()
