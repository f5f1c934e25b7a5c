"""`main.py models ...` on folders of other programs, additions, copies and checkpoints, as people and programs run it."""

# ruff: noqa: E501 - tables are read line by line
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.models.store import heads
from tests.models.store.heads import kohya, sparse
from tests.models.store.test_linked import ESRGAN, comfy

ROOT = Path(__file__).resolve().parents[3]


def run(*words: str | Path, code: int = 0) -> Any:
    command = [sys.executable, str(ROOT / "main.py"), "models", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr
    return done


def rows(*words: str | Path) -> Any:
    return json.loads(run(*words, "--json").stdout)


@pytest.fixture
def linked(tmp_path: Path, home: Path) -> Path:
    root = comfy(tmp_path / "ComfyUI")
    told = rows("link", root)
    assert told["path"] == str(root) and told["program"] == "ComfyUI"
    assert told["models"] + told["additions"] + told["others"] == 8
    return root


def test_a_linked_folder_is_listed_searched_and_sorted(linked: Path) -> None:
    additions = rows("list", "--additions", "--sort", "name")
    assert [one["name"] for one in additions] == ["bad-hands", "clip_l", "ink", "strange", "vae-ft-mse"]
    (ink,) = rows("list", "--additions", "--search", "lora sdxl")
    assert (ink["kind"], ink["bases"], ink["detail"], ink["addition"]) == ("LoRA", ["SDXL"], "rank 16", True)
    assert [one["name"] for one in rows("list", "--additions", "--architecture", "VAE")] == ["vae-ft-mse"]
    models = rows("list", "--family", "gan", "--search", "4x")
    assert [m["name"] for m in models] == ["4x"] and models[0]["found_in"] == str(linked)
    assert models[0]["precision"] == [["F16", 1.0]] and models[0]["numbers"] > 0
    sizes = [m["size_bytes"] for m in rows("list", "--medium", "picture", "--sort", "size")]
    assert sizes == sorted(sizes, reverse=True) and len(sizes) > 1
    done = run("list", "--search", "zebra unicorn")
    assert done.stdout == "" and done.stderr.startswith("No model is like that")
    table = run("list")
    assert "5 additions are here too: `models list --additions`." in table.stderr
    assert "LoRA" in run("list", "--additions").stdout
    assert "There is no medium" in run("list", "--medium", "smell", code=2).stderr


def test_an_addition_is_shown_with_what_it_is_for(linked: Path) -> None:
    done = run("show", "ink")
    assert "For:" in done.stdout and "SDXL" in done.stdout and "rank 16" in done.stdout
    assert done.stderr.strip().endswith("it adds to a model and makes nothing by itself.")
    assert rows("show", linked / "models" / "loras" / "sdxl" / "ink.safetensors")["kind"] == "LoRA"


def test_unlinking_and_the_list_of_links(linked: Path) -> None:
    assert rows("links") == [{"path": str(linked), "program": "ComfyUI", "count": 8}]
    assert "every file in it stays" in run("unlink", linked).stdout
    assert rows("links") == [] and rows("list", "--additions") == []
    assert "is not linked" in run("unlink", linked, code=2).stderr


def test_copies_are_told_and_go_into_the_bin(linked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    again = tmp_path / "again.safetensors"
    again.write_bytes((linked / "models" / "embeddings" / "bad-hands.safetensors").read_bytes())
    assert run("duplicates").stderr == "No file of weights lies here twice.\n"
    run("add", again)
    (line,) = run("duplicates", "--json").stdout.splitlines()
    assert {copy["model"] for copy in json.loads(line)["files"]} == {"again", "bad-hands"}
    assert "could be spared" in run("duplicates").stderr
    assert "--even-linked" in run("remove", "bad-hands", "--bin", code=2).stderr
    told = rows("remove", "again", "--bin")
    assert told == {"id": "again", "path": str(again), "removed": True, "in_bin": True}
    assert not again.exists() and [p.name for p in (tmp_path / "share").rglob("again.*")]


def test_a_checkpoint_is_imported(tmp_path: Path, home: Path) -> None:
    weights = {name: torch.zeros(shape) for name, shape in ESRGAN.items()}
    torch.save({"params_ema": weights}, tmp_path / "4x.pth")
    told = rows("import", tmp_path / "4x.pth", "--out", tmp_path / "out", "--name", "Four times")
    assert told["id"] == "four-times" and told["architecture"] == "upscaler"
    assert told["path"] == told["file"] == str(tmp_path / "out" / "4x.safetensors")
    assert [m["id"] for m in rows("list", "--search", "four times")] == ["four-times"]
    torch.save({n: torch.zeros(s) for n, s in kohya(heads.ldm_unet(768)).items()}, tmp_path / "ink.pt")
    assert rows("import", tmp_path / "ink.pt")["kind"] == "LoRA"
    (tmp_path / "evil.ckpt").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    assert "wants to run os.system" in run("import", tmp_path / "evil.ckpt", code=2).stderr
    torch.save({"nobody.knows": torch.zeros(3)}, tmp_path / "odd.pt")
    said = run("import", tmp_path / "odd.pt", code=2).stderr
    assert said.startswith(f"It is converted, in {tmp_path / 'odd.safetensors'}, but not on the list: ")
    assert (tmp_path / "odd.safetensors").is_file()


def test_what_is_remembered_is_listed_without_any_family(tmp_path: Path, home: Path) -> None:
    sparse(tmp_path / "all" / "4x.safetensors", ESRGAN)
    run("link", tmp_path / "all")
    code = (
        "import sys, main\n"
        "code = main.main(['models', 'list'])\n"
        "here = {'models.registry', 'models.families', 'torch', 'numpy', 'yaml', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(f'{code} {here}' if code or here else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, env=os.environ
    )
    assert done.returncode == 0 and "4x" in done.stdout, done.stderr
