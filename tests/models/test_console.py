"""A program without a console must not fail where a library prints."""

from __future__ import annotations

import sys

import pytest

from models import console


@pytest.mark.skipif(sys.platform == "win32", reason="there it may find a console")
def test_without_streams_there_is_something_to_print_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    console.borrow()
    with sys.stdout as voice:
        print("heard by nobody", file=sys.stderr, flush=True)
        assert voice is sys.stderr


def test_streams_that_are_there_stay(capsys: pytest.CaptureFixture[str]) -> None:
    console.borrow()
    print("heard")
    assert capsys.readouterr().out == "heard\n"
