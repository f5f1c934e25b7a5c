"""One file from the hub to the disk: goes on where it stopped, and counts as there once its checksum is right.

A range is asked for with the ETag that the earlier part came under (If-Range, RFC 9110, section
13.1.5), so that a file which has changed meanwhile comes whole instead of in two halves.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from models.protocol import BadInput
from models.store.fetch import connection, hub
from models.store.fetch.halt import Halt
from models.store.fetch.hub import HubFile
from models.store.fetch.journal import Journal
from models.store.fetch.patience import Again, retry_after
from models.store.fetch.token import Secret

if TYPE_CHECKING:
    import httpx2

MAX_TEXT_BYTES = 2**20
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_READ = 2**20


class Wrong(Exception):
    """The file came whole, and its checksum is not the hub's."""


class NoRoom(Exception):
    """The disk is full; what was written so far is kept. The message is empty or a sentence."""


class Sums:
    """SHA-256 of a file as it arrives, and git's own SHA-1 of it where the hub has no other."""

    def __init__(self, file: HubFile) -> None:
        self._file = file
        self.count = 0
        self._sha256 = hashlib.sha256()
        self._git = None if file.sha256 else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)

    def add(self, data: bytes) -> None:
        self.count += len(data)
        self._sha256.update(data)
        if self._git is not None:
            self._git.update(data)

    def check(self) -> str:
        """The file's SHA-256, once it is what the hub says. Raises Wrong."""
        found = self._sha256.hexdigest()
        if self._git is not None and self._git.hexdigest() != self._file.blob:
            raise Wrong(self._file.name)
        if self._git is None and found != self._file.sha256:
            raise Wrong(self._file.name)
        return found


class Transfer:
    """A file of a model on its way into `journal`'s folder. Each attempt goes on where the last one ended.

    `arrived` is called with the bytes that have come (less than 0: that many must come again), `checking` with True and
    False around a reading for the checksum. `grain`: bytes after which what is there is made safe and written down.
    `furthest` is the most that was ever there at once.
    """

    def __init__(
        self,
        id: str,
        commit: str,
        file: HubFile,
        journal: Journal,
        halt: Halt,
        grain: int,
        arrived: Callable[[int], None],
        checking: Callable[[bool], None] = lambda on: None,
    ) -> None:
        self.file = file
        self._address = hub.address(id, commit, file.name)
        self._id = id
        self._journal = journal
        self._halt = halt
        self._grain = grain
        self._arrived = arrived
        self._checking = checking
        self._sums = Sums(file)
        self.furthest = 0

    def attempt(self, client: httpx2.Client, secret: Secret | None) -> None:
        """Fetch what is missing, check the whole, and give the file its name.

        Raises Again (worth another attempt), Wrong (begun anew then), NoRoom, Halted, BadInput, Gated and OSError.
        """
        part = self._journal.part(self.file.name)
        start = self._journal.offset(self.file.name)
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            with part.open("r+b" if part.exists() else "w+b") as out:
                out.truncate(start)
                if start < self.file.size:
                    out.seek(start)
                    self._receive(client, secret, out, start)
            total = self._sums.check() if self._sums.count == self.file.size else self._read_again(part)
            self._journal.finish(self.file.name, total)
        except Wrong:
            self._arrived(-self.file.size)
            self._journal.drop(self.file.name)
            self._sums = Sums(self.file)
            raise
        except OSError as error:
            if error.errno in FULL:
                raise NoRoom from error
            raise

    def _receive(self, client: httpx2.Client, secret: Secret | None, out: BinaryIO, start: int) -> None:
        import httpx2

        headers = {"Accept-Encoding": "identity"}
        if secret is not None:
            headers["Authorization"] = f"Bearer {secret.reveal()}"
        tag = self._journal.etag(self.file.name)
        if start:
            headers["Range"] = f"bytes={start}-"
            headers |= {"If-Range": tag} if tag else {}
        try:
            with client.stream("GET", self._address, headers=headers) as answer:
                self._accept(answer, secret, start)
                if start and answer.status_code == 200:  # another file than the first part came from, or no ranges
                    start = self._anew(out, start)
                if start == 0 or self._sums.count != start:
                    self._sums = Sums(self.file)
                self._keep(answer, out, start)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError):
            self._halt.check()
            raise Again(f"The connection to {connection.host()} was lost") from None
        except connection.Refused as error:
            raise BadInput(f"{error}: {self.file.name} is not fetched from there.") from None

    def _accept(self, answer: httpx2.Response, secret: Secret | None, start: int) -> None:
        """Raises what an answer other than the file means; `patience` knows which are worth another attempt."""
        code, name = answer.status_code, self.file.name
        if code == 200:
            return
        if code == 206:
            told = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", answer.headers.get("Content-Range", ""))
            if not told or int(told[1]) != start or told[3] not in (str(self.file.size), "*"):
                self._journal.drop(name, keep_part=True)
                self._arrived(-start)
                raise Again(f"{connection.host()} sent another part of {name} than was asked for")
            return
        if code in (401, 403) and (answer.request.url.host == connection.host() or not answer.history):
            raise refused(self._id, answer, secret)
        if code == 404:
            raise BadInput(f"{connection.host()} has no {name} of {self._id} any more: ask for the model anew.")
        if code == 416:
            self._journal.drop(name, keep_part=True)
            self._arrived(-start)
        if code in (401, 403, 408, 416, 425, 429) or code >= 500:  # 401, 403: a link that has run out
            raise Again(f"{connection.host()} is busy ({code})", retry_after(answer.headers.get("Retry-After")))
        raise BadInput(f"{connection.host()} refuses {name} ({code}): try again later.")

    def _anew(self, out: BinaryIO, start: int) -> int:
        out.seek(0)
        out.truncate(0)
        self._journal.drop(self.file.name, keep_part=True)
        self._arrived(-start)
        return 0

    def _keep(self, answer: httpx2.Response, out: BinaryIO, start: int) -> None:
        """Write what comes, and write down every `grain` bytes that so much is safe; also when it ends too early."""
        tag = answer.headers.get("ETag", "")
        tag = "" if tag.startswith("W/") else tag  # a weak one says nothing about bytes
        hashing = self._sums.count == start
        at = marked = start
        try:
            for data in answer.iter_raw():
                self._halt.check()
                if at + len(data) > self.file.size:
                    self._arrived(self.file.size - at)
                    raise Wrong(self.file.name)
                out.write(data)
                at += len(data)
                self.furthest = max(self.furthest, at)
                self._arrived(len(data))
                if hashing:
                    self._sums.add(data)
                if at - marked >= self._grain:
                    self._mark(out, at, tag)
                    marked = at
        finally:
            if at != marked:
                self._mark(out, at, tag)
        if at < self.file.size:
            raise Again(f"The connection to {connection.host()} was lost")

    def _mark(self, out: BinaryIO, at: int, tag: str) -> None:
        out.flush()
        getattr(os, "fdatasync", os.fsync)(out.fileno())  # first the bytes, then the word that they are there
        self._journal.mark(self.file.name, at, tag)

    def _read_again(self, part: Path) -> str:
        """The checksum over the whole file as it lies there: after a resume, no process has seen all of it."""
        self._checking(True)
        try:
            return read_again(self.file, part, self._halt)
        finally:
            self._checking(False)


def read_again(file: HubFile, path: Path, halt: Halt) -> str:
    """The SHA-256 of a file on the disk, once it is what the hub says. Raises Wrong, Halted and OSError."""
    sums = Sums(file)
    with path.open("rb") as source:
        while data := source.read(_READ):
            halt.check()
            sums.add(data)
    return sums.check()


def read_small(id: str, commit: str, file: HubFile, secret: Secret | None) -> bytes:
    """A small file's content, checked, without a trace on the disk. Raises BadInput, Gated and Again."""
    import httpx2

    if file.size > MAX_TEXT_BYTES:
        raise BadInput(f"{file.name} is too large for a description of a model ({file.size >> 20} MB).")
    headers = {"Accept-Encoding": "identity"}
    if secret is not None:
        headers["Authorization"] = f"Bearer {secret.reveal()}"
    try:
        with connection.client() as client:
            answer = client.get(hub.address(id, commit, file.name), headers=headers)
    except httpx2.HTTPError:
        raise Again(f"{connection.host()} does not answer") from None
    if answer.status_code in (401, 403):
        raise refused(id, answer, secret)
    if answer.status_code != 200:
        raise hub.trouble(httpx2.HTTPStatusError("", request=answer.request, response=answer))
    sums = Sums(file)
    sums.add(answer.content)
    try:
        sums.check()
    except Wrong:
        raise Again(f"{file.name} arrived broken") from None
    return answer.content


def refused(id: str, answer: httpx2.Response, secret: Secret | None) -> BadInput:
    """Why the hub shows a file not to everybody: its terms, or a token that it does not know."""
    if answer.headers.get("X-Error-Message", "").startswith("Invalid credentials"):
        return hub.unknown_token()
    return hub.gated(id, secret)
