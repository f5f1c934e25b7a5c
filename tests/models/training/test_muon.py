"""Muon: its steps turn and do not stretch, and a stopped training goes on as if it had not been."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from models.training.muon import Muon, orthogonalised


@pytest.mark.parametrize("shape", [(24, 64), (64, 24), (32, 32)])
def test_singular_values_come_to_about_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    given = torch.randn(shape) @ torch.diag(torch.logspace(0, -1, shape[1]))
    before, after = torch.linalg.svdvals(given), torch.linalg.svdvals(orthogonalised(given))
    assert before.max() / before.min() > 5
    assert after.min() > 0.6 and after.max() < 1.3


def test_directions_stay_what_they_are() -> None:
    torch.manual_seed(0)
    given = torch.randn(8, 12)
    u, _, v = torch.linalg.svd(given, full_matrices=False)
    inner = u.T @ orthogonalised(given) @ v.T
    assert (inner - torch.diag(inner.diag())).abs().max() < 1e-3


def network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.SiLU(), nn.Conv2d(8, 8, 3), nn.Flatten(), nn.Linear(288, 4))


def train(model: nn.Module, optimizer: Muon, steps: range) -> float:
    for step in steps:
        given = torch.randn(16, 3, 8, 8, generator=torch.Generator().manual_seed(step))
        loss = (model(given) - given.mean((2, 3))[:, [0, 1, 2, 0]]).pow(2).mean()
        for group in optimizer.param_groups:
            group["lr"] = 1e-2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def test_it_learns_and_resumes() -> None:
    one = network()
    optimizer = Muon(one, [one[2].weight])  # type: ignore[index]
    first = train(one, optimizer, range(1))
    assert train(one, optimizer, range(1, 40)) < first / 3
    two = copy.deepcopy(one)
    other = Muon(two, [two[2].weight])  # type: ignore[index]
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert train(one, optimizer, range(40, 44)) == train(two, other, range(40, 44))


def test_what_is_no_matrix_moves_as_with_adam() -> None:
    ours, theirs = network(), network()
    train(ours, Muon(ours, []), range(5))
    adam = torch.optim.Adam(theirs.parameters(), betas=(0.9, 0.99))
    train(theirs, adam, range(5))  # type: ignore[arg-type]
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)
