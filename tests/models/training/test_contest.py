"""The contest of a generator with two critics: what each side is told, and that it learns, stops and goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models.networks import biggan, dcgan
from models.training import contest as contests
from models.training.adversarial import NON_SATURATING, WASSERSTEIN
from models.training.contest import Sides, contest, logistic, standing, wasserstein
from models.training.lab import Budget, Lab, Recipe
from models.training.projected import Glance, Heads

SIZE = 64  # what `Glance` looks at


class Greens:
    """A world of plain green pictures."""

    count = 16

    def batch(self, seeds: Tensor) -> Tensor:
        pictures = torch.zeros(len(seeds), 3, SIZE, SIZE)
        pictures[:, 1] = 0.5 + 0.02 * seeds.view(-1, 1, 1)
        return pictures


def lab_of(folder: Path, steps: int) -> Lab:
    budget = Budget(steps=steps, batch=4, pictures=16)
    return Lab(Recipe("greens", "", lambda lab: None, budget, budget), folder, folder, torch.device("cpu"), budget)


def sides_of(play: Any = logistic, **more: Any) -> Sides[dcgan.Generator]:
    torch.manual_seed(0)
    made, twin = (dcgan.Generator(8, (16, 8, 8, 4)) for _ in range(2))
    critic = dcgan.Critic((4, 8, 8, 8))
    return Sides(
        made, twin, critic, lambda draw, classes, count: (torch.randn((count, 8), generator=draw),),
        lambda model, name: None, play, **more,
    )  # fmt: skip


@pytest.mark.parametrize("play, game", [(logistic, NON_SATURATING), (wasserstein, WASSERSTEIN)])
def test_one_pass_serves_both_sides(play: Any, game: Any) -> None:
    torch.manual_seed(0)
    critic = dcgan.Critic((4, 8, 8, 8))
    real, made = torch.rand(8, 3, SIZE, SIZE), torch.rand(8, 3, SIZE, SIZE) - 1
    _, wanted = play(critic, real, made, 1, torch.Generator())
    leaf = made.clone().requires_grad_()
    (alone,) = torch.autograd.grad(game.generator(critic(leaf)), leaf)
    assert torch.allclose(wanted, alone, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("play", [logistic, wasserstein])
def test_the_generator_learns_the_colour(play: Any, tmp_path: Path) -> None:
    lab = lab_of(tmp_path, 12)
    sides = sides_of(play, rate=1e-2, critic_rate=1e-2)
    before = green(sides.generator)
    contest(lab, Greens(), sides)  # type: ignore[arg-type]
    assert green(sides.generator) > before + 0.1
    assert lab.told("greens")["samples"] == 48


def test_a_generator_that_is_told_codes_is_held_to_their_pictures(tmp_path: Path) -> None:
    code = torch.full((1, 8), 2.0)

    def off(generator: dcgan.Generator) -> float:
        with torch.no_grad():
            return (generator.eval()(code) - Greens().batch(torch.tensor([8]))).abs().mean().item()

    ends = []
    for told in (None, lambda pictures, draw: code.expand(len(pictures), -1)):
        sides = sides_of(rate=1e-2, faith=4.0, codes=told)
        contest(lab_of(tmp_path / str(told is None), 16), Greens(), sides)  # type: ignore[arg-type]
        ends.append(off(sides.generator))
    assert ends[1] < ends[0]


def test_it_imitates_first_and_knows_no_critic(tmp_path: Path) -> None:
    sides = sides_of(imitation=1.0, codes=lambda seeds, draw: torch.randn((len(seeds), 8), generator=draw))
    critic = {name: value.clone() for name, value in sides.critic.named_parameters()}
    before = green(sides.generator)
    contest(lab_of(tmp_path, 9), Greens(), sides)  # type: ignore[arg-type]
    assert green(sides.generator) > before
    assert all(torch.equal(value, critic[name]) for name, value in sides.critic.named_parameters())


def green(generator: dcgan.Generator) -> float:
    """How much more green than anything else its pictures have."""
    with torch.no_grad():
        colours = generator(torch.randn((16, 8), generator=torch.Generator().manual_seed(1))).mean((0, 2, 3))
    return (colours[1] - (colours[0] + colours[2]) / 2).item()


def test_it_goes_on_from_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The rate falls towards the budget's end: here it must not know of it.
    monkeypatch.setattr(contests, "falling", lambda lab, step: 1.0)
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    for folder, parts in ((whole, (6,)), (parted, (3, 6))):
        for steps in parts:
            sides = sides_of()
            contest(lab_of(folder, steps), Greens(), sides)  # type: ignore[arg-type]
        torch.save(sides.generator.state_dict(), folder / "generator.pt")
    one, other = (torch.load(folder / "generator.pt", weights_only=True) for folder in (whole, parted))
    assert all(torch.allclose(value, other[name], atol=1e-5) for name, value in one.items() if value.ndim > 1)


def test_critics_alone_leave_the_generator_as_it_is(tmp_path: Path) -> None:
    sides = sides_of(wasserstein, alone=9)
    before = {name: value.clone() for name, value in sides.generator.named_parameters()}
    contest(lab_of(tmp_path, 3), Greens(), sides)  # type: ignore[arg-type]
    assert all(torch.equal(value, before[name]) for name, value in sides.generator.named_parameters())


def test_heads_tell_classes_apart_and_see_when_all_is_the_same() -> None:
    torch.manual_seed(0)
    glance, heads = Glance(), Heads(classes=3).eval()
    pictures = torch.rand(4, 3, 128, 128)
    seen = glance(pictures)
    assert [tuple(part.shape) for part in seen] == [(4, 64, 16, 16), (4, 128, 8, 8)]
    labels = torch.tensor([0, 1, 2, 0])
    scores = heads(seen, labels)
    assert scores.shape == (4, 2) and not torch.equal(scores, heads(seen, labels.flip(0) * 0 + 1))
    same = [part[:1].expand_as(part) for part in seen]
    first = [torch.cat([part[:1], part[1:].flip(0)]) for part in seen]
    assert torch.equal(heads(same)[:1, 0], heads(first)[:1, 0])  # the shallow head looks at each alone
    assert not torch.allclose(heads(same)[0, 1], heads(first)[0, 1], atol=1e-6)


def test_standing_statistics_are_the_mean_over_the_batches() -> None:
    torch.manual_seed(0)
    for network in (dcgan.Generator(8, (8, 4)), biggan.Generator(12, (8, 8, 4), classes=2, shared=4, chunk=4)):
        extra = (torch.randn(6, 4),) if isinstance(network, biggan.Generator) else ()
        batches = [(torch.randn(6, network.latent), *extra) for _ in range(3)]
        standing(network, batches)
        assert not network.training
        first = next(m for m in network.modules() if isinstance(m, (nn.BatchNorm2d, biggan._ConditionalNorm)))
        stored = first.get_buffer("running_mean" if isinstance(first, nn.BatchNorm2d) else "stored_mean")
        inner = network.main[0] if isinstance(network, dcgan.Generator) else None
        with torch.no_grad():
            means = [
                inner(z[:, :, None, None]).mean((0, 2, 3)) if inner is not None
                else network.linear(z[:, :4]).unflatten(1, (-1, 4, 4)).mean((0, 2, 3))  # type: ignore[operator]
                for z, *_ in batches
            ]  # fmt: skip
        assert torch.allclose(stored, torch.stack(means).mean(0), atol=1e-5)
        assert first.momentum == 0.1


def test_a_run_that_goes_on_learns_though_the_last_one_ended_by_the_clock(tmp_path: Path) -> None:
    lab = lab_of(tmp_path, 1000)
    lab.minutes, lab.seconds, lab.before = 10, 700, 600
    assert contests.falling(lab, 100) == 1
    lab.seconds = 600 + 599
    assert contests.falling(lab, 100) < 0.01
