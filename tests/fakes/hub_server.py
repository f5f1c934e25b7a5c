"""A hub on this machine: the API, the files, a storage host of another name, and every kind of trouble on the way.

As the real one: small files are redirected on the same host, large ones (LFS) to the storage, which knows ranges and
ETags and must never see a token.
"""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.fakes.hub_answers import Answers

TOKEN = "hf_theTokenThatNobodyElseMaySee00"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Fault:
    """What goes wrong with one answer, and then no more. `status` comes instead of the file, `after` bytes cut it,
    `flips` turn over one bit at that place, `stall_s` is the wait before the first byte, `bytes_s` the speed."""

    status: int = 0
    retry_after: str = ""
    after: int | None = None
    flips: int | None = None
    stall_s: float = 0.0
    whole: bool = False  # ranges are not known
    etag: str = ""  # another one than before
    times: int = 1


@dataclass
class Seen:
    """One request, and what of its answer left."""

    host: str
    path: str
    start: int
    headers: dict[str, str]
    status: int = 0
    sent: int = 0


@dataclass
class Repo:
    id: str
    files: dict[str, bytes | Path]
    large: frozenset[str]
    gated: bool = False
    private: bool = False
    licence: str = "apache-2.0"
    commit: str = COMMIT
    admitted: bool = True  # whoever shows the token has accepted the terms

    def size(self, name: str) -> int:
        content = self.files[name]
        return content.stat().st_size if isinstance(content, Path) else len(content)

    def read(self, name: str, start: int, count: int) -> bytes:
        content = self.files[name]
        if isinstance(content, bytes):
            return content[start : start + count]
        with content.open("rb") as file:
            file.seek(start)
            return file.read(count)


@dataclass
class Hub:
    """`with Hub() as hub`: `url` is its address; `seen` are all requests; `bytes_s` slows every answer down."""

    repos: dict[str, Repo] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    bytes_s: float = 0.0
    token: str = TOKEN
    _sums: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Hub:
        self._servers = [self._serve("127.0.0.1"), self._serve("localhost")]
        self.url, self.storage = (f"http://{s.spoken}:{s.server_address[1]}" for s in self._servers)
        return self

    def __exit__(self, *error: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def add(self, id: str, files: dict[str, bytes | Path], *, large_from: int = 1000, **options: Any) -> Repo:
        """A model; files of `large_from` bytes or more lie in LFS."""
        repo = Repo(id, files, frozenset(), **options)
        repo.large = frozenset(name for name in files if repo.size(name) >= large_from)
        self.repos[id] = repo
        return repo

    def trouble(self, name: str, *faults: Fault) -> None:
        """Let the next answers for the file of that name (or "api") go wrong."""
        self.faults.setdefault(name, []).extend(faults)

    def fetched(self, name: str = "") -> int:
        """Bytes of files that have left, of one or of all."""
        return sum(
            s.sent for s in self.seen if s.status in (200, 206) and s.path.endswith(name) and "/api/m" not in s.path
        )

    def sums(self, repo: Repo, name: str) -> tuple[str, str]:
        """SHA-256 and git's SHA-1 of a file, computed once."""
        key = (repo.id, name)
        if key not in self._sums:
            size = repo.size(name)
            sha256, git = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size)
            for start in range(0, size, 2**20):
                piece = repo.read(name, start, 2**20)
                sha256.update(piece)
                git.update(piece)
            self._sums[key] = sha256.hexdigest(), git.hexdigest()
        return self._sums[key]

    def note(self, host: str, path: str, start: int, headers: dict[str, str]) -> Seen:
        """A request has come."""
        self.seen.append(Seen(host, path, start, headers))
        return self.seen[-1]

    def fault(self, name: str) -> Fault:
        with self._lock:
            waiting = self.faults.get(name, [])
            if not waiting:
                return Fault()
            waiting[0].times -= 1
            return waiting.pop(0) if waiting[0].times <= 0 else waiting[0]

    def _serve(self, spoken: str) -> Any:
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (Answers,), {"hub": self}))
        server.daemon_threads, server.block_on_close = True, False
        server.spoken = spoken  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server


def tree(folder: Path) -> dict[str, bytes | Path]:
    """A model's folder as the files of a `Repo`."""
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def noise(count: int, seed: int = 0) -> bytes:
    """Bytes without a pattern, the same for the same seed."""
    return hashlib.shake_128(seed.to_bytes(8)).digest(count)


def environment(hub: Hub, home: Path) -> dict[str, str]:
    """What makes a child process use this hub, and no keyring."""
    return os.environ | {
        "HF_ENDPOINT": hub.url,
        "EVERYFORM_HOME": str(home),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "NO_PROXY": "*",
    }
