"""Glow's mathematics: the way back undoes the way there, and the change of volume is that of the map."""

from __future__ import annotations

import math

import pytest
import torch

from models.networks import glow
from models.networks.glow import Glow


@pytest.fixture(scope="module")
def flow() -> Glow:
    torch.manual_seed(0)
    net = Glow(4, (1, 2), (6, 8))
    net.bits(torch.rand(16, 3, 4, 4) - 0.5)
    for weight in net.parameters():
        weight.data += 0.1 * torch.randn_like(weight)
    return net.double().eval().requires_grad_(False)


@pytest.fixture
def real() -> torch.Tensor:
    return torch.rand((3, 3, 4, 4), generator=torch.Generator().manual_seed(2)).double() - 0.5


def test_there_and_back_nothing_is_lost(flow: Glow, real: torch.Tensor) -> None:
    there = glow.through(glow.inwards(flow, real))
    back = glow.through(glow.outwards(flow, there.ended))
    torch.testing.assert_close(back.now, real, atol=1e-10, rtol=0)
    torch.testing.assert_close(back.log_det, there.log_det)
    assert sum(part[0].numel() for part in there.ended) == flow.numbers


def test_it_is_the_way_that_the_library_goes(flow: Glow, real: torch.Tensor) -> None:
    there = glow.through(glow.inwards(flow, real))
    torch.testing.assert_close(glow.log_prob(flow, there), flow.log_prob(real, None))
    for ours, theirs in zip(there.ended, flow.inverse_and_log_det(real)[0], strict=True):
        torch.testing.assert_close(ours, theirs)


def test_the_volume_changes_as_the_jacobian_says(flow: Glow, real: torch.Tensor) -> None:
    def to_z(numbers: torch.Tensor) -> torch.Tensor:
        way = glow.through(glow.inwards(flow, numbers.view(1, 3, 4, 4)))
        return torch.cat([part.flatten() for part in way.z])

    jacobian = torch.autograd.functional.jacobian(to_z, real[0].flatten())
    wanted = torch.linalg.slogdet(jacobian)[1]
    torch.testing.assert_close(glow.through(glow.inwards(flow, real[:1])).log_det[0], wanted)


def test_every_number_stays_in_sight(flow: Glow, real: torch.Tensor) -> None:
    units = 0
    for there in glow.inwards(flow, real):
        assert glow.laid_out(flow, there).shape == real.shape
        units += 1
    assert units == flow.units
    z = torch.cat([part.flatten() for part in there.ended])
    assert torch.equal(glow.laid_out(flow, there).flatten().sort()[0], z.sort()[0])
    for back in glow.outwards(flow, there.ended):
        assert glow.laid_out(flow, back).shape == real.shape
    torch.testing.assert_close(glow.laid_out(flow, back), real)


def test_noise_and_z_are_each_others_inverse(flow: Glow) -> None:
    noise = torch.randn((2, flow.numbers)).double()
    z = glow.scaled(flow, noise)
    torch.testing.assert_close(torch.cat([part.flatten(1) for part in glow.standard(flow, z)], 1), noise)
    for expected, cold in zip(glow.expected(flow, z, 0), glow.scaled(flow, noise, 0), strict=True):
        torch.testing.assert_close(expected, cold)


def test_uniform_noise_needs_eight_bits() -> None:
    """A density of one over the unit cube is 256 equal levels."""
    flow = Glow(4, (1,), (4,))
    assert flow.as_bits(torch.zeros(1)).item() == pytest.approx(8)
    assert flow.as_bits(torch.tensor([flow.numbers * math.log(2)])).item() == pytest.approx(7)


def test_pictures_keep_their_levels() -> None:
    levels = torch.arange(256).view(1, 1, 16, 16) / 127.5 - 1
    for noise in (0.0, 0.5, 0.999):
        torch.testing.assert_close(glow.to_picture(glow.to_real(levels, noise)), levels, atol=1e-6, rtol=0)


def test_a_side_that_cannot_be_halved_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be halved"):
        Glow(12, (1, 1, 1), (4, 4, 4))
