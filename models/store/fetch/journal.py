"""How far each file of a download has come, written down so that a killed process costs a piece and not the whole.

Lines of JSON, only ever added: `{"file", "at", "etag"}` once so many bytes are safe on the disk, `{"file", "sha256"}`
once the whole was right, `{"file", "at": 0}` when it begins anew. A line that was cut off counts for nothing.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from models.outputs import atomic


@dataclass
class _Entry:
    at: int = 0
    etag: str = ""
    sha256: str = ""


class Journal:
    """The journal in the file `path`. What has come whole lies below `folder`, the rest below `parts`.

    Threads may use it at once. Raises OSError.
    """

    def __init__(self, path: Path, folder: Path, parts: Path) -> None:
        self.folder = folder
        self._path = path
        self._parts = parts
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._torn = False
        self._read()

    def whole(self, name: str) -> Path:
        """Where a file lies once it is right."""
        return self.folder / name

    def part(self, name: str) -> Path:
        """Where it lies until then."""
        return self._parts / name

    def offset(self, name: str) -> int:
        """Bytes of it that need not come again."""
        try:
            size = self.part(name).stat().st_size
        except OSError:
            return 0
        return min(self._entry(name).at, size)

    def etag(self, name: str) -> str:
        """What the server called the version that they came from; "" where it did not."""
        return self._entry(name).etag

    def sha256(self, name: str) -> str:
        """The checksum of a file that has come and was right; "" before."""
        return self._entry(name).sha256

    def mark(self, name: str, at: int, etag: str) -> None:
        """The first `at` bytes are on the disk, which the caller has made sure of."""
        self._add(name, _Entry(at, etag), {"at": at, "etag": etag})

    def finish(self, name: str, sha256: str) -> None:
        """It is right: give it its name. A process killed between the two does the second when it reads this again."""
        self._add(name, _Entry(sha256=sha256), {"sha256": sha256})
        self._move(name)

    def here(self, name: str, sha256: str) -> None:
        """It is right where the model lies already, so nothing of it comes into the folder."""
        self._add(name, _Entry(sha256=sha256), {"sha256": sha256})

    def drop(self, name: str, *, keep_part: bool = False) -> None:
        """It begins anew; `keep_part` while somebody has the part open."""
        self._add(name, _Entry(), {"at": 0})
        if not keep_part:
            self.part(name).unlink(missing_ok=True)

    def _move(self, name: str) -> None:
        self.whole(name).parent.mkdir(parents=True, exist_ok=True)
        self.part(name).replace(self.whole(name))
        atomic.flush_folder(self.whole(name).parent)

    def _entry(self, name: str) -> _Entry:
        with self._lock:
            return self._entries.get(name, _Entry())

    def _add(self, name: str, entry: _Entry, told: dict[str, object]) -> None:
        line = json.dumps({"file": name} | told).encode() + b"\n"
        with self._lock:
            # One write of one line: the kernel keeps it when this process is killed. A power cut may lose some
            # lines, never bytes that a line speaks of.
            with self._path.open("ab", buffering=0) as file:
                if self._torn:
                    line = b"\n" + line
                self._torn = True
                written = os.write(file.fileno(), line)
                self._torn = written != len(line)
            if self._torn:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
            self._entries[name] = entry

    def _read(self) -> None:
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return
        self._torn = bool(text) and not text.endswith(b"\n")
        for line in text.split(b"\n"):
            try:
                told = json.loads(line)
                name, at = str(told["file"]), int(told.get("at", 0))
                entry = _Entry(max(at, 0), str(told.get("etag", "")), str(told.get("sha256", "")))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                continue
            self._entries[name] = entry
        for name, entry in self._entries.items():
            if entry.sha256 and self.part(name).is_file():
                self._move(name)
