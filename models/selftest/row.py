"""One thing that was tried, and a file of them that one process writes and another reads meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """`part` is "window", "starter" or "miniature"; `made` says what came out, `problem` why it does not work."""

    part: str
    name: str
    seconds: float = 0.0
    made: str = ""
    problem: str = ""


class Rows:
    """A file with a row a line. A pipe would not do: a program without a console may have nowhere to write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0

    def add(self, row: Row) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row)) + "\n")

    def new(self) -> Iterator[Row]:
        """Those that were added since the last call, each once it is whole."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._read += len(line)
                yield Row(**json.loads(line))
