"""The access token: in the system's keyring or in this session, and on no disk and in no text."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterator

import keyring
import keyring.backend
import keyring.errors
import pytest

from models.protocol import BadInput
from models.store.fetch import token
from tests.fakes.hub_server import TOKEN, Hub


class Ring(keyring.backend.KeyringBackend):
    """A keyring in memory; `locked` as when the person says no."""

    priority = 5.0  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.kept[service, username]

    def _check(self) -> None:
        if self.locked:
            raise keyring.errors.KeyringLocked("no")


@pytest.fixture
def ring(hub: Hub) -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture
def no_ring(hub: Hub) -> Iterator[None]:
    from keyring.backends import fail

    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


def reveal() -> str | None:
    found = token.find()
    return found.reveal() if found is not None else None


def test_the_keyring_keeps_it_for_this_hub_alone(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    assert token.kept() == "nowhere" and token.find() is None
    assert token.keep(f"  {TOKEN}\n") == "keyring"
    assert ring.kept == {("Everyform", "127.0.0.1"): TOKEN}
    assert token.kept() == "keyring" and reveal() == TOKEN
    with monkeypatch.context() as patch:
        patch.setenv("HF_ENDPOINT", "https://mirror.example")
        assert token.find() is None
    assert token.forget() and not ring.kept and not token.forget() and token.find() is None


def test_a_locked_keyring_gives_none_and_takes_none(ring: Ring) -> None:
    token.keep(TOKEN)
    ring.locked = True
    assert token.find() is None and token.kept() == "nowhere"
    with pytest.raises(BadInput, match="keyring is locked"):
        token.forget()
    assert token.keep(TOKEN) == "session" and reveal() == TOKEN


def test_without_a_keyring_it_is_for_this_session(no_ring: None) -> None:
    assert token.keep(TOKEN) == "session" == token.kept() and reveal() == TOKEN
    assert token.forget() and token.kept() == "nowhere"


def test_a_keyring_that_is_a_plain_file_is_none(hub: Hub, ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ring, "priority", 0.5)
    assert token.keep(TOKEN) == "session" and not ring.kept


def test_the_environment_serves_where_nothing_else_is_said(no_ring: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert token.kept() == "environment" and reveal() == TOKEN
    assert not token.forget()


@pytest.mark.parametrize("wrong", ["", "  ", "short", "two words here", "x" * 600, "hf_ümläute1234", "hf_a\nb1234567"])
def test_what_is_no_token_is_not_kept(no_ring: None, wrong: str) -> None:
    with pytest.raises(BadInput, match="no access token") as refused:
        token.keep(wrong)
    assert not wrong.strip() or wrong not in str(refused.value)
    assert token.find() is None


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = token.Secret(TOKEN)
    shown = [repr(secret), str(secret), f"{secret}", repr({"token": secret}), repr([secret])]
    try:
        raise RuntimeError(secret)
    except RuntimeError as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown.append("".join(told.format()))
    assert not [text for text in shown if TOKEN in text.replace(f"TOKEN = {TOKEN!r}", "")]
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(AttributeError):
        _ = secret.__dict__
