"""What every test stands on: no network, a home of its own, and one random miniature a session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.offline import OFFLINE

# Before any heavy library is imported, here and in every child process.
os.environ.update(OFFLINE)
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, index and outputs of this test alone."""
    folder = tmp_path / "home"
    monkeypatch.setenv("EVERYFORM_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def tiny_stable_diffusion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random StableDiffusionPipeline folder, made once; treat it as read-only."""
    from tests.tiny import stable_diffusion_folder

    return stable_diffusion_folder(tmp_path_factory.mktemp("tiny") / "tiny-stable-diffusion")
