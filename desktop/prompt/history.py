"""Prompts that were used, newest first, kept on disk."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

from models import folders

MOST = 500
MAX_BYTES = 8 * 2**20


class History:
    """Past prompts. `add` gives the work of writing them, to be done where a slow disk does not matter."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or folders.data() / "prompts.json"
        self._prompts = self._read()
        self._at = -1  # where Alt+Up has got to; -1 is what is being written now
        self._unsent = ""
        self._writing, self._text = threading.Lock(), b""

    @property
    def prompts(self) -> tuple[str, ...]:
        """Newest first, each once."""
        return tuple(self._prompts)

    def add(self, prompt: str) -> Callable[[], None] | None:
        """Note a prompt that was used; gives the writing of it, or None where nothing changed."""
        self._at = -1
        prompt = prompt.strip()
        if not prompt or (self._prompts and self._prompts[0] == prompt):
            return None
        self._prompts = _fitting([prompt, *(p for p in self._prompts if p != prompt)][:MOST])
        text = json.dumps(self._prompts, indent=0, ensure_ascii=False).encode("utf-8", "surrogatepass")
        self._text, path = text, self.path

        def write() -> None:
            from models.outputs import atomic

            with self._writing:
                if text is self._text:  # else a newer list is on its way, or here
                    path.parent.mkdir(parents=True, exist_ok=True)
                    atomic.write_bytes(path, text)

        return write

    def older(self, written: str) -> str | None:
        """One step back from what is written now; None at the oldest."""
        if self._at >= 0 and written.strip() != self._prompts[self._at]:
            self._at = -1  # it was written since, and `newer` is to bring it back
        if self._at + 1 >= len(self._prompts):
            return None
        if self._at == -1:
            self._unsent = written
            if self._prompts[0] == written.strip() and len(self._prompts) > 1:
                self._at = 0
        self._at += 1
        return self._prompts[self._at]

    def newer(self) -> str | None:
        """One step forward, at last to what was being written; None when already there."""
        if self._at < 0:
            return None
        self._at -= 1
        return self._unsent if self._at < 0 else self._prompts[self._at]

    def _read(self) -> list[str]:
        try:
            if self.path.stat().st_size > MAX_BYTES:
                return []
            held = json.loads(self.path.read_bytes().decode("utf-8", "surrogatepass"))
        except (OSError, ValueError, RecursionError):
            return []
        return [p for p in held if isinstance(p, str)][:MOST] if isinstance(held, list) else []


def _fitting(prompts: list[str]) -> list[str]:
    """The newest of them, as many as a file takes that will be read again."""
    left = MAX_BYTES - 16
    for count, prompt in enumerate(prompts):
        left -= len(json.dumps(prompt, ensure_ascii=False).encode("utf-8", "surrogatepass")) + 2
        if left < 0:
            return prompts[:count]
    return prompts
