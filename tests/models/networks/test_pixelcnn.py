"""PixelCNN's mathematics: no pixel sees itself or what comes after it, and its probabilities are probabilities."""

from __future__ import annotations

import itertools

import pytest
import torch

from models.networks import logistic_mixture
from models.networks.pixelcnn import PixelCNN, Unfolding

LEVELS = torch.arange(256) / 127.5 - 1


@pytest.fixture(scope="module")
def network() -> PixelCNN:
    torch.manual_seed(0)
    net = PixelCNN(6, 8, (1, 2), 2)
    for weight in net.parameters():
        weight.data += 0.3 * torch.randn_like(weight)
    return net.eval().requires_grad_(False)


def pictures(count: int = 2) -> torch.Tensor:
    return LEVELS[torch.randint(0, 256, (count, 3, 6, 6), generator=torch.Generator().manual_seed(1))]


@pytest.mark.parametrize("place", [(0, 0), (2, 3), (3, 0), (5, 5)])
def test_a_pixel_depends_on_those_before_it_alone(network: PixelCNN, place: tuple[int, int]) -> None:
    x = pictures(1).requires_grad_()
    network(x)[0, place[0], place[1]].sum().backward()
    assert x.grad is not None
    seen = x.grad[0].abs().sum(0).flatten() > 0
    at = place[0] * 6 + place[1]
    assert not seen[at:].any()
    assert at == 0 or seen[at - 1] == (place[1] > 0)
    assert place[0] == 0 or seen.view(6, 6)[place[0] - 1, place[1]]


def test_pixel_by_pixel_it_says_what_it_says_at_once(network: PixelCNN) -> None:
    x = pictures()
    unfolding, found = Unfolding(network, 2), []
    for row, column in itertools.product(range(6), range(6)):
        found.append(unfolding.expected())
        unfolding.put(x[:, :, row, column])
    torch.testing.assert_close(torch.stack(found, 1).view(2, 6, 6, -1), network(x), atol=1e-4, rtol=1e-4)


def test_the_chances_of_all_reds_sum_to_one() -> None:
    """Summing green and blue away, for a mixture whose components reach over both ends of the levels."""
    parameters = torch.zeros(20)
    parameters[:2] = torch.tensor([0.4, -0.3])
    means, scales, shares = parameters[2:].view(3, 3, 2)
    means.copy_(torch.tensor([[-0.9, 0.8], [0.1, 0.2], [0.0, 0.3]]))
    scales.fill_(-1.0)
    scales[1:] = -7.0  # green and blue lie within a few levels, so that few need to be summed over
    shares.zero_()
    green, blue = LEVELS[120:170], LEVELS[120:175]
    total = torch.zeros(())
    for part in LEVELS.split(32):
        grid = torch.stack(torch.meshgrid(part, green, blue, indexing="ij"), -1).flatten(0, 2)
        total += logistic_mixture.log_prob(parameters.expand(len(grid), -1), grid).exp().sum()
    assert total.item() == pytest.approx(1, abs=1e-3)


def test_draws_come_as_often_as_their_probability_says() -> None:
    parameters = torch.zeros(10)
    parameters[1:4] = torch.tensor([0.3, 0.0, -0.2])
    parameters[4:7] = -2.0
    parameters[7:] = torch.tensor([0.5, -0.5, 1.0])
    draws = torch.rand((20_000, 4), generator=torch.Generator().manual_seed(0))
    drawn = logistic_mixture.draw(parameters.expand(len(draws), -1), draws)
    assert torch.isin(((drawn + 1) * 127.5).round().long(), torch.arange(256)).all()
    # The mean of -log p over draws from p is p's entropy; of draws from anything else it is more. And the red marginal:
    own = -logistic_mixture.log_prob(parameters.expand(len(draws), -1), drawn).mean()
    moved = (drawn + 10 / 127.5).clamp(-1, 1)
    assert own < -logistic_mixture.log_prob(parameters.expand(len(draws), -1), moved).mean()
    assert drawn[:, 0].mean().item() == pytest.approx(0.3, abs=0.01)
    share = torch.tanh(torch.tensor(0.5)).item()
    assert drawn[:, 1].mean().item() == pytest.approx(0.3 * share, abs=0.01)
    below = (0.5 * (drawn[:, 0] < 0.3)).mean() * 2
    assert below.item() == pytest.approx(0.5, abs=0.02)


def test_temperature_narrows_what_is_drawn() -> None:
    parameters = torch.zeros(10)
    parameters[4:7] = -2.0
    draws = torch.rand((4_000, 4), generator=torch.Generator().manual_seed(0))
    wide, narrow = (
        logistic_mixture.draw(parameters.expand(len(draws), -1), draws, t)[:, 0].std().item() for t in (1.0, 0.5)
    )
    assert narrow == pytest.approx(wide / 2, rel=0.1)
