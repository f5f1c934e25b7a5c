"""The codec of the tunes starter: books that hold what those before them left, and figures of sounds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import EncodecModel

from models.reader.tune import sample
from models.training.lab import Budget, Lab
from models.training.recipes import tunes_codec as recipe
from models.training.world.tunes import play


def draw(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_each_book_says_more_and_the_codec_reads_the_same() -> None:
    torch.manual_seed(0)
    model = recipe.network().eval()
    books = recipe.Books(model, torch.device("cpu"))
    vectors = torch.randn(2000, recipe.WIDTH)
    books.begin(vectors, draw())
    told, codes = books.tell(vectors)
    left = [(vectors - part).square().mean().item() for part in told]
    assert left == sorted(left, reverse=True) and left[-1] < left[0]
    assert torch.equal(model.quantizer.decode(codes[:, None])[0].T, told[-1])
    assert torch.equal(model.quantizer.encode(vectors.T[None])[:, 0], codes)


@pytest.mark.filterwarnings("ignore")
def test_a_short_training_leaves_a_codec_that_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "SECONDS", 2.6)
    for steps in (1, 2):
        budget = Budget(steps, 2, 2)
        lab = Lab(recipe.RECIPE, tmp_path, tmp_path, torch.device("cpu"), budget, prompts=1)
        recipe.run(lab)
    log = [json.loads(line)["text"] for line in (tmp_path / "tunes-codec" / "log.jsonl").read_text().splitlines()]
    assert "resumed checkpoint at step 1" in log
    codec = EncodecModel.from_pretrained(lab.result("tunes-codec")).eval()
    wave = play([sample(1)], 2.6, recipe.RATE)
    made, codes = recipe.there_and_back(codec, wave)
    assert codes.shape[:2] == (1, recipe.BOOKS) and abs(made.shape[1] - wave.shape[1]) < recipe.FRAME
    assert codes.max() < recipe.CODES and codec.quantizer.layers[0].codebook.embed.abs().sum() > 0


@torch.inference_mode()
def test_what_learned_from_loud_tunes_hears_them_as_they_are() -> None:
    torch.manual_seed(0)
    model = recipe.network().eval()
    wave = 0.1 * torch.randn(1, 1, 20 * recipe.FRAME)
    loud = model.encoder(wave * recipe.LOUD)
    back = model.decoder(loud) / recipe.LOUD
    recipe.quiet(model)
    assert torch.allclose(model.encoder(wave), loud, atol=1e-4)
    assert torch.allclose(model.decoder(loud), back, atol=1e-5)
