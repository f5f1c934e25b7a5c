"""Convolutions in the processor's own layout: the same numbers, whatever is asked of them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from models.runtime.fitting import packing
from models.runtime.fitting.plan import Plan
from models.runtime.pipelines import stable_diffusion_load
from models.runtime.pipelines.styles import Styles


def network() -> nn.Sequential:
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Conv2d(4, 32, 3, padding=1), nn.SiLU(), nn.Conv2d(32, 32, 3, padding=1, stride=2), nn.Conv2d(32, 8, 1),
    )  # fmt: skip
    return made.to(torch.bfloat16).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


@torch.inference_mode()
def test_the_numbers_are_the_same_at_every_size() -> None:
    plain, packed = network(), network()
    packing.pack(packed)
    for batch, side in ((2, 16), (1, 24), (3, 8)):
        given = torch.randn(batch, 4, side, side, dtype=torch.bfloat16)
        assert torch.equal(packed(given), plain(given))
    layers = [part for part in packed if isinstance(part, nn.Conv2d)]
    assert all(part.weight.is_mkldnn for part in layers) and len(layers) == 3


def test_what_it_cannot_lay_out_stays_as_it_is() -> None:
    odd = nn.ModuleList([
        nn.Conv2d(4, 4, 3).float(), nn.Conv2d(4, 4, 3, padding="same").to(torch.bfloat16),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect").to(torch.bfloat16), nn.Linear(4, 4),
    ])  # fmt: skip
    kinds = [type(part) for part in odd]
    packing.pack(odd)
    assert [type(part) for part in odd] == kinds


@torch.inference_mode()
def test_a_style_is_laid_over_it_and_taken_off() -> None:
    peft: Any = pytest.importorskip("peft")
    given = torch.randn(1, 4, 16, 16, dtype=torch.bfloat16)
    made = []
    for packs in (False, True):
        one = copy.deepcopy(network())
        if packs:
            packing.pack(one)
            one(given)
        torch.manual_seed(1)
        styled = peft.inject_adapter_in_model(
            peft.LoraConfig(r=2, target_modules=["0", "2"], init_lora_weights=False), one
        ).to(torch.bfloat16)
        with_it = styled(given)
        for part in styled.modules():
            if isinstance(part, peft.tuners.tuners_utils.BaseTunerLayer):
                part.enable_adapters(False)
        made.append((with_it, styled(given)))
    (with_it, without), (packed_with, packed_without) = made
    assert torch.equal(packed_with, with_it) and torch.equal(packed_without, without)
    assert not torch.equal(with_it, without)


def over_convolutions(unet: Any, seed: int, dora: bool) -> dict[str, torch.Tensor]:
    """A style as kohya's trainer names it, over the convolutions of the U-Net's blocks."""
    draw, made = torch.Generator().manual_seed(seed), {}
    for name, part in unet.named_modules():
        if name.rpartition(".")[2] not in ("conv1", "conv2"):
            continue
        out, enters, side, _ = getattr(part, "base_layer", part).weight.shape
        place = f"lora_unet_{name.replace('.', '_')}"
        made[f"{place}.lora_down.weight"] = torch.randn(2, enters, side, side, generator=draw) * 0.3
        made[f"{place}.lora_up.weight"] = torch.randn(out, 2, 1, 1, generator=draw) * 0.3
        made[f"{place}.alpha"] = torch.tensor(1.0)
        if dora:
            made[f"{place}.dora_scale"] = torch.rand(out, 1, 1, 1, generator=draw) + 0.5
    return made


@pytest.mark.parametrize("dora", [False, True])
def test_styles_over_convolutions_come_and_go_between_pictures(
    tiny_stable_diffusion: Path, dora: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read, worn at another strength, another one after them, and taken off: as over plain weights."""
    pytest.importorskip("peft")
    plan = Plan(dtype="bfloat16", text_dtype="float32", channels_last=True)
    given = torch.randn(1, 4, 8, 8), torch.tensor(5), torch.randn(1, 7, 32)

    def made() -> list[torch.Tensor]:
        pipeline = stable_diffusion_load.pipeline(str(tiny_stable_diffusion), plan, variant=None)
        styles, unet, found = Styles(pipeline), pipeline.unet, []
        there = {
            name: (lambda seed=seed: over_convolutions(unet, seed, dora)) for seed, name in enumerate(("ink", "oil"))
        }
        for name, strength in (("none", 0.0), ("ink", 0.8), ("ink", 0.3), ("oil", 0.8), ("none", 0.0)):
            styles.choose({"style": name, "style_strength": strength}, lambda: there)
            with torch.inference_mode():
                found.append(unet(*given).sample)
        assert unet.conv_in.weight.is_mkldnn == packs
        return found

    packs = True
    packed = made()
    packs = False
    monkeypatch.setattr(packing, "pack", lambda network: None)
    assert all(torch.equal(one, other) for one, other in zip(packed, made(), strict=True))
    assert torch.equal(packed[0], packed[-1]) and not any(torch.equal(packed[0], one) for one in packed[1:-1])


def test_a_processor_without_the_format_keeps_plain_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    one = network()
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    packing.pack(one)
    assert [type(part) for part in one] == [nn.Conv2d, nn.SiLU, nn.Conv2d, nn.Conv2d]
