"""The lower half of the DCGAN starter's generator."""

from __future__ import annotations

import torch

from models.training.recipes.dcgan import SIZE, generator, inputs, lower, upper


@torch.no_grad()
def test_the_halves_are_the_generator() -> None:
    torch.manual_seed(0)
    whole = generator().eval()
    (z,) = inputs(torch.Generator().manual_seed(0), None, 2)
    made = upper(whole)(lower(whole)(z[:, :, None, None]))
    assert made.shape == (2, 3, SIZE, SIZE) and torch.equal(made, whole(z))
