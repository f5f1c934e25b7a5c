"""How portraits are learned: phases in order, a loss that means something, and steps that change both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.training.lab import Budget, Lab
from models.training.portraits import draw_portraits
from models.training.recipes import stylegan

CPU = torch.device("cpu")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(stylegan.RECIPE, tmp_path, tmp_path / "out", CPU, Budget(steps=100, batch=4, pictures=8))


def test_it_grows_and_then_plays(lab: Lab) -> None:
    phases = [stylegan.phase(lab, step) for step in range(100)]
    assert list(dict.fromkeys(phases)) == [32, 64, 128, 0]
    assert phases.count(0) >= 10


def test_the_loss_counts_faces_and_edges() -> None:
    real = draw_portraits(range(2), 64, "cpu") * 2 - 1
    assert stylegan.difference(real, real) == 0
    face, corner = real.clone(), real.clone()
    face[..., 30:40, 28:38] += 0.2
    corner[..., :10, :10] += 0.2
    assert stylegan.difference(face, real) > 2 * stylegan.difference(corner, real)
    striped, pale = real.clone(), real + 0.1
    striped[..., ::2] += 0.2
    assert stylegan.difference(striped, real) > 1.5 * stylegan.difference(pale, real)


def test_both_phases_change_what_they_should(lab: Lab) -> None:
    training = stylegan.Training(lab)
    z = stylegan.codes(lab)[:4]
    real = draw_portraits(range(4), 128, "cpu") * 2 - 1

    def weights(network: torch.nn.Module) -> torch.Tensor:
        return torch.cat([p.detach().flatten() for p in network.parameters()])

    small = torch.nn.functional.avg_pool2d(real, 4)
    losses = [training.imitate(z, small, 2e-3) for _ in range(6)]
    assert losses[-1] < losses[0]
    finest = weights(training.generator.synthesis.b128)
    before = weights(training.critic), finest, weights(training.average.model)
    assert all(torch.tensor(training.play(0, z, real, 1e-3)).isfinite())
    after = weights(training.critic), weights(training.generator.synthesis.b128), weights(training.average.model)
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_mixing_takes_the_other_style_from_some_layer_on(lab: Lab) -> None:
    training = stylegan.Training(lab)
    rows = torch.stack([training._crossing(k) for k in range(200)])
    assert 0.35 < rows.any(1).float().mean() < 0.65
    assert not rows[:, 0].any() and (rows.long().diff(dim=1) >= 0).all()
