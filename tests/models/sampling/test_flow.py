"""The times of a flow and what is told of its way, on velocities that are known."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from models.sampling import flow


def run(velocity: Callable[[Tensor, float], Tensor], steps: int, start: Tensor, shift: float = 1.0) -> flow.Flow:
    times = flow.schedule({}, shift)
    times.set_timesteps(steps)
    x = start
    for time in times.timesteps:
        x = times.step(velocity(x, float(time) / 1000), time, x, return_dict=False)[0]
    return times


def test_times_are_even_and_end_at_nothing() -> None:
    times = flow.schedule({}, 1.0)
    times.set_timesteps(4)
    assert times.sigmas.tolist() == pytest.approx([1, 0.75, 0.5, 0.25, 0])
    assert times.timesteps.tolist() == pytest.approx([1000, 750, 500, 250])
    assert times.level == 1


@pytest.mark.parametrize("shift", [0.5, 3.0])
def test_a_shift_moves_the_times_and_not_their_ends(shift: float) -> None:
    """Eq. 23 of Esser et al.; of a schedule that would depend on the size nothing is left."""
    times = flow.schedule({"use_dynamic_shifting": True, "shift": 7.0}, shift)
    times.set_timesteps(4, mu=1.15)
    want = [shift * t / (1 + (shift - 1) * t) for t in (1, 0.75, 0.5, 0.25, 0)]
    assert times.sigmas.tolist() == pytest.approx(want)


def test_steps_may_be_left_out_at_the_beginning() -> None:
    whole, part = flow.schedule({}, 3.0), flow.schedule({}, 3.0, skip=2)
    for times in (whole, part):
        times.set_timesteps(5)
    assert part.sigmas.tolist() == whole.sigmas[2:].tolist()
    assert len(part.timesteps) == 3 and part.level == float(whole.sigmas[2])
    assert [flow.skipped(10, s) for s in (0.05, 0.3, 0.99, 1.0)] == [9, 7, 1, 0]
    assert flow.skipped(1, 0.05) == 0


def test_a_constant_velocity_is_a_straight_way() -> None:
    start = torch.randn(1, 4, 2, 2)
    to = torch.full_like(start, 2.0)
    times = run(lambda x, t: start - to, 7, start)
    assert times.detour == pytest.approx(1, abs=1e-4)
    assert times.turned == pytest.approx(0, abs=0.1)
    assert times.level == 0
    assert times.denoised is not None and torch.allclose(times.denoised, to, atol=1e-5)


def test_a_half_circle_is_half_pi_times_as_long() -> None:
    """A point that turns by 180 degrees about the origin: the way is pi r, the line 2 r."""
    times = run(lambda x, t: math.pi * torch.stack([-x[..., 1], x[..., 0]], -1), 90, torch.tensor([[1.0, 0.0]]))
    assert times.detour == pytest.approx(math.pi / 2, rel=0.02)
    assert times.turned == pytest.approx(2, rel=0.05)


def test_nothing_that_moves_is_straight() -> None:
    assert flow.schedule({}, 1.0).detour == 1
    assert run(lambda x, t: torch.zeros_like(x), 3, torch.ones(1, 2)).detour == 1
    assert run(lambda x, t: torch.ones_like(x), 1, torch.ones(1, 2)).turned == 0


def test_a_mixture_lies_on_the_line() -> None:
    clean, noise = torch.zeros(2), torch.ones(2)
    assert flow.mixed(clean, noise, 0.25).tolist() == [0.25, 0.25]
