"""The decoder of the tunes' codec goes on alone: the codes stay what they were, and what is made of them changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import EncodecModel

from models.reader.tune import sample
from models.training.lab import Budget, Lab
from models.training.recipes import tunes_codec
from models.training.recipes import tunes_decoder as recipe
from models.training.world.tunes import play


@pytest.mark.filterwarnings("ignore")
def test_the_codes_stay_and_the_decoder_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tunes_codec, "SECONDS", 2.6)
    torch.manual_seed(0)
    before = tunes_codec.network().eval()
    for layer in before.quantizer.layers:
        layer.codebook.embed.normal_()
    before.save_pretrained(tmp_path / "tunes-codec" / "result")
    lab = Lab(recipe.RECIPE, tmp_path, tmp_path, torch.device("cpu"), Budget(2, 2, 2), prompts=1)
    recipe.run(lab)
    after = EncodecModel.from_pretrained(lab.result("tunes-decoder")).eval()
    wave = play([sample(1)], 2.6, tunes_codec.RATE)
    (one, codes), (other, same) = (tunes_codec.there_and_back(codec, wave) for codec in (before, after))
    assert torch.equal(codes, same) and not torch.equal(one, other)
    assert lab.told("tunes-decoder")["difference of spectra"] > 0
