"""How a job's events are told: as JSON lines to a program, or as a line that moves to a person."""

from __future__ import annotations

import shutil
import sys
from typing import Any, Protocol

from models.commands import say
from models.protocol import Cancelled, Event, Failed, Loading, Notice, Output, Preview, Progress, SoundPreview, Token

_BAR = 24
# What each event tells a program. What is not here (pixels, the end itself) is not told.
_TOLD: dict[type, tuple[str, ...]] = {
    Loading: ("stage", "fraction"),
    Progress: ("step", "total", "elapsed_s", "item"),
    Preview: ("width", "height", "step", "item", "level"),
    SoundPreview: ("sample_rate", "seconds", "step", "item", "level"),
    Token: ("text", "item"),
    Notice: ("text",),
    Output: ("path", "medium", "seconds", "settings", "item"),
    Failed: ("reason",),
    Cancelled: (),
}


class Teller(Protocol):
    def event(self, event: Event) -> None:
        """One event of the job, its last word included."""
        ...

    def refused(self, reason: str) -> None:
        """The job never began; the sentence itself goes to stderr elsewhere."""
        ...


class JsonTeller:
    """Each event as one line: `loading`, `progress`, `preview`, `token`, `notice`, `output`, `failed`, `cancelled`.

    Previews tell their size or length, not what they show.
    """

    def event(self, event: Event) -> None:
        if (told := row(event)) is not None:
            say.json_line(told)

    def refused(self, reason: str) -> None:
        say.json_line({"event": "failed", "reason": reason})


class PeopleTeller:
    """Paths and text to stdout; a line of progress on stderr, where that is a terminal."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = False
        self._in_text = False

    def event(self, event: Event) -> None:
        if isinstance(event, Loading):
            percent = f" {event.fraction:.0%}" if event.fraction is not None else ""
            self._show(f"{event.stage}{percent} …")
        elif isinstance(event, Progress):
            self._show(progress_line(event, shutil.get_terminal_size().columns))
        elif isinstance(event, Token):
            self._clear()
            self._in_text = True
            print(plain(event.text), end="", flush=True)
        elif isinstance(event, Notice):
            self._clear()
            say.sentence(event.text)
        elif isinstance(event, Output):
            self._clear()
            if self._in_text:
                print()
                self._in_text = False
            say.line(event.path)
        elif not isinstance(event, Preview | SoundPreview):
            self._clear()

    def refused(self, reason: str) -> None:
        self._clear()

    def _show(self, text: str) -> None:
        if self._terminal and not self._in_text:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
            self._shown = True

    def _clear(self) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
            self._shown = False


def plain(text: str) -> str:
    """A model's own words without what a terminal would take as orders (colours, moves, its title)."""
    return "".join(c for c in text if c in "\n\t" or (c >= " " and not "\x7f" <= c <= "\x9f"))


def progress_line(progress: Progress, columns: int) -> str:
    """`━━━━━━━━────── 12 of 20, 3 s left`, cut to the terminal's width."""
    share = progress.step / max(progress.total, 1)
    left_s = None
    if progress.step > 1 and progress.elapsed_s > 0 and share < 1:
        left_s = progress.elapsed_s * (1 - share) / share
    return bar_line(progress.step, progress.total, progress.step, left_s, columns)


def bar_line(at: float, total: int, count: int, left_s: float | None, columns: int, what: str = "") -> str:
    """A bar that is full as far as `at` of `total`, `count` of them done, the seconds left where they are known, and
    what is being done."""
    full = round(_BAR * min(max(at / max(total, 1), 0.0), 1.0))
    left = f", {_time(left_s)} left" if left_s is not None else ""
    words = f" · {what}" if what else ""
    return f"{'━' * full}{'─' * (_BAR - full)} {count} of {total}{left}{words}"[: max(columns - 1, 10)]


def _time(seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 90:
        return f"{whole} s"
    return f"{round(whole / 60)} min" if whole < 5400 else f"{whole / 3600:.1f} h"


def row(event: Event) -> dict[str, Any] | None:
    """An event as a program is told it; None where it is not told at all."""
    fields = _TOLD.get(type(event))
    if fields is None:
        return None
    told: dict[str, Any] = {"event": type(event).__name__.lower().removeprefix("sound")}
    for name in fields:
        value = getattr(event, name)
        told[name] = round(value, 3) if isinstance(value, float) else value
    return told
