"""The whole program for tests of the window: what they wait for, and how they set it."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from desktop.app import Everyform
from desktop.jobs import Job

PATIENCE_MS = 60_000  # only what fails waits so long


def set_steps(program: Everyform, steps: int, pause_ms: float) -> None:
    form = program.window.side.form
    for name, value in (("steps", steps), ("pause_ms", pause_ms)):
        form.fields[name].set_value(value)
        form.fields[name].tell()


def ended(program: Everyform, qtbot: QtBot, count: int = 1) -> list[Job]:
    qtbot.waitUntil(lambda: sum(j.ended for j in program.queue.jobs) >= count, timeout=PATIENCE_MS)
    return [j for j in program.queue.jobs if j.ended]


def said(program: Everyform, qtbot: QtBot, words: str) -> str:
    """Wait for the notice with these words, putting away the others that come first."""
    notices = program.window.notices

    def there() -> bool:
        if notices.isVisible() and words in notices.text.text():
            return True
        notices.next()
        return False

    qtbot.waitUntil(there, timeout=PATIENCE_MS)
    return notices.text.text()
