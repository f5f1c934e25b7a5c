"""A hub on this machine for the tests of downloads, and no keyring of anybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.store.fetch import token
from tests.fakes.hub_server import Hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The hub that everything in this test asks."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.delenv(token.VARIABLE, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(token, "_session", {})
    with Hub() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


@pytest.fixture
def place(home: Path) -> Path:
    """Where downloaded models lie."""
    return home / "models"
