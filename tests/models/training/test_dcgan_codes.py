"""The lower half of the DCGAN starter's generator: codes as many as it takes, and what they cost."""

from __future__ import annotations

import torch

from models.training.recipes import dcgan_codes as recipe
from models.training.recipes.dcgan import CHANNELS, LATENT, MEETING, SIZE, generator, inputs, lower, upper


def test_features_go_there_and_back() -> None:
    torch.manual_seed(0)
    pair = recipe.Pair()
    real = torch.rand(4, CHANNELS[MEETING], recipe.SIDE, recipe.SIDE)
    mean, spread = pair.codes(real)
    assert mean.shape == spread.shape == (4, LATENT)
    assert pair.made(recipe.drawn(mean, spread, torch.Generator().manual_seed(1))).shape == real.shape


@torch.no_grad()
def test_the_halves_are_the_generator() -> None:
    torch.manual_seed(0)
    whole = generator().eval()
    (z,) = inputs(torch.Generator().manual_seed(0), None, 2)
    made = upper(whole)(lower(whole)(z[:, :, None, None]))
    assert made.shape == (2, 3, SIZE, SIZE) and torch.equal(made, whole(z))


def test_codes_that_say_nothing_cost_nothing() -> None:
    zeros = torch.zeros(3, LATENT)
    assert torch.equal(recipe.nats(zeros, zeros), torch.zeros(3))
    wide = torch.distributions.Normal(torch.full((LATENT,), 0.5), torch.full((LATENT,), 0.2))
    told = torch.distributions.kl_divergence(wide, torch.distributions.Normal(0.0, 1.0)).sum()
    mean, spread = torch.full((1, LATENT), 0.5), torch.full((1, LATENT), 0.2).square().log()
    assert torch.isclose(recipe.nats(mean, spread)[0], told)
    many = recipe.drawn(mean.expand(4000, -1), spread.expand(4000, -1), torch.Generator().manual_seed(0))
    assert abs(many.mean() - 0.5) < 0.01 and abs(many.std() - 0.2) < 0.01
