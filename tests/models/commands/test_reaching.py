"""A cluster's address, tried before Ray is: a wrong one is said at once."""

from __future__ import annotations

import socket
import sys
import threading
import types

import pytest

from models.commands.cluster import reaching
from models.commands.cluster.machines import joined
from models.protocol import BadInput


def test_where_something_listens_there_is_nothing_to_say() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        reaching.check(f"127.0.0.1:{port}")
        reaching.check(f"ray://127.0.0.1:{port}")
        reaching.check(f" localhost:{port} ")
    for word in (reaching.LOCAL, reaching.AUTO):
        reaching.check(word)
    with pytest.raises(BadInput, match=rf"Nothing can be reached at 127\.0\.0\.1:{port} \(.*\): check the address"):
        reaching.check(f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    "address", ["somewhere", "10.0.0.1", "10.0.0.1:many", "10.0.0.1:70000", ":6379", "http://a:1", ""]
)
def test_what_is_no_address_is_said_with_an_example(address: str) -> None:
    with pytest.raises(BadInput, match=r"is no address of a cluster: give its HOST:PORT"):
        reaching.check(address)


def test_a_name_that_is_looked_for_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go, asked = threading.Event(), threading.Event()

    def endless(*_: object) -> None:
        asked.set()
        let_go.wait()
        raise OSError("nobody")

    monkeypatch.setattr(socket, "create_connection", endless)
    monkeypatch.setattr(reaching, "REACH_S", 0.05)
    try:
        with pytest.raises(BadInput, match=r"Nothing can be reached at far\.away:6379"):
            reaching.check("far.away:6379")
        assert asked.wait(60)
    finally:
        let_go.set()


def test_a_wrong_address_never_reaches_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", types.ModuleType("ray"))  # whatever it were asked, it would break
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    noted: list[str] = []
    with pytest.raises(BadInput, match="Nothing can be reached"), joined(f"127.0.0.1:{port}", noted.append):
        pass
    assert noted == []
