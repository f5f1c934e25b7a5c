"""A model whose U-Net is another's with an adapter over it: put together on the disk, and run like any other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.protocol import BadInput
from models.registry import Registry
from models.runtime import adapted
from models.runtime.fitting.plan import for_model
from models.store.entry import read
from models.store.files import ADAPTER, Files
from models.training import low_rank, starter
from tests.tiny import name_it, stable_diffusion_folder

WEIGHTS = "diffusion_pytorch_model.safetensors"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """`base`, `trained` further in all its parts, and `light`, which keeps of `trained` what differs."""
    stable_diffusion_folder(tmp_path / "base", size=64)
    shutil.copytree(tmp_path / "base", tmp_path / "trained")
    base = load_file(tmp_path / "base" / "unet" / WEIGHTS)
    draw = torch.Generator().manual_seed(1)
    trained = {}
    for name, value in base.items():
        change = 0.1 * torch.randn(value.shape, generator=draw)
        if value.ndim >= 2:  # of two directions alone
            ways = value.flatten(1).shape
            change = torch.randn(ways[0], 2, generator=draw) @ torch.randn(2, ways[1], generator=draw)
            change = (0.05 * change).view(value.shape)
        trained[name] = value + change
    save_file(trained, tmp_path / "trained" / "unet" / WEIGHTS, {"format": "pt"})
    light = tmp_path / "light"
    low_rank.write(low_rank.split(base, trained, rank=2), light / "unet")
    for name in ("model_index.json", "scheduler"):
        there = tmp_path / "base" / name
        shutil.copytree(there, light / name) if there.is_dir() else shutil.copy(there, light)
    shutil.copy(tmp_path / "base" / "unet" / "config.json", light / "unet")
    name_it(light, shares=dict.fromkeys(("vae", "text_encoder", "tokenizer"), "base"), adapts={"unet": "base"})
    return tmp_path


def test_it_makes_what_the_whole_weights_make(models: Path) -> None:
    made = [next(iter(starter.media(models / name, 1, prompts=["a boat"], settings={"steps": 2}))).image
            for name in ("light", "trained", "base")]  # fmt: skip
    light, trained, base = (starter.as_tensor(image) for image in made)
    assert (light - trained).abs().max() < 0.03, "what halving the adapter costs"
    assert (light - base).abs().max() > 0.05, "the adapter changes something"


def test_the_folder_says_what_the_whole_would(models: Path) -> None:
    files = Files(models / "light")
    assert files.full(f"unet/{WEIGHTS}") == models / "base" / "unet" / WEIGHTS
    assert files.full("unet/config.json") == models / "light" / "unet" / "config.json"
    light, whole = (read(models / name, Registry().recognise) for name in ("light", "trained"))
    assert light.card == whole.card and light.numbers == whole.numbers and light.size_bytes < whole.size_bytes
    assert set(light.shared) == {str(models / "base" / p) for p in ("unet", "vae", "text_encoder", "tokenizer")}
    assert for_model(models / "light") == for_model(models / "trained")


def test_it_is_put_together_once_and_anew_where_something_changed(models: Path) -> None:
    first = adapted.places(Files(models / "light"))["unet"]
    written = (first / WEIGHTS).stat().st_mtime_ns
    assert adapted.places(Files(models / "light"))["unet"] == first
    assert (first / WEIGHTS).stat().st_mtime_ns == written
    (first / WEIGHTS).write_bytes(b"spoilt")
    assert len(load_file(adapted.places(Files(models / "light"))["unet"] / WEIGHTS)) > 0
    path = models / "light" / "unet" / ADAPTER
    save_file({name: value * 2 for name, value in load_file(path).items()}, path)
    assert adapted.places(Files(models / "light"))["unet"] != first


def test_peft_reads_the_adapter_as_we_do(models: Path) -> None:
    from diffusers import UNet2DConditionModel
    from peft import PeftModel

    unet = UNet2DConditionModel.from_pretrained(models / "base" / "unet", local_files_only=True)
    theirs = PeftModel.from_pretrained(unet, str(models / "light" / "unet")).merge_and_unload().state_dict()
    ours = load_file(adapted.places(Files(models / "light"))["unet"] / WEIGHTS)
    for name, value in ours.items():
        assert torch.allclose(theirs[name], value, atol=1e-5), name


def test_what_does_not_fit_is_a_sentence(models: Path) -> None:
    path = models / "light" / "unet" / ADAPTER
    whole = load_file(path)
    for spoilt in (
        {name.replace("down_blocks", "sideways"): value for name, value in whole.items()},
        {name.removeprefix("base_model."): value for name, value in whole.items()},
        {name: value[:1] for name, value in whole.items()},
    ):
        save_file(spoilt, path)
        with pytest.raises(BadInput, match="was not made for the unet of base"):
            adapted.places(Files(models / "light"))
    assert not list(adapted.SHELF.home.glob("*.part"))
    shutil.rmtree(models / "base")
    with pytest.raises(BadInput, match="needs the unet of base, which is not beside it"):
        Files(models / "light")
