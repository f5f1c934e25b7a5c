"""The person's access token for the hub: in the system's keyring, or for this session only; written nowhere else.

It is read when a model asks for it and not before, because a locked keyring asks the person first.
"""

from __future__ import annotations

import os
import re
from typing import Any, Literal

from models.protocol import BadInput
from models.store.fetch import connection

Kept = Literal["keyring", "session", "environment", "nowhere"]
VARIABLE = "HF_TOKEN"
PAGE = "https://huggingface.co/settings/tokens"
_SERVICE = "Everyform"
_FORM = re.compile(r"[\x21-\x7e]{8,512}")
_session: dict[str, Secret] = {}


class Secret:
    """A text that shows itself to nobody: neither in a message nor in a traceback with its variables."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """For the one header that it is made for."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> Any:
        raise TypeError("a secret stays in its process")


def find() -> Secret | None:
    """The token for the hub in use: of this session, of the environment, or of the keyring; None without one."""
    host = connection.host()
    if host in _session:
        return _session[host]
    if given := os.environ.get(VARIABLE, "").strip():
        return Secret(given)
    if (ring := _keyring()) is not None:
        import keyring.errors

        try:
            if kept := ring.get_password(_SERVICE, host):
                return Secret(kept)
        except keyring.errors.KeyringError:  # locked, and the person said no: as if there were none
            return None
    return None


def keep(text: str) -> Kept:
    """Take a token, into the keyring where there is one, else for this session. Raises BadInput where it is none."""
    text = text.strip()
    if not _FORM.fullmatch(text):
        raise BadInput(f"This is no access token: copy one from {PAGE}, a line such as hf_ and some thirty letters.")
    host = connection.host()
    if (ring := _keyring()) is not None:
        import keyring.errors

        try:
            ring.set_password(_SERVICE, host, text)
            _session.pop(host, None)
            return "keyring"
        except keyring.errors.KeyringError:
            pass
    _session[host] = Secret(text)
    return "session"


def forget() -> bool:
    """Remove the token from the keyring and from this session; whether there was one. The environment is not ours."""
    host = connection.host()
    had = _session.pop(host, None) is not None
    if (ring := _keyring()) is not None:
        import keyring.errors

        try:
            if ring.get_password(_SERVICE, host):
                ring.delete_password(_SERVICE, host)
                had = True
        except keyring.errors.KeyringError as error:
            raise BadInput("The system's keyring is locked: unlock it, then remove the token again.") from error
    return had


def kept() -> Kept:
    """Where the token comes from that `find` would give."""
    host = connection.host()
    if host in _session:
        return "session"
    if os.environ.get(VARIABLE, "").strip():
        return "environment"
    return "keyring" if find() is not None else "nowhere"


def _keyring() -> Any:
    """The system's keyring, or None. Those of a low priority keep plain text in a file: the library says so."""
    import keyring

    found = keyring.get_keyring()
    return next((ring for ring in getattr(found, "backends", (found,)) if ring.priority >= 1), None)
