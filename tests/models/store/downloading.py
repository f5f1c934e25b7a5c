"""What the tests of downloads share: small models, and a download run to its end."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from models.store.fetch.download import Download
from models.store.fetch.patience import Patience
from models.store.fetch.placing import SIDECAR
from models.store.fetch.staging import Ask
from models.store.fetch.state import State
from tests.fakes.hub_server import noise

HASTY = Patience(attempts=3, first_s=0.01, longest_s=0.02, obeyed_s=0.5)
WAIT_S = 60.0


def weights(count: int, seed: int = 0) -> bytes:
    """A sound safetensors file of some `count` bytes."""
    return save({"weight": np.frombuffer(noise(count, seed), dtype=np.uint8)})


def model(count: int = 200_000, seed: int = 0) -> dict[str, bytes | Path]:
    """A transformers-like folder: a config in git, weights in LFS, and what nobody needs."""
    return {
        "config.json": b'{"model_type": "toy"}',
        "README.md": b"# toy",
        "model.safetensors": weights(count, seed),
        "pytorch_model.bin": noise(count, seed + 1),
        ".gitattributes": b"*.bin filter=lfs",
    }


def fetch(ask: str | Ask, place: Path, **options: Any) -> State:
    """A download of its own, run until it ends in some way."""
    one = Download(Ask(ask) if isinstance(ask, str) else ask, place, **{"patience": HASTY} | options)
    one.start()
    assert one.wait(WAIT_S)
    return one.state


def left_over(place: Path) -> list[Path]:
    """What lies in the place of models beside finished ones."""
    return sorted(path for path in place.rglob("*") if path.relative_to(place).parts[0].startswith("."))


def as_on_the_hub(folder: Path, files: dict[str, bytes | Path], names: set[str]) -> None:
    """The folder holds these files, all right, and its own note beside them, whose sums are right too."""
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == names | {SIDECAR}
    noted = json.loads((folder / SIDECAR).read_text())["source"]["files"]
    for name in names:
        content = files[name]
        expected = hashlib.sha256(content if isinstance(content, bytes) else content.read_bytes()).hexdigest()
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == noted[name]["sha256"] == expected
