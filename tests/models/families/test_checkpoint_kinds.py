"""Every public kind of checkpoint in one file: added, recognised, read by diffusers' conversion, and drawn with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from tests.models.families import checkpoints
from tests.models.families.making import make, store


def picture(path: Path, side: int = 128) -> Path:
    colours = np.linspace(0, 255, side * side * 3).reshape(side, side, 3).astype(np.uint8)
    Image.fromarray(colours).save(path)
    return path


def drawn(model: Path, out: Path, *inputs: Path, **settings: Any) -> np.ndarray:
    _, output = make(model, out, "a red sailboat", *inputs, steps=2, **settings)
    assert output is not None
    return np.asarray(Image.open(output.path)).astype(int)


@pytest.mark.parametrize(
    ("base", "file", "side", "prediction"),
    [
        ("SD 1.x", "dream", 128, "epsilon"),
        ("SD 2.x", "v2-1_768-ema-pruned", 192, "v_prediction"),
        ("SD 2.x", "512-base-ema", 128, "epsilon"),
        ("SDXL", "juggernaut", 256, "epsilon"),
        ("SDXL refiner", "sd_xl_refiner_1.0", 256, "epsilon"),
    ],
)
def test_one_file_draws_what_its_folder_draws(
    base: str, file: str, side: int, prediction: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = checkpoints.pipeline(base, prediction)
    made.save_pretrained(tmp_path / "whole")
    one = checkpoints.one_file(made, base, tmp_path / f"{file}.safetensors")
    if (base, prediction) == ("SD 2.x", "epsilon"):  # what ships is the larger one's, which the smaller one bends
        other = checkpoints.pipeline(base, "v_prediction")
        other.save_pretrained(tmp_path / "other")
    checkpoints.shipped(
        monkeypatch, made, tmp_path / ("other" if (tmp_path / "other").exists() else "whole"), tmp_path / "configs"
    )
    added = store(tmp_path).add(one)
    assert (added.base, added.missing, added.card.architecture) == (base, "", "latent-diffusion")
    start = (picture(tmp_path / "start.png"),) if base == "SDXL refiner" else ()
    size = {"width": side, "height": side, "guidance_scale": 3}
    single = drawn(one, tmp_path / "out", *start, **size)
    whole = drawn(tmp_path / "whole", tmp_path / "out", *start, **size)
    assert single.shape == (side, side, 3)
    assert single.std() > 4  # it is no grey sheet
    # Matrices that lie elsewhere in memory are multiplied in another order.
    assert np.abs(single - whole).max() <= 2


def halves(width: int) -> Any:
    """A `torch.split` for Flux of any width: diffusers' conversion has that of the public one written into it."""
    split = torch.split

    def as_wide(tensor: Any, sizes: Any, dim: int = 0) -> Any:
        return split(tensor, [size * width // 3072 for size in sizes] if 3072 in sizes else sizes, dim=dim)

    return as_wide


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "split", halves(16))


@pytest.mark.usefixtures("narrow")
def test_a_transformer_alone_takes_the_other_parts_from_files_near_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    made = checkpoints.flux_by_public_widths()
    made.save_pretrained(tmp_path / "whole")
    one = checkpoints.loose(made, tmp_path / "models")
    short = checkpoints.as_gguf(one, one.with_name("flux1-schnell-Q8_0.gguf"))
    checkpoints.shipped(monkeypatch, made, tmp_path / "whole", tmp_path / "configs")
    known = store(tmp_path)
    t5 = tmp_path / "models" / "text_encoders" / "t5xxl_fp16.safetensors"
    aside = t5.rename(tmp_path / "t5.safetensors")
    lacks = known.about(one).missing  # type: ignore[union-attr]
    assert lacks.startswith("the text encoder T5-XXL or T5's word list")
    aside.rename(t5)
    made.tokenizer_2.save_pretrained(home / "configs" / "t5")
    added = known.add(one)
    assert (added.base, added.missing, added.detail) == ("Flux", "", "schnell")
    assert {part.role for part in added.parts} >= {"text", "autoencoder"}  # it is weighed with all that it needs
    size = {"width": 256, "height": 256, "shift": 3}
    single, whole, shortened = (drawn(model, tmp_path / "out", **size) for model in (one, tmp_path / "whole", short))
    assert single.std() > 4
    assert np.abs(single - whole).mean() < 0.5
    assert np.abs(shortened - single).mean() < 8


@pytest.mark.parametrize(("base", "kind"), [("SD 3", {}), ("SD 3", {"t5": True}), ("Flux", {"guided": True})])
@pytest.mark.usefixtures("narrow")
def test_a_transformer_with_all_its_parts_draws_what_its_folder_draws(
    base: str, kind: dict[str, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    made = checkpoints.flow(base, **kind)
    made.save_pretrained(tmp_path / "whole")
    one = checkpoints.one_file(made, base, tmp_path / "one.safetensors")
    checkpoints.shipped(monkeypatch, made, tmp_path / "whole", tmp_path / "configs")
    if base == "Flux" or kind:  # T5's words are nobody's to ship
        before = store(tmp_path).about(one)
        assert ("T5's word list" in before.missing) == (base == "Flux")
        words = made.tokenizer_2 if base == "Flux" else made.tokenizer_3
        words.save_pretrained(tmp_path / "t5")
    added = store(tmp_path).add(one)
    assert (added.base, added.missing, added.card.architecture) == (base, "", "dit-flow-matching")
    size = {"width": 256, "height": 256, "shift": 3}
    single, whole = (drawn(model, tmp_path / "out", **size) for model in (one, tmp_path / "whole"))
    assert single.shape == (256, 256, 3)
    assert single.std() > 4
    assert np.abs(single - whole).mean() < 0.5


@pytest.mark.parametrize("base", ["SD 3", "Flux"])
def test_styles_go_over_transformers_too(base: str, tmp_path: Path, home: Path) -> None:
    made = checkpoints.flow(base)
    made.save_pretrained(tmp_path / "whole")
    (tmp_path / "whole" / "loras").mkdir()
    generator = torch.Generator().manual_seed(0)
    style = {}
    for name, part in made.transformer.named_modules():
        if name.endswith((".to_q", ".to_v")):
            out, enters = part.weight.shape
            style[f"transformer.{name}.lora_A.weight"] = torch.randn(2, enters, generator=generator)
            style[f"transformer.{name}.lora_B.weight"] = torch.randn(out, 2, generator=generator)
    save_file(style, tmp_path / "whole" / "loras" / "ink.safetensors")
    size = {"width": 256, "height": 256}
    plain = drawn(tmp_path / "whole", tmp_path / "out", **size)
    inked, faint = (drawn(tmp_path / "whole", tmp_path / "out", style="ink", style_strength=s, **size) for s in (1, 2))
    assert len({picture.tobytes() for picture in (plain, inked, faint)}) == 3
    assert np.array_equal(drawn(tmp_path / "whole", tmp_path / "out", **size), plain)
