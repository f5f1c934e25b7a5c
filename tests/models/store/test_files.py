"""The view of a model's folder: plain files alone, and parts that lie in the folder beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from models.protocol import BadInput
from models.store.files import Files


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a thing of Unix")
def test_a_pipe_is_no_file_and_hangs_nobody(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    os.mkfifo(tmp_path / "model_index.json")
    assert Files(tmp_path).names == ("config.json",)
    with pytest.raises(BadInput, match="is not there"):
        Files(tmp_path / "model_index.json")


@pytest.fixture
def owner(tmp_path: Path) -> Path:
    """A model with two parts."""
    for part in ("vae", "unet"):
        (tmp_path / "owner" / part).mkdir(parents=True)
        (tmp_path / "owner" / part / "config.json").write_text(json.dumps({"part": part}))
        save_file({"weight": np.zeros(8, np.float32)}, tmp_path / "owner" / part / "model.safetensors")
    return tmp_path / "owner"


def sharing(folder: Path, shares: Any) -> Path:
    folder.mkdir()
    (folder / "everyform.json").write_text(json.dumps({"shares": shares}))
    return folder


def test_a_shared_part_is_read_as_if_it_lay_here(owner: Path) -> None:
    files = Files(sharing(owner.parent / "other", {"vae": "owner"}))
    assert files.names == ("everyform.json", "vae/config.json", "vae/model.safetensors")
    assert files.shared == {"vae": owner / "vae"}
    assert files.json("vae/config.json") == {"part": "vae"}
    assert files.tensors("vae/model.safetensors") == {"weight": ("F32", (8,))}
    assert files.full("vae/config.json") == owner / "vae" / "config.json"
    # What lies elsewhere is not of this model's size.
    assert files.size_bytes == files.size("everyform.json")


def test_a_part_of_its_own_comes_before_a_shared_one(owner: Path) -> None:
    folder = sharing(owner.parent / "other", {"vae": "owner"})
    (folder / "vae").mkdir()
    (folder / "vae" / "config.json").write_text("{}")
    files = Files(folder)
    assert files.shared == {} and files.json("vae/config.json") == {}
    assert not files.exists("vae/model.safetensors")


@pytest.mark.parametrize(
    "shares", [{"vae": "../owner"}, {"../vae": "owner"}, {"vae": "/etc"}, {"vae": ".."}, {"vae": 3}]
)
def test_nothing_is_shared_with_a_place_further_away(owner: Path, shares: Any) -> None:
    with pytest.raises(BadInput, match="no folder beside it"):
        Files(sharing(owner.parent / "other", shares))


def test_an_owner_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="needs the vae of owner"):
        Files(sharing(tmp_path / "other", {"vae": "owner"}))


def test_a_shared_part_is_checked_as_any_other(owner: Path) -> None:
    (owner / "vae" / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "evil--x.Y"}}))
    with pytest.raises(BadInput, match="code of its own"):
        Files(sharing(owner.parent / "other", {"vae": "owner"}))
