"""Files put into the system's bin: the person's own by a word, other programs' by two, the starters' never."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.protocol import BadInput
from models.registry import Registry
from models.store import discard
from models.store.store import Store
from tests.models.store.heads import sparse
from tests.models.store.test_linked import comfy, hub


@pytest.fixture
def bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bin of this test's own, where freedesktop.org says that it lies."""
    plat = pytest.importorskip("send2trash.plat_other", reason="another bin")
    place = tmp_path / "Trash"
    monkeypatch.setattr(plat, "HOMETRASH_B", str(place).encode())
    monkeypatch.setattr("send2trash.send2trash", plat.send2trash)
    return place / "files"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    sparse(
        tmp_path / "starter" / "first" / "model.safetensors",
        {"model.0.weight": (64, 3, 3, 3), "model.1.sub.0.RDB1.conv1.0.weight": (32, 64, 3, 3)},
    )
    (tmp_path / "starter" / "first" / "everyform.json").write_text("{}")
    return Store(Registry().recognise, tmp_path / "starter", tmp_path / "home" / "models.json")


def test_an_added_file_goes_into_the_bin_and_off_the_list(tmp_path: Path, store: Store, bin: Path) -> None:
    path = sparse(tmp_path / "ink.safetensors", {"emb_params": (1, 768)})
    data = path.read_bytes()
    store.add(path)
    assert store.discard("ink") == path
    assert not path.exists() and (bin / "ink.safetensors").read_bytes() == data
    assert not store.found() and not store.problems


def test_a_starter_stays(store: Store, bin: Path) -> None:
    for others in (False, True):
        with pytest.raises(BadInput, match="came with the program and stays"):
            store.discard("first", others=others)


def test_other_programs_files_are_asked_for_twice(tmp_path: Path, store: Store, bin: Path) -> None:
    root = comfy(tmp_path / "ComfyUI")
    store.link(root)
    path = root / "models" / "vae" / "vae-ft-mse.safetensors"
    with pytest.raises(BadInput, match=r"\(ComfyUI\): ask for it with --even-linked"):
        store.discard("vae-ft-mse")
    # Neither is it enough to have added one of them by hand.
    store.add(path)
    with pytest.raises(BadInput, match="--even-linked"):
        store.discard("vae-ft-mse")
    assert path.is_file()
    assert store.discard("vae-ft-mse", others=True) == path
    assert not path.exists() and (bin / path.name).is_file()


def test_of_the_hubs_cache_goes_all_that_it_keeps_of_the_model(tmp_path: Path, store: Store, bin: Path) -> None:
    root = hub(tmp_path / "huggingface")
    store.link(root)
    with pytest.raises(BadInput, match="the Hugging Face cache"):
        store.discard("someone-tiny-llama")
    gone = store.discard("someone-tiny-llama", others=True)
    assert gone == root / "hub" / "models--someone--tiny-llama" and not gone.exists()
    assert (bin / gone.name / "blobs").is_dir()
    assert all("tiny-llama" not in one.path for one in store.look().everything)


def test_a_disk_without_a_bin_keeps_the_file(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sparse(tmp_path / "ink.safetensors", {"emb_params": (1, 768)})
    store.add(path)

    def none(path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("send2trash.send2trash", none)
    with pytest.raises(BadInput, match=r"could not be put into the bin \(permission denied\), so it stays"):
        store.discard("ink")
    assert path.is_file() and [one.id for one in store.found()] == ["ink"]


def test_a_part_that_another_uses_stays(tmp_path: Path, store: Store, bin: Path) -> None:
    owner, user = tmp_path / "owner", tmp_path / "user"
    for folder in (owner, user):
        sparse(
            folder / "model.safetensors",
            {"model.0.weight": (64, 3, 3, 3), "model.1.sub.0.RDB1.conv1.0.weight": (32, 64, 3, 3)},
        )
        (folder / "everyform.json").write_text("{}")
    sparse(owner / "control" / "x.safetensors", {"a": (1,)})
    store.add(owner / "model.safetensors")
    (user / "model.safetensors").rename(user / "other.safetensors")
    assert discard.place(store.look().models[-1]) == owner / "model.safetensors"
