"""Engines to talk with: one for all tests of a file, or a new one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.engine_process import EngineProcess
from models.protocol import Hello
from tests import fakes
from tests.fakes.talk import PATIENCE_S


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the shared engine."""
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="module")
def engine(house: Path) -> Iterator[EngineProcess]:
    """One engine for all tests of a file, each of which leaves it idle."""
    engine = EngineProcess(fakes.PACKAGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVERYFORM_HOME", str(house))
        engine.start()
    assert isinstance(engine.receive(PATIENCE_S), Hello)
    yield engine
    engine.close()


@pytest.fixture
def fresh(home: Path) -> Iterator[EngineProcess]:
    """An engine that the test may do anything to."""
    with EngineProcess(fakes.PACKAGE) as engine:
        assert isinstance(engine.receive(PATIENCE_S), Hello)
        yield engine


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    """A model of the fake family."""
    return fakes.model_folder(tmp_path / "counter", name="The counter")
