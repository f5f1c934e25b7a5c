"""The previews' colour maps: those of the public autoencoders, a model's own, and one fitted to any other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from models.sampling import latent_rgb


def test_the_public_autoencoders_are_known_by_channels_and_scale() -> None:
    assert latent_rgb.known(4, 0.18215) is latent_rgb.STABLE_DIFFUSION
    assert latent_rgb.known(4, 0.13025) is latent_rgb.STABLE_DIFFUSION_XL
    assert latent_rgb.known(8, 0.18215) is None
    assert latent_rgb.known(4, 1.0) is None


@pytest.mark.parametrize("table", [latent_rgb.STABLE_DIFFUSION, latent_rgb.STABLE_DIFFUSION_XL])
def test_no_latents_at_all_are_some_middle_grey(table: latent_rgb.LatentRGB) -> None:
    width, height, rgb = table.picture(torch.zeros(4, 2, 3))
    assert (width, height, len(rgb)) == (3, 2, 18)
    assert all(110 < value < 160 for value in rgb)


def test_rows_channels_and_limits() -> None:
    table = latent_rgb.LatentRGB(torch.eye(3), torch.zeros(3))
    latents = torch.zeros(3, 2, 2)
    latents[0, 0, 1] = 1.0  # the right of the upper row, red
    latents[2, 1, 0] = 7.0  # the left of the lower row, more than blue
    latents[1, 1, 1] = float("nan")
    assert table.picture(latents)[2] == bytes([0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 128, 0]) or (
        # NaN spreads over its place, as every colour is a sum over the channels.
        table.picture(latents)[2] == bytes([0, 0, 0, 255, 0, 0, 0, 0, 255, 128, 128, 128])
    )


@pytest.mark.parametrize(
    "given",
    [None, [], {}, {"weight": "x"}, {"weight": [[1, 2]] * 8}, {"weight": [[1, 2, 3]] * 4}, {"weight": [[1, 2], [3]]}],
)
def test_a_map_that_makes_no_sense_is_none(given: Any) -> None:
    assert latent_rgb.from_json(given, 8) is None


def test_a_models_own_map() -> None:
    table = latent_rgb.from_json({"weight": [[0.1, 0.2, 0.3]] * 8, "bias": [0.5, 0.5, 0.5]}, 8)
    assert table is not None
    assert table.picture(torch.ones(8, 1, 1))[2] == bytes([255, 255, 255])
    assert table.picture(torch.zeros(8, 1, 1))[2] == bytes([128, 128, 128])


def test_the_fit_finds_a_linear_autoencoder() -> None:
    mixing = torch.tensor([[1.0, 0.2, 0.0], [0.0, -1.0, 0.5], [0.3, 0.0, 0.8], [0.1, 0.1, 0.1]])

    class Linear:
        encoder = torch.nn.Conv2d(3, 3, 1)
        config = SimpleNamespace(scaling_factor=0.5)

        def encode(self, pictures: torch.Tensor) -> Any:
            small = torch.nn.functional.avg_pool2d(pictures, 8)
            latents = torch.einsum("bchw,lc->blhw", small, mixing) + 0.25
            return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: latents))

    found = latent_rgb.fit(Linear())
    colour = torch.tensor([0.4, -0.2, 0.6])  # -1 to 1
    latents = ((mixing @ colour + 0.25) * 0.5).view(4, 1, 1)
    expected = [round((value + 1) / 2 * 255) for value in colour.tolist()]
    assert all(abs(a - b) <= 1 for a, b in zip(found.picture(latents)[2], expected, strict=True))
