"""How portraits are learned: phases in order, a loss that means something, and steps that change both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.training.lab import Budget, Lab
from models.training.portraits import draw_portraits
from models.training.recipes import stylegan
from models.training.recipes.stylegan_features import FeatureCritic
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


def test_names_are_learned_by_a_mapping_that_is_held_still_afterwards(lab: Lab) -> None:
    torch.manual_seed(0)
    mapping = Painter().generator.mapping
    before = mapping.fc0.weight.clone()
    stylegan.learn_names(lab, mapping, steps=3, batch=8)
    assert not torch.equal(before, mapping.fc0.weight)
    assert not any(weight.requires_grad for weight in mapping.parameters())


def test_mixing_takes_the_neighbours_style_from_some_layer_on() -> None:
    torch.manual_seed(0)
    mixed = stylegan.Mixed(stylegan.Generator(**stylegan.CONFIG))
    layers = mixed.generator.synthesis.layers + 1
    z, crossing = stylegan.inputs(torch.Generator().manual_seed(1), None, 8)
    assert z.shape == (8, mixed.generator.z)
    assert (crossing[:4] == layers).all() and ((crossing[4:] > 0) & (crossing[4:] < layers)).all()
    with torch.no_grad():
        plain = mixed(z[:2], torch.tensor([layers, layers]))
        half = mixed(z[:2], torch.tensor([layers, 5]))
        swapped = mixed(z[:2], torch.tensor([0, 0]))
    assert torch.allclose(plain[0], half[0], atol=1e-5) and not torch.allclose(plain[1], half[1], atol=1e-3)
    assert torch.allclose(plain, swapped.flip(0), atol=1e-5)


def test_the_critic_of_features_tells_sides_apart_and_gives_one_score_each() -> None:
    torch.manual_seed(0)
    critic = FeatureCritic(8, width=8, deep=8)
    features = torch.randn(4, 8, 16, 16, requires_grad=True)
    scores = critic(features)
    assert scores.shape == (4, 1)
    scores.sum().backward()
    assert features.grad is not None and features.grad.abs().sum((1, 2, 3)).min() > 0
