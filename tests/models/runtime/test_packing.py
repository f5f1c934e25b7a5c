"""Convolutions in the processor's own layout: the same numbers, whatever is asked of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from models.runtime.fitting import packing


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
