"""Whether a folder takes files, by trying and by looking alone."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from models.outputs import place
from models.protocol import BadInput

Usage = namedtuple("Usage", "total used free")


def test_looking_makes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "to come" / "pictures"
    assert place.forbidden(folder) == ""
    assert list(tmp_path.iterdir()) == []
    assert place.ready(folder).is_dir()
    assert place.forbidden(folder) == ""
    assert list(folder.iterdir()) == []


def test_looking_says_what_trying_says(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "in it"):
        with pytest.raises(BadInput) as refused:
            place.ready(folder)
        assert place.forbidden(folder) == str(refused.value)


def test_what_is_read_only_or_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda where: Usage(2**30, 2**30, 1000))
    assert "no room left" in place.forbidden(tmp_path / "to come")
    monkeypatch.setattr(os, "access", lambda where, mode: False)  # root may write anywhere
    assert "is read-only" in place.forbidden(tmp_path / "to come")
