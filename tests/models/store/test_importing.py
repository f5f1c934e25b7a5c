"""Checkpoints written anew as safetensors: the same numbers, the original untouched, nothing run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from models.protocol import BadInput
from models.store.importing import convert

WEIGHTS = {
    "a.weight": torch.randn(3, 4),
    "a.bias": torch.randn(3).half(),
    "b": torch.randn(5).bfloat16(),
    "steps": torch.tensor(7),
    "on": torch.tensor([True, False]),
    "turned": torch.randn(4, 6).T,
    "part": torch.randn(10)[2:7:2],
    "empty": torch.zeros(0, 3),
    "wide": torch.ones(1).expand(4),
    "channels last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
}


@pytest.mark.parametrize("ending", [".ckpt", ".pt", ".pth", ".bin"])
@pytest.mark.parametrize("zipped", [True, False])
def test_every_number_comes_through(tmp_path: Path, ending: str, zipped: bool) -> None:
    path = tmp_path / f"net{ending}"
    torch.save(
        {"state_dict": WEIGHTS, "epoch": 3, "optimizer": {"lr": 0.1}}, path, _use_new_zipfile_serialization=zipped
    )
    before = path.read_bytes()
    steps: list[tuple[int, int]] = []
    made = convert(path, progress=lambda done, total: steps.append((done, total)))
    assert made == tmp_path / "net.safetensors" and path.read_bytes() == before
    found = load_file(made)
    assert set(found) == set(WEIGHTS)
    for name, value in WEIGHTS.items():
        assert found[name].dtype == value.dtype and torch.equal(found[name], value), name
    assert steps[-1][0] == steps[-1][1] > 0
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([f"net{ending}", "net.safetensors"])


def test_nothing_is_replaced_and_names_are_the_libraries(tmp_path: Path) -> None:
    torch.save(WEIGHTS, tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").write_bytes(b"mine")
    assert convert(tmp_path / "pytorch_model.bin").name == "model-2.safetensors"
    assert (tmp_path / "model.safetensors").read_bytes() == b"mine"
    assert convert(tmp_path / "pytorch_model.bin", tmp_path / "out").relative_to(tmp_path) == Path(
        "out/model.safetensors"
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing.ckpt", "is not there"),
        ("x.safetensors", "is no checkpoint to convert"),
        ("pytorch_model-00001-of-00002.bin", "one part of several"),
        ("noise.pt", "is broken"),
        ("numbers.pt", "holds no weights"),
    ],
)
def test_what_cannot_be_converted_leaves_nothing_behind(tmp_path: Path, name: str, words: str) -> None:
    for file in ("x.safetensors", "pytorch_model-00001-of-00002.bin", "noise.pt"):
        (tmp_path / file).write_bytes(b"noise")
    torch.save({"a": 1}, tmp_path / "numbers.pt")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BadInput, match=words):
        convert(tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_that_ends_too_early_leaves_nothing_behind(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(100_000)}, path := tmp_path / "x.pt", _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(BadInput, match="is broken"):
        convert(path)
    assert [p.name for p in tmp_path.iterdir()] == ["x.pt"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_full_disk_is_a_sentence_and_leaves_nothing_behind(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(2_000_000)}, tmp_path / "x.pt")
    code = (
        "import resource, sys\n"
        "from models.protocol import BadInput\n"
        "from models.store.importing import convert\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n    convert(sys.argv[1])\nexcept BadInput as error:\n    sys.exit(str(error))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "x.pt"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "There is no room left" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["x.pt"]


def test_neither_torch_nor_pickle_is_there_while_it_works(tmp_path: Path) -> None:
    torch.save(WEIGHTS, tmp_path / "x.pt")
    code = (
        "import sys\nfrom models.store.importing import convert\nconvert(sys.argv[1])\n"
        "sys.exit(' '.join({'torch', 'transformers'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "x.pt"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
