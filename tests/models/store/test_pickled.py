"""Torch checkpoints: tensors come through, in both formats that torch has had; code does not, and does not run."""

from __future__ import annotations

import argparse
import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch

from models.protocol import BadInput
from models.store.files import Files
from models.store.heads import pickled

WEIGHTS = {"a.weight": torch.randn(3, 4), "a.bias": torch.randn(3).half(), "steps": torch.tensor(7)}


def saved(path: Path, what: Any, zipped: bool = True) -> Path:
    torch.save(what, path, _use_new_zipfile_serialization=zipped)
    return path


@pytest.mark.parametrize("zipped", [True, False])
def test_heads_and_tensors_are_those_that_were_saved(tmp_path: Path, zipped: bool) -> None:
    path = saved(tmp_path / "net.pth", OrderedDict(WEIGHTS), zipped)
    assert pickled.heads(path) == {"a.weight": ("F32", (3, 4)), "a.bias": ("F16", (3,)), "steps": ("I64", ())}
    found = pickled.state_dict(path)
    assert all(torch.equal(found[name], WEIGHTS[name]) for name in WEIGHTS) and len(found) == 3
    assert Files(path).tensors("net.pth") == pickled.heads(path)


def test_a_trainings_checkpoint_gives_its_networks_by_name(tmp_path: Path) -> None:
    whole = {
        "g_ema": WEIGHTS,
        "args": argparse.Namespace(size=64, words=["a"]),
        "step": 5,
        "rate": 0.1,
        "log": [1, "b"],
    }
    whole["part"] = torch.nn.Parameter(torch.randn(8, 2)[2:4, :1])
    path = saved(tmp_path / "checkpoint.pt", whole)
    assert set(pickled.heads(path)) == {*(f"g_ema.{name}" for name in WEIGHTS), "part"}
    assert torch.equal(pickled.state_dict(path)["part"], whole["part"])


class Trap:
    def __init__(self, made: Path) -> None:
        self.made = made

    def __reduce__(self) -> Any:
        return Path.touch, (self.made,)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_is_refused_in_a_sentence_and_does_not_run(tmp_path: Path, zipped: bool) -> None:
    made = tmp_path / "made"
    path = saved(tmp_path / "trap.pth", {"w": torch.ones(2), "x": Trap(made)}, zipped)
    for reading in (pickled.heads, pickled.state_dict, Files):
        with pytest.raises(BadInput, match=r"trap\.pth wants to run .* so it is not read"):
            reading(path)
    assert not made.exists()


def test_a_bare_pickle_is_refused_too(tmp_path: Path) -> None:
    made = tmp_path / "made"
    (tmp_path / "bare.pt").write_bytes(pickle.dumps(Trap(made)))
    with pytest.raises(BadInput, match="wants to run"):
        pickled.heads(tmp_path / "bare.pt")
    assert not made.exists()


@pytest.mark.parametrize("name", ["eval", "getattr", "__import__"])
def test_no_name_outside_the_list_is_looked_up(tmp_path: Path, name: str) -> None:
    program = b"cbuiltins\n" + name.encode() + b"\n."
    with zipfile.ZipFile(tmp_path / "x.pt", "w") as archive:
        archive.writestr("x/data.pkl", program)
    with pytest.raises(BadInput, match=f"builtins.{name}"):
        pickled.heads(tmp_path / "x.pt")


@pytest.mark.parametrize(
    "content", [b"", b"no checkpoint", b"PK\x03\x04broken", pickle.dumps(5), pickle.dumps({"a": 1})]
)
def test_what_is_broken_is_said_to_be(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(BadInput, match=r"x\.pt (is broken|holds no weights)"):
        pickled.heads(tmp_path / "x.pt")


def test_a_tensor_beyond_its_storage_is_broken(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.pt", {"w": torch.ones(4)})
    with zipfile.ZipFile(path) as archive:
        inside = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    name = next(n for n in inside if n.endswith("data.pkl"))
    changed = inside[name].replace(b"K\x04\x85", b"K\x7f\x85")
    assert changed != inside[name]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for entry, content in (inside | {name: changed}).items():
            archive.writestr(entry, content)
    path.write_bytes(buffer.getvalue())
    with pytest.raises(BadInput, match="is broken"):
        pickled.heads(path)
