"""One place for one loaded model: the last one used stays warm, and makes room before the next is read."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any


class Slot:
    """Holds at most one model, so that two never lie in memory together."""

    def __init__(self) -> None:
        self._key: Hashable = None
        self._model: Any = None

    def holds(self, key: Hashable) -> bool:
        return self._model is not None and self._key == key

    def get(self, key: Hashable, load: Callable[[], Any]) -> Any:
        """The model of that key; `load` makes it where another is held, or none. Passes on what `load` raises."""
        if not self.holds(key):
            self.clear()
            self._model = load()
            self._key = key
        return self._model

    def clear(self) -> None:
        """Let go of the model and hand its memory back to the system and the accelerator."""
        self._key = self._model = None
        gc.collect()
        # Where torch was never imported there is nothing of it to free.
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            torch.cuda.empty_cache()


def stamp(path: str | Path, limit: int = 2000) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times (ns) of a model's files: it changes when one of them is written again. Raises OSError."""
    path = Path(path)
    if path.is_file():
        found = path.stat()
        return ((path.name, found.st_size, found.st_mtime_ns),)
    seen: list[tuple[str, int, int]] = []
    for folder, _, names in os.walk(path):
        for name in names:
            if len(seen) == limit:
                return tuple(sorted(seen))
            file = Path(folder, name)
            found = file.stat()
            seen.append((file.relative_to(path).as_posix(), found.st_size, found.st_mtime_ns))
    return tuple(sorted(seen))
