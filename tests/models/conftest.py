"""Engines to talk with, one for all tests of a file or a new one; and what pictures start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

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


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A start picture and a mask whose right half is white."""
    folder = tmp_path_factory.mktemp("drawn")
    Image.linear_gradient("L").resize((64, 64)).convert("RGB").save(folder / "picture.png")
    mask = Image.new("L", (64, 64))
    mask.paste(255, (32, 0, 64, 64))
    mask.save(folder / "mask.png")
    return {name: str(folder / f"{name}.png") for name in ("picture", "mask")}
