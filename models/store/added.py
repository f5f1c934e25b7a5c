"""The lists of models that the person has added, and of folders linked: small files of paths, shared by processes."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.outputs import atomic, place
from models.protocol import BadInput

VERSION = 1
_MAX_BYTES = 16 * 2**20


class Added:
    """Entries `{"id", "path", "name", "added", "sha256"}` in the JSON file `path`; `problems` says what went wrong.

    `what` is how sentences call them.
    """

    def __init__(self, path: Path, what: str = "added models") -> None:
        self.path = path
        self._what = what
        self.problems: list[str] = []

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Hold this around reading and writing, so that two processes lose no entry of each other. Raises BadInput."""
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(atomic.locked(self.path.with_suffix(".lock")))
            except OSError as error:
                raise self._unwritable(error) from error
            yield

    def entries(self) -> list[dict[str, Any]]:
        """The list as it stands; a broken one is moved aside, so that nothing in it is lost."""
        try:
            if self.path.stat().st_size > _MAX_BYTES:
                raise ValueError("too large")
            given = json.loads(self.path.read_text("utf-8"))
            if not isinstance(given, dict) or not isinstance(given.get("models"), list):
                raise ValueError("no list of models")
        except FileNotFoundError:
            return []
        except OSError as error:
            self.problems.append(f"{self.path} cannot be read ({(error.strerror or 'unknown').lower()}).")
            return []
        except (ValueError, RecursionError):
            aside = self.path.with_name(f"{self.path.stem}.broken-{datetime.datetime.now():%Y%m%d-%H%M%S}.json")
            self.path.replace(aside)
            self.problems.append(f"The list of {self._what} was broken; it lies in {aside}, and a new one was begun.")
            return []
        return [e for e in given["models"] if isinstance(e, dict) and _is_text(e.get("id")) and _is_text(e.get("path"))]

    def write(self, entries: list[dict[str, Any]]) -> None:
        text = json.dumps({"everyform_models": VERSION, "models": entries}, indent=1)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            atomic.write_text(self.path, text)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> BadInput:
        return BadInput(f"The list of {self._what} is not kept: {place.sentence(error, self.path.parent)}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
