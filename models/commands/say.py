"""Where words go: results to stdout, sentences for people to stderr, and nothing else to either."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from models.sizes import size as size

_ours: Any = None  # where results go while everybody else is silenced


def settle() -> None:
    """Let every text be printed on any terminal: a path in an old encoding must not end a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def line(text: str) -> None:
    """A line of the result, at once, so that a program that reads along has it."""
    print(text, file=_ours or sys.stdout, flush=True)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Meanwhile what a library prints goes nowhere: a program that reads our lines must not find any other."""
    global _ours
    before, _ours = sys.stdout, sys.stdout
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - no file
        sys.stdout = nowhere
        try:
            yield
        finally:
            sys.stdout, _ours = before, None


def json_line(value: Any) -> None:
    """One JSON value on one line, in ASCII: whole in every encoding."""
    line(json.dumps(value, allow_nan=False, separators=(", ", ": ")))


def sentence(text: str) -> None:
    """For the person: one line on stderr, also where nobody listens any more."""
    with contextlib.suppress(OSError, ValueError):
        print(" ".join(text.split()), file=sys.stderr, flush=True)


def hush() -> None:
    """Send what Python still holds for a closed stdout nowhere, or it would complain at the end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def table(rows: Iterable[Sequence[str]], indent: str = "") -> None:
    """Columns as wide as their widest cell; the last one as long as it is."""
    cells = [list(row) for row in rows]
    if not cells:
        return
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]) - 1)]
    for row in cells:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        line((indent + "  ".join([*padded, row[-1]])).rstrip())


@contextlib.contextmanager
def counting(about: str) -> Iterator[Callable[[int, int], None]]:
    """A line that counts, for a person at a terminal alone."""
    last = -1

    def progress(done: int, total: int) -> None:
        nonlocal last
        percent = 100 * done // max(total, 1)
        if percent != last and sys.stderr.isatty():
            last = percent
            print(f"\r{about}: {percent} %", end="", file=sys.stderr, flush=True)

    try:
        yield progress
    finally:
        if last >= 0:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
