"""Work beside the event loop: answers reach whoever asked, and nobody who is gone."""

from __future__ import annotations

import threading
from typing import Any

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from desktop.aside import Aside

PATIENCE_MS = 30_000


def test_what_work_returns_or_raises_reaches_then(qtbot: QtBot) -> None:
    aside, found = Aside(threads=1), []

    def broken() -> None:
        raise LookupError("no such thing")

    aside.run(lambda: 7, found.append)
    aside.run(broken, found.append)
    qtbot.waitUntil(lambda: len(found) == 2, timeout=PATIENCE_MS)
    assert found[0] == 7 and isinstance(found[1], LookupError)


def test_one_who_is_gone_gets_no_answer(qtbot: QtBot) -> None:
    aside, told = Aside(threads=1), []
    gone, there, may_end = QObject(), QObject(), threading.Event()

    def tell(who: str) -> Any:
        return lambda _: told.append(who)

    aside.run(lambda: may_end.wait(PATIENCE_MS / 1000), tell("gone"), gone)
    aside.run(lambda: None, tell("there"), there)
    delete(gone)
    may_end.set()
    qtbot.waitUntil(lambda: bool(told), timeout=PATIENCE_MS)  # one thread: the first answer came before
    assert told == ["there"]


def test_nobody_is_told_after_the_end(qtbot: QtBot) -> None:
    aside, told, ran = Aside(threads=1), [], []
    aside.run(lambda: ran.append(1), told.append)
    aside.finish()
    assert ran == [1]
    last = Aside(threads=1)
    last.run(lambda: None, lambda _: told.append("the one after"))
    qtbot.waitUntil(lambda: bool(told), timeout=PATIENCE_MS)
    assert told == ["the one after"]


def test_work_that_outlives_its_window_ends_quietly(qtbot: QtBot) -> None:
    aside, told, begun, may_end = Aside(threads=1), [], threading.Event(), threading.Event()
    ended = threading.Event()

    class Held:
        def __del__(self) -> None:  # goes with the answer, after it was given
            ended.set()

    def work() -> Held:
        begun.set()
        may_end.wait(PATIENCE_MS / 1000)
        return Held()

    with qtbot.captureExceptions() as exceptions:
        aside.run(work, told.append)
        assert begun.wait(PATIENCE_MS / 1000)
        threading.Timer(0.2, may_end.set).start()
        delete(aside)
        assert ended.wait(PATIENCE_MS / 1000)
    assert not exceptions and not told
