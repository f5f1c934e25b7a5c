"""A command's job with a real engine: what it tells of one that loses its device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.commands import DONE, FAILED, job
from models.engine_process import GOES_ON, EngineProcess
from models.protocol import Done, Event, Failed, Notice, Output
from tests import fakes
from tests.fakes.talk import of


class Heard(list[Any]):
    """A teller that keeps what it is told."""

    def event(self, event: Event) -> None:
        self.append(event)

    def refused(self, reason: str) -> None:
        raise AssertionError(reason)


@pytest.fixture(autouse=True)
def fake_families(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(job, "EngineProcess", lambda _: EngineProcess(fakes.PACKAGE))


def test_a_device_that_was_lost_is_said_and_another_engine_goes_on(counter: Path, tmp_path: Path) -> None:
    heard = Heard()
    assert job.make(fakes.request(counter, tmp_path / "out", count=3, behave="device once"), heard) == DONE
    assert [output.item for output in of(Output, heard)] == [0, 1, 2]
    assert heard.count(Notice(GOES_ON)) == 1
    assert isinstance(heard[-1], Done)


def test_a_device_that_is_lost_twice_is_a_sentence(counter: Path, tmp_path: Path) -> None:
    heard = Heard()
    assert job.make(fakes.request(counter, tmp_path / "out", behave="device"), heard) == FAILED
    assert heard[-1] == Failed("The engine lost the graphics device: please try again.")
