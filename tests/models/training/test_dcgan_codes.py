"""What the DCGAN starter's generator begins with: codes as many as it takes, and what they cost."""

from __future__ import annotations

import torch

from models.training.projected import Glance
from models.training.recipes import dcgan_codes as recipe
from models.training.recipes.dcgan import LATENT, SIZE


def test_pictures_go_there_and_back() -> None:
    torch.manual_seed(0)
    pair = recipe.Pair()
    real = torch.rand(4, 3, SIZE, SIZE) * 2 - 1
    mean, spread = pair.codes(real)
    assert mean.shape == spread.shape == (4, LATENT)
    assert pair.generator(recipe.drawn(mean, spread, torch.Generator().manual_seed(1))).shape == real.shape


def test_codes_that_say_nothing_cost_nothing() -> None:
    zeros = torch.zeros(3, LATENT)
    assert torch.equal(recipe.nats(zeros, zeros), torch.zeros(3))
    wide = torch.distributions.Normal(torch.full((LATENT,), 0.5), torch.full((LATENT,), 0.2))
    told = torch.distributions.kl_divergence(wide, torch.distributions.Normal(0.0, 1.0)).sum()
    mean, spread = torch.full((1, LATENT), 0.5), torch.full((1, LATENT), 0.2).square().log()
    assert torch.isclose(recipe.nats(mean, spread)[0], told)
    many = recipe.drawn(mean.expand(4000, -1), spread.expand(4000, -1), torch.Generator().manual_seed(0))
    assert abs(many.mean() - 0.5) < 0.01 and abs(many.std() - 0.2) < 0.01


def test_the_reader_notices_what_is_gone() -> None:
    torch.manual_seed(0)
    glance, real = Glance(), torch.rand(2, 3, SIZE, SIZE) * 2 - 1
    assert recipe.unlike(glance, real, real) == 0
    assert recipe.unlike(glance, real * 0, real) > 0.3
