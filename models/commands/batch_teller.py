"""How a batch is told: a line that moves with the time left over all, or JSON lines."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from models.batch.rows import Row
from models.batch.running import Pace
from models.commands import say, tell
from models.protocol import Event, Loading, Notice, Progress


class Teller(Protocol):
    """Hears of the whole, and of each row as `models.batch.running.Listener` does."""

    def refused(self, reason: str) -> None:
        """Nothing was begun; the sentence itself goes to stderr elsewhere."""
        ...

    def rows(self, rows: Sequence[Row], done: Container[str], twice: int) -> None:
        """Only what would be made."""
        ...

    def start(self, rows: Sequence[Row], done: Container[str], twice: int) -> None: ...

    def note(self, text: str) -> None:
        """A sentence on the whole."""
        ...

    def begin(self, row: Row) -> None: ...

    def event(self, row: Row, event: Event) -> None: ...

    def done(self, row: Row, path: Path, seconds: float) -> None: ...

    def failed(self, row: Row, reason: str) -> None: ...

    def end(
        self, rows: Sequence[Row], failed: Mapping[str, str], missing: int, sheets: Sequence[Path], ledger: Path
    ) -> None: ...


class _Counting:
    """What is left, and for how long; several may be made at once."""

    def __init__(self) -> None:
        self._left: dict[str, Row] = {}
        self._begun: set[str] = set()
        self._at_once = 1
        self._all = 0
        self._pace = Pace()

    def start(self, rows: Sequence[Row], done: Container[str], twice: int) -> None:
        self._left = {row.id: row for row in rows if row.id not in done}
        self._all = len(rows)

    def begin(self, row: Row) -> None:
        self._begun.add(row.id)
        self._at_once = len(self._begun)

    def _took(self, row: Row, seconds: float | None = None) -> None:
        self._left.pop(row.id, None)
        self._begun.discard(row.id)
        if seconds is not None:
            self._pace.see(row, seconds)

    def _left_s(self) -> float | None:
        left_s = self._pace.left_s(list(self._left.values())) if self._left else None
        return None if left_s is None else left_s / self._at_once


class JsonTeller(_Counting):
    """Each event of a row as `generate` tells it, with `row`; and `batch`, `note`, `begin`, `done`, `failed`, `end`."""

    def refused(self, reason: str) -> None:
        say.json_line({"event": "refused", "reason": reason})

    def rows(self, rows: Sequence[Row], done: Container[str], twice: int) -> None:
        for row in rows:
            say.json_line({"event": "row", "there": row.id in done} | row.told())
        say.json_line({"event": "batch", **_counts(rows, done, twice)})

    def start(self, rows: Sequence[Row], done: Container[str], twice: int) -> None:
        super().start(rows, done, twice)
        say.json_line({"event": "batch", **_counts(rows, done, twice)})

    def note(self, text: str) -> None:
        say.json_line({"event": "note", "text": text})

    def begin(self, row: Row) -> None:
        super().begin(row)
        say.json_line({"event": "begin", "row": row.id} | row.told())

    def event(self, row: Row, event: Event) -> None:
        if (told := tell.row(event)) is not None:
            say.json_line(told | {"row": row.id})

    def done(self, row: Row, path: Path, seconds: float) -> None:
        self._took(row, seconds)
        self._say("done", row, path=str(path), seconds=round(seconds, 3))

    def failed(self, row: Row, reason: str) -> None:
        self._took(row)
        self._say("failed", row, reason=reason)

    def end(
        self, rows: Sequence[Row], failed: Mapping[str, str], missing: int, sheets: Sequence[Path], ledger: Path
    ) -> None:
        done = len(rows) - len(failed) - missing
        told = {"event": "end", "done": done, "failed": failed, "missing": missing}
        say.json_line(told | {"sheets": [str(path) for path in sheets], "path": str(ledger)})

    def _say(self, event: str, row: Row, **more: Any) -> None:
        left = self._left_s()
        rest = {"left": len(self._left), "left_s": None if left is None else round(left, 1)}
        say.json_line({"event": event, "row": row.id} | more | rest)


class PeopleTeller(_Counting):
    """Paths to stdout; a line of progress on stderr where that is a terminal; what failed, at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._terminal = sys.stderr.isatty()
        self._shown = False

    def refused(self, reason: str) -> None:
        self._clear()

    def rows(self, rows: Sequence[Row], done: Container[str], twice: int) -> None:
        say.table([(row.file, row.source.preset.name, row.request.prompt[:60], _there(row, done)) for row in rows])
        say.sentence(_words(rows, done, twice))

    def start(self, rows: Sequence[Row], done: Container[str], twice: int) -> None:
        super().start(rows, done, twice)
        say.sentence(_words(rows, done, twice))

    def note(self, text: str) -> None:
        self._clear()
        say.sentence(text)

    def begin(self, row: Row) -> None:
        super().begin(row)
        self._show(row)

    def event(self, row: Row, event: Event) -> None:
        if isinstance(event, Progress):
            self._show(row, event.step / max(event.total, 1))
        elif isinstance(event, Loading):
            self._show(row)
        elif isinstance(event, Notice):
            self._clear()
            say.sentence(f"{row.file}: {event.text}")

    def done(self, row: Row, path: Path, seconds: float) -> None:
        self._took(row, seconds)
        self._clear()
        say.line(str(path))

    def failed(self, row: Row, reason: str) -> None:
        self._took(row)
        self._clear()

    def end(
        self, rows: Sequence[Row], failed: Mapping[str, str], missing: int, sheets: Sequence[Path], ledger: Path
    ) -> None:
        self._clear()
        for path in sheets:
            say.line(str(path))
        for row in rows:
            if row.id in failed:
                say.sentence(f"{row.file} failed: {failed[row.id]}")
        done = len(rows) - len(failed) - missing
        words = f"{done} of {len(rows)} rows are there"
        words += f", {len(failed)} failed" if failed else ""
        words += f", {missing} are missing: --resume makes them" if missing else ""
        say.sentence(f"{words}. {ledger} has the list.")

    def _show(self, row: Row, fraction: float = 0.0) -> None:
        if not self._terminal:
            return
        done = self._all - len(self._left)
        columns = shutil.get_terminal_size().columns
        line = tell.bar_line(done + fraction, self._all, done, self._left_s(), columns, row.name)
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
        self._shown = True

    def _clear(self) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
            self._shown = False


def _counts(rows: Sequence[Row], done: Container[str], twice: int) -> dict[str, int]:
    there = sum(row.id in done for row in rows)
    return {"rows": len(rows), "there": there, "missing": len(rows) - there, "twice": twice}


def _there(row: Row, done: Container[str]) -> str:
    return "there" if row.id in done else ""


def _words(rows: Sequence[Row], done: Container[str], twice: int) -> str:
    presets = len({row.source.preset.name for row in rows})
    counts = _counts(rows, done, twice)
    words = f"{len(rows)} {'row' if len(rows) == 1 else 'rows'} over {presets} "
    words += "preset" if presets == 1 else "presets"
    words += f", {counts['there']} of them there already" if counts["there"] else ""
    words += f"; {twice} more would be the same as others" if twice else ""
    return f"{words}."
