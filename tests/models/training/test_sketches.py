"""Sketches as training data: kept and grown, on papers that are apart, with colours that are the picture's own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.reader.scene import Scene, sample
from models.training import sketches
from models.training.lab import Budget, Lab, Recipe
from models.training.psnr import psnr
from models.training.sketches import PAPERS, USUAL, Sketches, dabs, difference, drawn_by_hand, papers, sketchable, usual
from models.training.translated import drawn, unseen
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
    first = Sketches(lab, few[:2], 32).pictures.clone()
    drew: list[int] = []

    def watched(some: list[Scene], size: int, device: torch.device) -> object:
        drew.append(len(some))
        return render(some, size, device)

    monkeypatch.setattr(sketches, "render", watched)
    grown = Sketches(lab, few, 32)
    assert drew == [1] and grown.lines.shape == (3, 1, 32, 32)
    assert torch.equal(grown.pictures[:2], first)
    expected = render([usual(scene) for scene in few], 32)
    assert (grown.lines / 255 - expected.sketch).abs().max() < 0.01
    assert (grown.pictures / 255 - expected.picture).abs().max() < 0.01
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


def test_usual_colours_change_the_picture_where_the_things_are_and_no_line() -> None:
    scene = next(s for s in scenes(20) if any(t.colour != USUAL[t.kind] and t.distance == "near" for t in s.things))
    own, plain = render([scene], 64), render([usual(scene)], 64)
    assert torch.equal(own.sketch, plain.sketch)
    where = difference(own.picture, plain.picture)
    assert where.max() > 0.1 and (where < 0.01).float().mean() > 0.4


def test_dabs_have_the_pictures_colours_on_their_paper() -> None:
    picture = torch.tensor([0.2, 0.5, 0.4]).view(1, 3, 1, 1).expand(2, 3, 64, 64)
    paper = papers([next(s for s in map(sample, range(99)) if s.time == "night")] * 2)
    where = torch.zeros(2, 1, 64, 64)
    where[:, :, 20:24] = 0.5
    on_paper = dabs(picture, where, paper, torch.Generator().manual_seed(0)) * paper
    dabbed = (on_paper - paper).abs().amax(1, keepdim=True) > 1e-6
    assert 0 < dabbed.float().mean() < 0.2
    assert not dabbed[:, :, 30:].any() and not dabbed[:, :, :14].any()
    assert torch.allclose(on_paper.masked_select(dabbed), picture.masked_select(dabbed), atol=1e-6)
    none = dabs(picture, torch.zeros_like(where), paper, torch.Generator().manual_seed(0))
    assert torch.equal(none, torch.ones_like(none))


def test_other_pens_leave_paper_white_and_lines_dark() -> None:
    lines = torch.ones(8, 1, 32, 32)
    lines[:, :, 16] = 0
    by_hand = drawn_by_hand(lines, torch.Generator().manual_seed(0))
    assert (by_hand[:, :, 16] <= 0.4).all() and (by_hand[:, :, :14] == 1).all()
    assert len({round(v, 3) for v in by_hand[:, 0, 16, 0].tolist()}) > 4


def test_psnr_of_a_tenth_is_twenty() -> None:
    assert psnr(torch.zeros(2, 3, 4, 4), torch.full((2, 3, 4, 4), 0.1)) == pytest.approx(20, abs=1e-3)
