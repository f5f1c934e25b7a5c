"""Sketches as training data: kept and grown, on papers that are apart, with colours that are the picture's own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.reader.scene import Scene, sample
from models.training import sketches
from models.training.lab import Budget, Lab, Recipe
from models.training.sketches import PAPERS, Sketches, dabs, drawn_by_hand, papers, sketchable
from models.training.translated import drawn, psnr, unseen
from models.training.world.render import render


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    budget = Budget(1, 1, 1)
    recipe = Recipe("drawing", "", lambda lab: None, cpu=budget, cuda=budget)
    return Lab(recipe, tmp_path, tmp_path, torch.device("cpu"), budget)


def scenes(count: int) -> list[Scene]:
    return unseen(count, sketchable)


def test_a_store_grows_and_draws_nothing_twice(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    few = scenes(3)
    first = Sketches(lab, few[:2], 32).lines.clone()
    drew: list[int] = []

    def watched(some: list[Scene], size: int, device: torch.device) -> object:
        drew.append(len(some))
        return render(some, size, device)

    monkeypatch.setattr(sketches, "render", watched)
    grown = Sketches(lab, few, 32).lines
    assert drew == [1] and grown.shape == (3, 1, 32, 32)
    assert torch.equal(grown[:2], first)
    expected = (render(few, 32).sketch * 255 + 0.5).to(torch.uint8)
    assert (grown.int() - expected.int()).abs().max() <= 1
    Sketches(lab, few[:1], 32)
    assert drew == [1]


def test_only_what_lines_can_tell_is_asked_of_a_sketch() -> None:
    for scene in scenes(5):
        assert scene.weather == "clear"
        named = drawn(scene, colours=False)
        assert named.terrain == scene.terrain and (named.time, named.weather, named.season) == (None, None, None)
        assert [t.colour for t in named.things] == [""] * len(scene.things)
        assert drawn(scene, colours=True).things == scene.things
    assert not all(sketchable(sample(seed)) for seed in range(20))


def test_papers_are_apart() -> None:
    colours = list(PAPERS.values())
    gaps = [max(abs(a - b) for a, b in zip(p, q, strict=True)) for p in colours for q in colours if p is not q]
    assert min(gaps) > 0.1


def test_dabs_have_the_pictures_colours_on_their_paper() -> None:
    picture = torch.tensor([0.2, 0.5, 0.4]).view(1, 3, 1, 1).expand(2, 3, 64, 64)
    paper = papers([next(s for s in map(sample, range(99)) if s.time == "night")] * 2)
    lines = torch.ones(2, 1, 64, 64)
    lines[:, :, 20:24] = 0
    on_paper = dabs(picture, lines, paper, torch.Generator().manual_seed(0), chance=1) * paper
    dabbed = (on_paper - paper).abs().amax(1, keepdim=True) > 1e-6
    assert 0 < dabbed.float().mean() < 0.5
    assert torch.allclose(on_paper.masked_select(dabbed), picture.masked_select(dabbed), atol=1e-6)
    none = dabs(picture, lines, paper, torch.Generator().manual_seed(0), chance=0)
    assert torch.equal(none, torch.ones_like(none))


def test_other_pens_leave_paper_white_and_lines_dark() -> None:
    lines = torch.ones(8, 1, 32, 32)
    lines[:, :, 16] = 0
    by_hand = drawn_by_hand(lines, torch.Generator().manual_seed(0))
    assert (by_hand[:, :, 16] <= 0.4).all() and (by_hand[:, :, :14] == 1).all()
    assert len({round(v, 3) for v in by_hand[:, 0, 16, 0].tolist()}) > 4


def test_psnr_of_a_tenth_is_twenty() -> None:
    assert psnr(torch.zeros(2, 3, 4, 4), torch.full((2, 3, 4, 4), 0.1)) == pytest.approx(20, abs=1e-3)
