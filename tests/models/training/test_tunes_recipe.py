"""The tunes recipe: codes in the pattern that MusicGen writes them in, and what is heard of its tunes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from models.reader.tune import describe, sample
from models.training import hearing
from models.training.lab import Budget, Lab
from models.training.recipes import tunes as recipe
from models.training.recipes import tunes_codec
from models.training.world.tunes import play


@pytest.fixture
def model(tmp_path: Path) -> recipe.MusicgenForConditionalGeneration:
    torch.manual_seed(0)
    lab = Lab(recipe.RECIPE, tmp_path, tmp_path, torch.device("cpu"), Budget(1, 1, 1))
    return recipe.network(recipe.vocabulary(lab), tunes_codec.network()).eval()


def test_books_are_read_as_musicgen_lays_them_out(model: recipe.MusicgenForConditionalGeneration) -> None:
    frames = 20
    codes = torch.randint(0, recipe.CODES, (2, recipe.BOOKS, frames), generator=torch.Generator().manual_seed(1))
    read, said = recipe.delayed(codes)
    assert read.shape == said.shape == (2, recipe.BOOKS, frames + recipe.BOOKS - 1)
    start = torch.full((2 * recipe.BOOKS, 1), recipe.CODES)
    given = torch.cat([start, codes.flatten(0, 1)], 1)
    _, theirs = model.decoder.build_delay_pattern_mask(given, recipe.CODES, frames + recipe.BOOKS)
    assert torch.equal(theirs.view(2, recipe.BOOKS, -1)[..., :-1], read)
    # What is said at a place is read at the next one.
    told = said[..., :-1] >= 0
    assert torch.equal(said[..., :-1][told], read[..., 1:][told])
    assert all(said[0, book][said[0, book] >= 0].tolist() == codes[0, book].tolist() for book in range(recipe.BOOKS))


def test_it_learns_and_words_count(model: recipe.MusicgenForConditionalGeneration) -> None:
    codes = torch.randint(0, 4, (2, recipe.BOOKS, 4), generator=torch.Generator().manual_seed(2))
    ids, mask = torch.tensor([[5, 6], [7, 8]]), torch.ones(2, 2, dtype=torch.long)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=3e-3)
    before = recipe.loss(model, codes, ids, mask).item()
    for _ in range(12):
        optimizer.zero_grad()
        recipe.loss(model, codes, ids, mask).backward()
        optimizer.step()
    with torch.no_grad():
        after, unsaid = recipe.loss(model, codes, ids, mask).item(), recipe.loss(model, codes, ids, 0 * mask).item()
    assert after < before / 2
    assert unsaid != after
    assert len(recipe.matrices(model)) > 20


@pytest.mark.filterwarnings("ignore")
def test_a_lesson_is_any_part_of_a_tune_first_and_all_of_it_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "FRAMES", 100)
    monkeypatch.setattr(recipe, "PART", 20)
    torch.manual_seed(0)
    tunes_codec.network().save_pretrained(tmp_path / "tunes-codec" / "result")
    lab = Lab(recipe.RECIPE, tmp_path, tmp_path / "out", torch.device("cpu"), Budget(4, 2, 2), prompts=1, hurried=True)
    learned, known = [], recipe.loss

    def watched(model: object, codes: torch.Tensor, *words: torch.Tensor) -> torch.Tensor:
        learned.append(codes)
        return known(model, codes, *words)

    def coded(lab: Lab, codec: object, seeds: range) -> torch.Tensor:
        """What a codec that has learned nothing says is always the same."""
        return torch.randint(0, recipe.CODES, (len(seeds), recipe.BOOKS, 100), generator=lab.generator()).short()

    monkeypatch.setattr(recipe, "loss", watched)
    monkeypatch.setattr(recipe, "coded", coded)
    monkeypatch.setattr(recipe, "save", lambda *_: None)  # what it ships counts its stages' figures in
    recipe.run(lab)
    tunes = coded(lab, None, range(64))
    assert [codes.shape[2] for codes in learned] == [20, 20, 100, 100]
    starts = {
        next(k for k in range(81) if any(torch.equal(part, tune[:, k : k + 20]) for tune in tunes))
        for codes in learned[:2]
        for part in codes
    }
    assert len(starts) > 1, "they do not all begin as the tune does"


def test_the_worlds_own_tunes_are_heard_as_they_are_named() -> None:
    said, named, wanted = hearing.prompts(4)
    assert len(said) == 4
    waves = play(wanted, 8.0, 16_000)
    assert all(share >= 75 for share in hearing.score(waves, 16_000, named).values())
    other = hearing.score(
        waves.roll(1, 0), 16_000, [describe(sample(k), random.Random(k), full=True)[1] for k in range(4)]
    )
    assert other["key"] < 75
