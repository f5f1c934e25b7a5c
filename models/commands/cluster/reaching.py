"""Whether anybody answers at a cluster's address, found out in seconds: Ray itself takes most of a minute."""

from __future__ import annotations

import queue
import socket
import threading
from urllib.parse import urlsplit

from models.protocol import BadInput

REACH_S = 3.0
LOCAL, AUTO = "local", "auto"  # in the place of an address: this machine alone, and the cluster that it is part of
_CLIENT_PORT = 10001  # of `ray://` addresses that name none


def check(address: str) -> None:
    """Raises BadInput where it is no address, or nothing there takes a connection within `REACH_S`."""
    if address in (LOCAL, AUTO):
        return
    host, port = _parted(address)
    answer: queue.SimpleQueue[str] = queue.SimpleQueue()
    # A name that nobody knows is looked for without a limit of time.
    threading.Thread(target=lambda: answer.put(_refusal(host, port)), daemon=True).start()
    try:
        why = answer.get(timeout=REACH_S)
    except queue.Empty:
        why = f"no answer within {REACH_S:g} s"
    if why:
        raise BadInput(f"Nothing can be reached at {address} ({why}): check the address, and that Ray runs there.")


def _parted(address: str) -> tuple[str, int]:
    scheme, _, rest = address.strip().rpartition("://")
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port or (_CLIENT_PORT if scheme == "ray" else 0)
    except ValueError:
        host, port = None, 0
    if scheme not in ("", "ray") or not host or not port:
        example = "such as 192.168.1.5:6379, or say auto or local"
        raise BadInput(f"{address} is no address of a cluster: give its HOST:PORT as `ray start` tells it, {example}.")
    return host, port


def _refusal(host: str, port: int) -> str:
    """Why there is no connection; empty where there is one."""
    try:
        socket.create_connection((host, port), REACH_S).close()
    except (OSError, UnicodeError) as error:
        return str(getattr(error, "strerror", None) or error).lower()
    return ""
