"""The stories recipe ends in a folder of transformers' that the studio writes with, and its texts are measured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from models.registry import Registry
from models.training import tales, telling
from models.training.lab import Budget, Lab
from models.training.recipes import stories


def test_a_row_begins_with_a_text() -> None:
    words = tales.tokenizer(60)
    assert tales.stream(words, 5, 3).dtype == torch.int16
    flat = tales.stream(words, 0, 30)
    rows = tales.Rows(flat, 64)
    ids, wanted = rows.batch(8, torch.Generator().manual_seed(0))
    assert ids.shape == (8, 64) and torch.equal(ids[:, 1:], wanted[:, :-1])
    known = {tales.text(seed)[:20] for seed in range(30)}
    assert all(words.decode(row, skip_special_tokens=True)[:20] in known for row in ids)
    assert words.decode(words("Größe: 5 €, Mara!").input_ids, skip_special_tokens=True) == "Größe: 5 €, Mara!"
    with pytest.raises(ValueError, match="more texts"):
        tales.Rows(flat[:50], 64)


def test_prompts_to_measure_with_stand_in_no_text_that_was_learned() -> None:
    asked = tales.prompts(20, 60)
    assert len(asked) == 20 and not set(asked) & {tales.text(seed).partition("\n")[0] for seed in range(60)}
    assert any(a.startswith("Tell") for a in asked) and any(a.startswith("Describe") for a in asked)


def test_the_worlds_own_texts_have_the_best_figures() -> None:
    own = [tales.text(seed) for seed in range(50)]
    assert set(telling.figures(own)["per_cent_of_50_unseen_prompts"].values()) == {100.0}
    broken = [text.replace(" named ", " gnamed ") for text in own]
    assert telling.figures(broken)["per_cent_of_50_unseen_prompts"]["sentences of the grammar"] < 100
    assert telling.distinct(["a b c d a b c d a b c d"]) == pytest.approx(100 * 4 / 9, abs=0.1)


def test_the_recipe_ends_in_a_folder_that_the_studio_writes_with(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(telling, "LONGEST", 12)
    monkeypatch.setattr(stories, "UNSEEN_TEXTS", 3)
    recipe = replace(stories.RECIPE, shipped=None)
    lab = Lab(recipe, tmp_path / "state", tmp_path / "out", torch.device("cpu"), Budget(2, 1, 40), prompts=2)
    stories.run(lab)
    folder = tmp_path / "out" / "stories"
    architecture, match = Registry().recognise(folder)
    assert (architecture, match.name, match.missing, match.card.medium) == ("llm", "Stories", "", "text")
    assert {p.name: p.default for p in match.card.parameters}["temperature"] == 0.7
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert 2e6 < sum(p.numel() for p in model.parameters()) < 6e6
    assert len(AutoTokenizer.from_pretrained(folder)) == model.config.vocab_size
    assert (folder / "model.safetensors").stat().st_size < 8 * 2**20, "half precision"
    told = json.loads((folder / "training.json").read_text())
    assert "held-out perplexity of a token" in told["figures"]
    assert len((lab.state / "texts.txt").read_text()) > 20
