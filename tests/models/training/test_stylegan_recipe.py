"""How portraits are learned: phases in order, a loss that means something, and steps that change both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.training.lab import Budget, Lab
from models.training.portraits import draw_portraits
from models.training.recipes import stylegan
from models.training.recipes.stylegan_layout import Layout
from models.training.recipes.stylegan_painter import Painter

CPU = torch.device("cpu")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(stylegan.RECIPE, tmp_path, tmp_path / "out", CPU, Budget(steps=100, batch=4, pictures=8))


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


def weights(*networks: torch.nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for network in networks for p in network.parameters()])


def test_both_sides_of_the_game_move(lab: Lab) -> None:
    training = stylegan.Training(lab)
    z = stylegan.codes(lab)[:4]
    real = draw_portraits(range(4), 128, "cpu") * 2 - 1
    sides = training.critic, training.generator.synthesis.b128, training.average.model
    before = [weights(side) for side in sides]
    assert all(torch.tensor(training.play(0, z, real, 1e-3)).isfinite())
    assert all(not torch.equal(was, weights(side)) for was, side in zip(before, sides, strict=True))


def test_each_half_learns_alone_and_together_they_are_the_generator(lab: Lab) -> None:
    torch.manual_seed(0)
    painter = Painter()
    z = stylegan.codes(lab)[:4]
    real = draw_portraits(range(4), 128, "cpu") * 2 - 1
    generator = painter.generator
    ws = generator.styles(generator.mapping(z))
    stylegan.difference(painter(real, z, torch.Generator().manual_seed(0)), real).backward()

    def moved(*blocks: int) -> bool:
        parts = [getattr(generator.synthesis, f"b{size}").conv1.weight.grad for size in blocks]
        return all(part is not None for part in parts)

    assert moved(32, 64, 128) and not any(moved(size) for size in (4, 8, 16))
    assert generator.synthesis.b16.torgb.weight.grad is not None and generator.mapping.fc0.weight.grad is None
    painter.zero_grad(set_to_none=True)
    layout = Layout(generator)
    features = layout(z)
    assert features.shape == painter.features(real).shape == (4, stylegan.CONFIG["channels"][2], 16, 16)
    features.sum().backward()
    assert moved(4, 8, 16) and not any(moved(size) for size in (32, 64, 128))
    with torch.no_grad():
        whole = generator.synthesis(ws, stylegan.silent)
        assert torch.allclose(painter.painted(features, generator.mapping(z)), whole, atol=1e-5)


def test_mixing_takes_the_other_style_from_some_layer_on(lab: Lab) -> None:
    training = stylegan.Training(lab)
    rows = torch.stack([training._crossing(k) for k in range(200)])
    assert 0.35 < rows.any(1).float().mean() < 0.65
    assert not rows[:, 0].any() and (rows.long().diff(dim=1) >= 0).all()
