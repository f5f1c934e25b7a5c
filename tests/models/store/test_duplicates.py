"""Weights that lie here twice: found by their bytes, each read whole once at most."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.protocol import Found
from models.store import duplicates as module
from models.store.cache import Cache
from models.store.duplicates import duplicates


def found(path: Path) -> Found:
    return Found(path.stem, path.stem, str(path), path.stat().st_size, "", True, "LoRA", "")


def written(path: Path, data: bytes) -> Found:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return found(path)


def test_copies_are_found_and_links_are_not(tmp_path: Path) -> None:
    big, small = os.urandom(400_000), os.urandom(70_000)
    things = [
        written(tmp_path / "a.safetensors", big),
        written(tmp_path / "x" / "b.safetensors", big),
        written(tmp_path / "c.gguf", small),
        written(tmp_path / "d.gguf", small),
        written(tmp_path / "other.safetensors", os.urandom(400_000)),
        # The same size and the same ends, and one byte between them that differs.
        written(tmp_path / "near.safetensors", big[:200_000] + bytes([big[200_000] ^ 1]) + big[200_001:]),
    ]
    os.link(tmp_path / "a.safetensors", tmp_path / "hard.safetensors")
    (tmp_path / "soft.safetensors").symlink_to(tmp_path / "a.safetensors")
    things += [found(tmp_path / "hard.safetensors"), found(tmp_path / "soft.safetensors")]
    folder = tmp_path / "model" / "unet"
    written(folder / "diffusion_pytorch_model.safetensors", big)
    things.append(Found("model", "Model", str(tmp_path / "model"), 1, "", False, "Pipeline", ""))
    steps: list[tuple[int, int]] = []
    copies = duplicates(things, Cache(tmp_path / "cache.sqlite3", "1"), lambda done, total: steps.append((done, total)))
    assert [(one.size_bytes, [copy.model for copy in one.files]) for one in copies] == [
        (400_000, ["a", "b", "model"]),
        (70_000, ["c", "d"]),
    ]
    assert copies[0].spare_bytes == 800_000 and len(copies[0].sha256) == 64
    assert steps[-1][0] == steps[-1][1] == 4 * 400_000 + 2 * 70_000


def test_checksums_are_kept_while_the_file_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = os.urandom(400_000)
    things = [written(tmp_path / f"{name}.safetensors", data) for name in "ab"]
    read: list[int] = []
    cache = Cache(tmp_path / "cache.sqlite3", "1")
    for _ in range(2):
        assert len(duplicates(things, cache, lambda done, total: read.append(done))) == 1
    assert len(read) == 2
    things[0] = written(tmp_path / "a.safetensors", data[:200_000] + bytes([data[200_000] ^ 1]) + data[200_001:])
    duplicates(things, Cache(tmp_path / "cache.sqlite3", "2"), lambda done, total: read.append(done))
    assert len(read) == 3  # only the one that has changed


def test_what_cannot_be_read_is_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    things = [written(tmp_path / f"{name}.safetensors", b"x" * 1000) for name in "ab"]
    monkeypatch.setattr(module, "_ends", lambda path, size: b"" if path.endswith("a.safetensors") else b"1")
    assert duplicates(things, Cache(tmp_path / "none" / "cache.sqlite3", "1")) == ()
