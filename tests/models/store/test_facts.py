"""What a model's files say of it: how many numbers of which kind, and under which licence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.store.files import Files
from models.store.recognising import facts
from tests.models.store.heads import sparse


def counted(folder: Path) -> dict[str, int]:
    return facts.numbers(Files(folder))


def test_numbers_by_kind_and_each_network_once(tmp_path: Path) -> None:
    sparse(tmp_path / "unet" / "diffusion_pytorch_model.safetensors", {"a": (10, 10)}, "F32")
    sparse(tmp_path / "unet" / "diffusion_pytorch_model.fp16.safetensors", {"a": (10, 10)}, "F16")
    for shard in (1, 2):
        sparse(tmp_path / "text" / f"model-0000{shard}-of-00002.safetensors", {f"t{shard}": (5, 5)}, "BF16")
    (tmp_path / "text" / "old.bin").write_bytes(b"pickle")
    found = counted(tmp_path)
    assert sum(found.values()) == 150 and found["BF16"] == 50
    assert facts.precision(found)[1] == ("BF16", 0.3333)
    assert facts.precision({}) == ()


def test_numbers_that_lie_two_in_a_byte(tmp_path: Path) -> None:
    head = {
        "a.weight": (50, 1),
        "a.weight.quant_state.bitsandbytes__nf4": (80,),
        "a.weight.absmax": (4,),
        "a.weight.quant_map": (16,),
    }
    sparse(tmp_path / "x.safetensors", head, "U8")
    assert counted(tmp_path / "x.safetensors") == {"NF4": 100}


LICENCES = {
    "a card of the hub": ("README.md", "---\nlicense: apache-2.0\nbase_model: x/y\n---\n# Hello", "apache-2.0"),
    "one of its own": ("README.md", "---\nlicense: other\nlicense_name: flux-1-dev\n---\n", "flux-1-dev"),
    "several": ("README.md", "---\nlicense:\n- mit\n- apache-2.0\n---\n", "mit"),
    "lines as Windows has them": ("README.md", "---\r\nlicense: mit\r\n---\r\nHello", "mit"),
    "no card": ("README.md", "# Hello\nlicense: mit", ""),
    "no YAML": ("README.md", "---\nlicense: [mit\n---\n", ""),
    "a list": ("README.md", "---\n- mit\n---\n", ""),
    "an object that Python would make": ("README.md", "---\nlicense: !!python/object/apply:os.getcwd []\n---\n", ""),
    "two lines": ("README.md", "---\nlicense: |\n  mit\n  evil\n---\n", "mit evil"),
    "the index": ("model_index.json", json.dumps({"license": "openrail++"}), "openrail++"),
}


@pytest.mark.parametrize("name", LICENCES)
def test_licences(tmp_path: Path, name: str) -> None:
    file, text, licence = LICENCES[name]
    sparse(tmp_path / "m" / "x.safetensors", {"a": (1,)})
    (tmp_path / "m" / file).write_bytes(text.encode())
    assert facts.licence(Files(tmp_path / "m")) == licence


def test_a_file_tells_its_own(tmp_path: Path) -> None:
    path = sparse(tmp_path / "x.safetensors", {"a": (1,)}, **{"modelspec.license": "CreativeML Open RAIL-M"})
    assert facts.licence(Files(path)) == "CreativeML Open RAIL-M"
