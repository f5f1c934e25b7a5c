"""A queue over an engine that says what the test lets it say, and that keeps nothing on the disk."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from desktop.jobs import JobQueue
from tests.desktop.test_jobs import Scripted


@pytest.fixture
def worker(qtbot: QtBot) -> Any:
    return Scripted()


@pytest.fixture
def queue(worker: Any) -> JobQueue:
    return JobQueue(worker)
