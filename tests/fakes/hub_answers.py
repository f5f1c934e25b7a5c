"""How the hub on this machine answers each request; `tests.fakes.hub_server` says what it has and what goes wrong."""

from __future__ import annotations

import json
import socket
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from tests.fakes.hub_server import Hub, Repo, Seen

_PIECE = 64 * 1024


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    hub: Hub
    note: Seen

    def setup(self) -> None:
        # Little that has been "sent" and never arrived when the other side is killed: the figures are about that.
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _PIECE)
        super().setup()

    def log_message(self, *words: object) -> None:
        pass

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        told = self.headers.get("Range", "")
        start = int(told.removeprefix("bytes=").partition("-")[0]) if told else 0
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.note = self.hub.note(headers["host"], unquote(asked.path), start, headers)
        try:
            self._answer(unquote(asked.path), parse_qs(asked.query))
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _answer(self, path: str, query: dict[str, list[str]]) -> None:
        at_home = self.headers["Host"] == self.hub.url.partition("//")[2]
        if path == "/api/models" and at_home:
            self._search(query)
        elif path.startswith("/api/models/") and at_home:
            id, _, revision = path.removeprefix("/api/models/").partition("/revision/")
            self._tell(id, revision or "main", "blobs" in query)
        elif "/resolve/" in path and at_home:
            id, _, rest = path.strip("/").partition("/resolve/")
            self._resolve(id, rest.partition("/")[2])
        elif path.startswith("/api/resolve-cache/models/") and at_home:
            owner, name, _, file = path.removeprefix("/api/resolve-cache/models/").split("/", 3)
            self._send(self.hub.repos[f"{owner}/{name}"], file)
        elif path.startswith("/storage/") and not at_home:
            owner, name, file = path.removeprefix("/storage/").split("/", 2)
            self._send(self.hub.repos[f"{owner}/{name}"], file)
        else:
            self._short(404, {"X-Error-Code": "EntryNotFound"})

    def _refused(self, repo: Repo | None, file: bool) -> bool:
        known = self.headers.get("Authorization") == f"Bearer {self.hub.token}"
        if self.headers.get("Authorization") and not known:
            self._short(401, {"X-Error-Message": "Invalid credentials in Authorization header"})
        elif repo is None or (repo.private and not known):
            self._short(404 if known else 401, {"X-Error-Code": "RepoNotFound"})
        elif file and repo.gated and not (known and repo.admitted):
            self._short(403 if known else 401, {"X-Error-Code": "GatedRepo"})
        else:
            return False
        return True

    def _tell(self, id: str, revision: str, blobs: bool) -> None:
        repo, fault = self.hub.repos.get(id), self.hub.fault("api")
        time.sleep(fault.stall_s)
        if fault.status:
            self._short(fault.status, {"Retry-After": fault.retry_after} if fault.retry_after else {})
        elif self._refused(repo, False):
            pass
        elif repo is None or revision not in ("main", repo.commit):
            self._short(404, {"X-Error-Code": "RevisionNotFound"})
        else:
            self._json(_about(repo) | {"siblings": [self._sibling(repo, name, blobs) for name in repo.files]})

    def _sibling(self, repo: Repo, name: str, blobs: bool) -> dict[str, Any]:
        told: dict[str, Any] = {"rfilename": name}
        if blobs:
            sha256, git = self.hub.sums(repo, name)
            told |= {"size": repo.size(name), "blobId": git}
            if name in repo.large:
                told["lfs"] = {"size": repo.size(name), "sha256": sha256, "pointerSize": 134}
        return told

    def _search(self, query: dict[str, list[str]]) -> None:
        words = query.get("search", [""])[0].lower()
        found = [_about(repo) for repo in self.hub.repos.values() if words in repo.id.lower()]
        self._json(found[: int(query.get("limit", ["100"])[0])])

    def _resolve(self, id: str, name: str) -> None:
        repo = self.hub.repos.get(id)
        if self._refused(repo, True):
            return
        if repo is None or name not in repo.files:
            self._short(404, {"X-Error-Code": "EntryNotFound"})
            return
        sha256, git = self.hub.sums(repo, name)
        head = {"X-Repo-Commit": repo.commit, "X-Linked-Etag": f'"{sha256 if name in repo.large else git}"'}
        if name in repo.large:
            place = f"{self.hub.storage}/storage/{id}/{name}?signature=secret"
        else:
            place = f"/api/resolve-cache/models/{id}/{repo.commit}/{name}"
        self._short(302 if name in repo.large else 307, head | {"Location": place})

    def _send(self, repo: Repo, name: str) -> None:
        fault = self.hub.fault(name)
        time.sleep(fault.stall_s)
        if fault.status:
            self._short(fault.status, {"Retry-After": fault.retry_after} if fault.retry_after else {})
            return
        size, tag = repo.size(name), fault.etag or f'"{self.hub.sums(repo, name)[0][:32]}"'
        start = self.note.start
        if start >= size > 0:
            self._short(416, {"Content-Range": f"bytes */{size}"})
            return
        if fault.whole or self.headers.get("If-Range", tag) != tag:
            start = 0
        partly = bool(self.headers.get("Range")) and not fault.whole and self.headers.get("If-Range", tag) == tag
        self.note.status = 206 if partly else 200
        self.send_response(self.note.status)
        self.send_header("Content-Length", str(size - start))
        self.send_header("ETag", tag)
        if partly:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.end_headers()
        at, began = start, time.monotonic()
        while at < size:
            end = min(size, at + _PIECE, start + fault.after if fault.after is not None else size)
            if end == at:
                raise ConnectionAbortedError
            piece = repo.read(name, at, end - at)
            if fault.flips is not None and at <= fault.flips < end:
                piece = bytearray(piece)
                piece[fault.flips - at] ^= 1
            self.wfile.write(piece)
            self.note.sent += len(piece)
            at = end
            if self.hub.bytes_s:
                time.sleep(max(0.0, (at - start) / self.hub.bytes_s - (time.monotonic() - began)))

    def _short(self, status: int, headers: dict[str, str]) -> None:
        self.note.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, value: Any) -> None:
        text = json.dumps(value).encode()
        self.note.status = 200
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def _about(repo: Repo) -> dict[str, Any]:
    return {
        "id": repo.id, "modelId": repo.id, "sha": repo.commit, "private": repo.private, "tags": [],
        "gated": "auto" if repo.gated else False, "cardData": {"license": repo.licence}, "downloads": 7, "likes": 3,
        "pipeline_tag": "text-to-image",
    }  # fmt: skip
