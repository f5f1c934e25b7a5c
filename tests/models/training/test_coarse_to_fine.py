"""The coarse-to-fine recipe: its book of blocks, plans that are spoilt a little, and a budget in two parts."""

from __future__ import annotations

from pathlib import Path

import torch

from models.training.lab import Budget, Lab
from models.training.recipes import coarse_to_fine as recipe


def draw(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_book_is_of_the_blocks_that_are_there() -> None:
    rough = recipe.structure().requires_grad_(False)
    kinds = torch.randn(recipe.CODES, recipe.LATENTS * recipe.BLOCK**2, generator=draw(1)) * 4
    rough.codebook.weight.copy_(kinds)
    codes = torch.randint(0, recipe.CODES, (64, recipe.SIDE**2), generator=draw(2))
    clean = rough.decode(codes).half()
    shown = torch.rand(64, 1, recipe.SIDE, recipe.SIDE, generator=draw(3)).half()
    assert recipe.told(clean, rough) > 0.999
    assert torch.equal(recipe.coded(clean, rough).long(), codes)
    rough.codebook.weight.copy_(recipe.book(clean, shown, rough, draw()).float())
    assert recipe.told(clean, rough) > 0.75  # centres that fell together leave some kinds without one


def test_a_spoilt_plan_has_some_of_its_codes_taken_for_near_ones() -> None:
    near = torch.stack([torch.arange(16) + 100 + 16 * k for k in range(8)])
    codes = torch.randint(0, 8, (400, 64), generator=draw())
    spoilt = recipe.spoilt(codes, near, draw(1))
    changed = spoilt != codes
    assert 0.05 < changed.float().mean() < 0.15  # a third of MOST_WRONG
    assert bool(((spoilt[changed] - 100) // 16 == codes[changed]).all())
    assert (changed.float().mean(1) < 0.02).any()


def test_the_budget_is_shared_out_and_the_seconds_added_up(tmp_path: Path) -> None:
    lab = Lab(recipe.RECIPE, tmp_path, tmp_path, torch.device("cpu"), Budget(10, 2, 64), minutes=5.0)
    steps = []
    for share in (0.6, 0.4):
        with recipe.stage(lab, share) as part:
            steps.append((part.budget.steps, part.minutes))
            part.seconds += 7
    assert steps == [(6, 3.0), (4, 2.0)]
    assert lab.seconds == 14 and lab.budget.steps == 10
