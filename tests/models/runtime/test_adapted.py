"""A model whose U-Net is another's with an adapter over it: put together on the disk, and run like any other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from models.protocol import BadInput
from models.registry import Registry
from models.runtime import adapted, kept
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
    assert light.parts == whole.parts, "the adapter is no second network"
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


def test_the_names_of_what_cannot_be_put_together(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    def short(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    with monkeypatch.context() as patched:
        patched.setattr("safetensors.torch.save_file", full)
        with pytest.raises(BadInput, match=r"The unet of light cannot be put together in .*no space left"):
            adapted.places(Files(models / "light"))
    with monkeypatch.context() as patched:
        patched.setattr(adapted, "merged", short)
        with pytest.raises(RuntimeError, match="allocate memory"):  # the engine has a sentence for it
            adapted.places(Files(models / "light"))
    shutil.copy(models / "base" / "unet" / WEIGHTS, models / "base" / "unet" / WEIGHTS.replace(".", ".fp16.", 1))
    with pytest.raises(BadInput, match="The unet of base lies in 2 files"):
        adapted.places(Files(models / "light"))


def test_where_nothing_can_be_kept_it_is_put_together_for_the_moment(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (models / "file").write_text("no folder can be made in this")
    monkeypatch.setenv("EVERYFORM_HOME", str(models / "file"))
    first = adapted.places(Files(models / "light"))["unet"]
    assert {path.name for path in first.iterdir()} == {WEIGHTS, "config.json"}
    assert adapted.places(Files(models / "light"))["unet"] == first


def test_slim_matrices_that_would_make_a_huge_one_are_not_multiplied() -> None:
    name = f"{adapted.BEFORE}a"
    slim = {name + adapted.UP: torch.zeros(2**40, 0), name + adapted.DOWN: torch.zeros(0, 2**20)}
    with pytest.raises(ValueError, match="a"):
        adapted.merged({"a.weight": torch.zeros(4, 3)}, slim)
    with pytest.raises(KeyError):
        adapted.merged({"a.weight": torch.zeros(4, 3)}, {name + adapted.UP: torch.zeros(4, 1)})


def test_two_engines_at_once_and_a_shelf_that_is_only_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVERYFORM_HOME", str(tmp_path))
    shelf = kept.Shelf("test", 2)

    def slow(folder: Path) -> None:
        """Another engine makes the same while this one does."""
        kept.Shelf("test", 2).make("a", lambda other: (other / "file").write_text("first"))
        (folder / "file").write_text("second")

    made = shelf.make("a", slow)
    assert (made / "file").read_text() == "first", "what may be in use stays as it is"
    assert [path.name for path in shelf.home.iterdir()] == ["a"]

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.utime", refuse)
    assert shelf.find("a") is not None and made.is_dir()


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
