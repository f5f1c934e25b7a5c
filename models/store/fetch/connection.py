"""The one door to the network: an HTTP client that opens only while a person's wish is carried out.

Every request, and every redirect of one, passes `_guard`. The access token leaves for the hub's own
origin and for nothing else; a redirect to its storage hosts goes on without it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from models import offline
from models.protocol import BadInput
from models.store.fetch.halt import Halt
from models.version import SOFTWARE

if TYPE_CHECKING:
    import httpx2

    Client = httpx2.Client

HUB = "https://huggingface.co"
CONNECT_S, READ_S = 10.0, 30.0
_LOCAL = ("127.0.0.1", "localhost", "::1")
_halt: ContextVar[Halt | None] = ContextVar("halt", default=None)


class Refused(RuntimeError):
    """A request that must not leave: nobody asked for it, or a server leads astray. No full stop ends the message."""


def endpoint() -> str:
    """The hub's address: HF_ENDPOINT where the person has set a mirror. Raises BadInput where that is none.

    It must be encrypted, because the token and the checksums come by it; only this very machine need not.
    """
    given = (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")
    parts = urlsplit(given)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)):
        raise BadInput(f"HF_ENDPOINT is {given!r}, which is no https address: correct it, or unset it.")
    return given


def host() -> str:
    """The hub's name, for sentences."""
    return urlsplit(endpoint()).hostname or ""


@contextlib.contextmanager
def asked(halt: Halt | None = None) -> Iterator[None]:
    """Let this thread connect while the block runs; `halt` cuts what it has open."""
    before = _halt.set(halt)
    try:
        with offline.lifted():
            yield
    finally:
        _halt.reset(before)


def client() -> httpx2.Client:
    """A client, for several threads or for huggingface_hub. Close it."""
    import httpx2

    return httpx2.Client(
        event_hooks={"request": [_guard]},
        follow_redirects=True,
        max_redirects=5,
        timeout=httpx2.Timeout(READ_S, connect=CONNECT_S),
        headers={"User-Agent": SOFTWARE.replace(" ", "/")},
    )


def _guard(request: httpx2.Request) -> None:
    """Refuse what may not leave, keep the token at home, and let a stop cut the connection. Raises Refused."""
    if not offline.is_lifted():
        raise Refused(f"Nobody asked for a connection to {request.url.host}")
    hub = urlsplit(endpoint())
    if request.url.scheme != "https" and request.url.host not in _LOCAL:
        raise Refused(f"{hub.hostname} sent a link to {request.url.host} that is not encrypted")
    if (request.url.scheme, request.url.host, _port(request.url)) != (hub.scheme, hub.hostname, _port(hub)):
        request.headers.pop("Authorization", None)
    if (halt := _halt.get()) is not None:
        request.extensions["trace"] = _Watch(halt)


def _port(url: Any) -> int:
    return url.port or {"https": 443, "http": 80}[url.scheme]


class _Watch:
    """Learns of each socket as it opens (httpcore's `trace`): a stop must also end a wait for the first byte."""

    def __init__(self, halt: Halt) -> None:
        self._halt = halt

    def __call__(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            opened = info["return_value"].get_extra_info("socket")
            if opened is not None:
                self._halt.watch(opened)
