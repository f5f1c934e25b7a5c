"""Additions to a checkpoint in one file and to a folder: beside it, on the list, in linked folders; what they do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file

from models.networks import miniature
from models.protocol import BadInput, Found, ModelInfo
from models.store.store import Store
from tests import ldm_layout
from tests.models.families import checkpoints
from tests.models.families.making import REGISTRY, make

SIZE = {"width": 128, "height": 128, "steps": 2, "guidance_scale": 3}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """An SD 1 in one file and as a folder, its configs, and one of each addition, none of them beside it yet."""
    where = tmp_path_factory.mktemp("shelf")
    made = checkpoints.pipeline("SD 1.x")
    made.save_pretrained(where / "whole")
    (where / "one").mkdir()
    checkpoints.one_file(made, "SD 1.x", where / "one" / "one.safetensors")
    loose = where / "loose"
    loose.mkdir()
    style = miniature.style(made.unet)
    save_file(style, loose / "ink.safetensors")
    save_file(checkpoints.kohya(style), loose / "trained.safetensors")
    wide = {n: torch.zeros(2, 2048) for n in style if n.endswith("attn2.to_k.lora_A.weight")}
    save_file(style | wide, loose / "big.safetensors")
    vectors = torch.randn(2, 768, generator=torch.Generator().manual_seed(1))
    save_file({"emb_params": vectors}, loose / "zork.safetensors")
    save_file(original_control(miniature.control(made.unet), made.unet.config), loose / "scribble.safetensors")
    other = checkpoints.pipeline("SD 1.x", seed=5)
    save_file({n: t.contiguous() for n, t in ldm_layout.autoencoder(other.vae).items()}, loose / "warm-vae.safetensors")
    save_file(taesd_decoder(), loose / "taesd_decoder.safetensors")
    return {"where": where, "made": made, "loose": loose}


def original_control(control: Any, config: Any) -> dict[str, torch.Tensor]:
    """A ControlNet under the names of its paper's own code."""
    found = {}
    hints = ["conv_in", *(f"blocks.{k}" for k in range(6)), "conv_out"]
    for name, tensor in control.state_dict().items():
        part, _, end = name.rpartition(".")
        if name.startswith("controlnet_cond_embedding."):
            found[f"input_hint_block.{2 * hints.index(part.partition('.')[2])}.{end}"] = tensor
        elif name.startswith("controlnet_down_blocks."):
            found[f"zero_convs.{part.rpartition('.')[2]}.0.{end}"] = tensor
        elif name.startswith("controlnet_mid_block."):
            found[f"middle_block_out.0.{end}"] = tensor
        else:
            found[ldm_layout.unet_name(name, config)] = tensor
    return {f"control_model.{name}": tensor.contiguous() for name, tensor in found.items()}


def taesd_decoder() -> dict[str, torch.Tensor]:
    """The decoder alone, as TAESD's first files have it: its layers count the clamp before them."""
    from diffusers import AutoencoderTiny

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        layers = AutoencoderTiny().decoder.state_dict()
    found = {}
    for name, tensor in layers.items():
        _, number, rest = name.split(".", 2)
        found[f"{int(number) + 1}.{rest}"] = tensor
    return found


@pytest.fixture
def store(shelf: dict[str, Any], tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The person's own store, with tiny configs in place of those that ship."""
    checkpoints.shipped(monkeypatch, shelf["made"], shelf["where"] / "whole", tmp_path / "configs")
    return Store(REGISTRY.recognise, tmp_path / "no-starters")


def sketch(path: Path) -> Path:
    image = Image.new("RGB", (96, 72), "white")
    ImageDraw.Draw(image).ellipse((30, 20, 60, 50), outline="black", width=3)
    image.save(path)
    return path


def settings(model: ModelInfo | Found) -> dict[str, Any]:
    assert isinstance(model, ModelInfo)
    return {p.name: p for p in model.card.parameters}


def test_what_is_added_or_linked_is_offered_to_every_model_of_its_base(
    shelf: dict[str, Any], store: Store, tmp_path: Path
) -> None:
    one = shelf["where"] / "one" / "one.safetensors"
    store.add(one)
    assert not {"style", "decoder", "word_strength"} & set(settings(store.about("one")))
    for name in ("ink", "trained", "big", "warm-vae", "scribble"):
        added = store.add(shelf["loose"] / f"{name}.safetensors")
        assert isinstance(added, Found) and added.addition
    known = settings(store.about("one"))
    assert known["style"].choices == ("none", "ink", "trained")  # the big one is SDXL's
    assert known["decoder"].choices == ("its own", "warm-vae")
    assert "sketch-to-picture" in store.about("one").card.tasks  # type: ignore[union-attr]
    linked = tmp_path / "ComfyUI" / "models"
    for folder, name in (("embeddings", "zork"), ("vae_approx", "taesd_decoder"), ("loras", "late")):
        (linked / folder).mkdir(parents=True)
        source = "ink" if name == "late" else name
        (linked / folder / f"{name}.safetensors").write_bytes((shelf["loose"] / f"{source}.safetensors").read_bytes())
    (linked / "checkpoints").mkdir()
    store.link(tmp_path / "ComfyUI")
    known = settings(store.about("one"))
    assert known["style"].choices == ("none", "ink", "late", "trained")
    assert known["decoder"].choices == ("its own", "taesd_decoder", "warm-vae")
    assert "zork" in known["word_strength"].help
    store.remove("ink")
    assert settings(store.about("one"))["style"].choices == ("none", "late", "trained")


def test_each_addition_changes_the_picture_as_strongly_as_asked(
    shelf: dict[str, Any], store: Store, tmp_path: Path
) -> None:
    one = store.add(shelf["where"] / "one" / "one.safetensors")
    for file in sorted(shelf["loose"].iterdir()):
        store.add(file)
    out = tmp_path / "out"

    def drawn(prompt: str = "a red sailboat", *inputs: Path, **more: Any) -> np.ndarray:
        _, output = make(Path(one.path), out, prompt, *inputs, **SIZE | more)
        assert output is not None
        return np.asarray(Image.open(output.path)).astype(int)

    plain = drawn()
    inked, faint = drawn(style="ink"), drawn(style="ink", style_strength=0.5)
    assert len({picture.tobytes() for picture in (plain, inked, faint)}) == 3
    assert np.abs(drawn(style="trained") - inked).max() <= 1
    assert np.array_equal(drawn(style="ink", style_strength=0), plain)
    word, weak = drawn("a red zork sailboat"), drawn("a red zork sailboat", word_strength=0.4)
    assert not np.array_equal(word, weak)
    assert np.array_equal(drawn("a red zork sailboat", word_strength=0), plain)
    assert np.array_equal(drawn("a red <Zork> sailboat"), word)
    warm, quick = drawn(decoder="warm-vae"), drawn(decoder="taesd_decoder")
    assert len({picture.tobytes() for picture in (plain, warm, quick)}) == 3
    drawing = sketch(tmp_path / "sketch.png")
    task = "sketch-to-picture"
    assert not np.array_equal(drawn("a red sailboat", drawing, task=task), plain)
    assert np.array_equal(drawn("a red sailboat", drawing, task=task, control_strength=0), plain)
    assert np.array_equal(drawn(), plain)  # and nothing is left of any of them


def test_what_goes_with_another_base_is_refused_in_a_sentence(
    shelf: dict[str, Any], store: Store, tmp_path: Path
) -> None:
    one = store.add(shelf["where"] / "one" / "one.safetensors")
    store.add(shelf["loose"] / "big.safetensors")
    for named in ("big", shelf["loose"] / "big.safetensors"):
        with pytest.raises(BadInput, match=r"big is a LoRA for SDXL.*one is of SD 1\.x"):
            make(Path(one.path), tmp_path / "out", "a red sailboat", known=store, **SIZE | {"style": named})
    with pytest.raises(BadInput, match="models add"):
        make(Path(one.path), tmp_path / "out", known=store, **SIZE | {"style": shelf["loose"] / "ink.safetensors"})
    with pytest.raises(BadInput, match="no setting 'style'"):
        make(Path(one.path), tmp_path / "out", known=store, **SIZE | {"style": "nowhere"})


def test_what_lies_in_folders_beside_the_file_is_its_own(shelf: dict[str, Any], store: Store, tmp_path: Path) -> None:
    home = tmp_path / "shelf"
    for folder, name in (("loras", "ink"), ("VAE", "warm-vae"), ("embeddings", "zork"), ("ControlNet", "scribble")):
        (home / folder).mkdir(parents=True)
        (home / folder / f"{name}.safetensors").write_bytes((shelf["loose"] / f"{name}.safetensors").read_bytes())
    (home / "one.safetensors").write_bytes((shelf["where"] / "one" / "one.safetensors").read_bytes())
    known = settings(store.about(home / "one.safetensors"))
    assert (known["style"].choices, known["decoder"].choices) == (("none", "ink"), ("its own", "warm-vae"))
    assert "control_strength" in known and "zork" in known["word_strength"].help


def test_a_folder_takes_them_too(shelf: dict[str, Any], store: Store, tmp_path: Path) -> None:
    whole = store.add(shelf["where"] / "whole")
    for name in ("ink", "zork", "warm-vae", "taesd_decoder", "scribble"):
        store.add(shelf["loose"] / f"{name}.safetensors")
    pictures = [
        make(Path(whole.path), tmp_path / "out", prompt, **SIZE | more)[1]
        for prompt, more in (
            ("a boat", {}), ("a boat", {"style": "ink"}), ("a zork", {}), ("a boat", {"decoder": "warm-vae"}),
            ("a boat", {"decoder": "taesd_decoder"}),
        )
    ]  # fmt: skip
    assert len({np.asarray(Image.open(one.path)).tobytes() for one in pictures if one}) == 5


def test_sdxl_learns_words_for_both_its_encoders(tmp_path: Path, home: Path) -> None:
    made = checkpoints.pipeline("SDXL")
    made.save_pretrained(tmp_path / "xl")
    generator = torch.Generator().manual_seed(1)
    words = {"clip_l": torch.randn(3, 768, generator=generator), "clip_g": torch.randn(3, 1280, generator=generator)}
    (tmp_path / "xl" / "embeddings").mkdir()
    save_file(words, tmp_path / "xl" / "embeddings" / "zork.safetensors")
    size = SIZE | {"width": 64, "height": 64}
    if json.loads((tmp_path / "xl" / "unet" / "config.json").read_text("utf-8"))["sample_size"] != 8:
        raise AssertionError("another miniature")
    pictures = [make(tmp_path / "xl", tmp_path / "out", text, **size)[1] for text in ("a boat", "a zork boat")]
    assert len({np.asarray(Image.open(one.path)).tobytes() for one in pictures if one}) == 2
