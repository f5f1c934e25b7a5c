"""A generator against two critics at once: heads on what the reader notices, and a critic of pixels.

The heads say early what a landscape is, the critic of pixels sees what is fine, and is a plain critic afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from models.training.adversarial import (
    HINGE,
    NON_SATURATING,
    WASSERSTEIN,
    GeneratorAverage,
    adam,
    frozen,
    gradient_penalty,
    move,
    r1,
    update,
)
from models.training.lab import Lab
from models.training.pictures import Drawings
from models.training.projected import Glance, Heads
from models.training.recipes.scenes_autoencoder import difference

N = TypeVar("N", bound=nn.Module)
IMITATION = 2e-3  # the rate of what has no critic
R1_EVERY, R1_WEIGHT = 16, 1.0
PENALTY = 10.0  # of the Wasserstein critic; taken at half of each batch
SHORT = 4_800  # steps up to which the rates are as told; a longer training takes smaller ones

# Both sides' move through a critic: (critic, real, made, step, draw) to its loss, after which its weights have their
# gradients, and to the gradient that the generator is to follow at `made`.
Play = Callable[[nn.Module, Tensor, Tensor, int, torch.Generator], tuple[float, Tensor]]


@dataclass(frozen=True)
class Sides(Generic[N]):
    """Who plays. `inputs` draws what the generator makes a batch from, given the classes of the real pictures."""

    generator: N
    twin: N
    critic: nn.Module
    inputs: Callable[[torch.Generator, Tensor | None, int], tuple[Tensor, ...]]
    look: Callable[[N, str], object]
    play: Play
    heads: float = 2.0  # how hard they pull at a made picture, the critic of pixels pulling with 1
    rate: float = 6e-4
    critic_rate: float = 4e-4
    imitation: float = 0.0  # share of the steps, the first, in which it is told codes alone, and there is no critic
    alone: int = 0  # so many steps after these the critics learn, the generator holding still
    classes: int = 0
    # What the generator should make these pictures of the world from: half a batch is held to it, pulling with `faith`.
    codes: Callable[[Tensor, torch.Generator], Tensor] | None = None
    faith: float = 1.0


def logistic(
    critic: nn.Module, real: Tensor, made: Tensor, step: int, draw: torch.Generator, penalty: float = R1_WEIGHT
) -> tuple[float, Tensor]:
    """The non-saturating game with R1 of that weight, both sides out of one pass through the critic.

    The critic's loss goes with softplus(s), the generator's with softplus(-s). Both gradients are multiples of the
    score's own, by σ(s) and by -σ(-s), so one is the other times -exp(-s).
    """
    leaf = made.detach().requires_grad_()
    scores = critic(leaf)
    loss = NON_SATURATING.critic(critic(real), scores)
    loss.backward()
    if step % R1_EVERY == 0:
        (R1_EVERY * penalty / 2 * r1(critic, real)).backward()
    assert leaf.grad is not None
    return loss.item(), leaf.grad * -torch.exp(-scores.detach().clamp(-8, 8)).view(-1, 1, 1, 1)


def wasserstein(
    critic: nn.Module, real: Tensor, made: Tensor, step: int, draw: torch.Generator
) -> tuple[float, Tensor]:
    """The Wasserstein game with a gradient penalty, out of one pass: the generator wants just the opposite."""
    leaf = made.detach().requires_grad_()
    loss = WASSERSTEIN.critic(critic(real), critic(leaf))
    loss.backward()
    half = len(real) // 2
    (PENALTY * gradient_penalty(critic, real[:half], made[:half], draw)).backward()
    assert leaf.grad is not None
    return loss.item(), -leaf.grad


def contest(lab: Lab, world: Drawings, sides: Sides[N], labels: Tensor | None = None) -> N:
    """Let them play for the budget's steps, from the last checkpoint on. Returns the averaged generator.

    `labels`: the class of each picture of the world, where the generator is told classes.
    """
    layout = torch.channels_last
    generator = sides.generator.to(memory_format=layout)  # type: ignore[call-overload]
    critic = sides.critic.to(memory_format=layout)  # type: ignore[call-overload]
    glance, heads = Glance().to(lab.device), Heads(classes=sides.classes).to(lab.device)
    batch = lab.budget.batch
    average = GeneratorAverage(generator, sides.twin, batch, half_life=min(10_000, lab.budget.steps * batch / 12))
    adams = {"generator adam": adam(generator), "critic adam": adam(critic), "heads adam": adam(heads)}
    generator_adam, critic_adam, heads_adam = adams.values()
    sums = torch.zeros(3)
    for step in lab.steps({"generator": generator, "critic": critic, "heads": heads, "average": average, **adams}):
        draw = lab.generator(step)
        seeds = torch.randint(0, world.count, (batch,), generator=draw)
        real = world.batch(seeds).contiguous(memory_format=layout)
        classes = None if labels is None else labels[seeds].to(lab.device)
        speed = falling(lab, step)
        given = [one.to(lab.device) for one in sides.inputs(draw, classes, batch)]
        copied = sides.imitation * lab.budget.steps
        if sides.codes is not None and step < copied:
            given[0] = sides.codes(seeds, draw).to(lab.device)
            with lab.autocast():
                off = difference(generator(*given).float(), real)
            update(off, generator_adam, IMITATION * speed)
            average.update(generator)
            sums[2] += off.item()
            _tell(lab, sides, average.model, step, sums)
            continue
        if sides.codes is not None:
            known = given[1:]
            given = [torch.cat([given[0], sides.codes(seeds[: batch // 2], draw).to(lab.device)])]
            given += [torch.cat([one, one[: batch // 2]]) for one in known]
        with lab.autocast():
            whole = generator(*given).float()
            made, copies = whole[:batch], whole[batch:]
            leaf = made.detach().requires_grad_()
            seen = glance(leaf)
            with torch.no_grad():
                seen_real = glance(real)
            told = [heads(part, classes) for part in (seen_real, [one.detach() for one in seen])]
        by_heads = update(HINGE.critic(*told), heads_adam, sides.rate * speed)
        critic_adam.zero_grad(set_to_none=True)
        by_pixels, wanted = sides.play(critic, real, made, step, draw)
        move(critic_adam, sides.critic_rate * speed)
        if step >= copied + sides.alone:
            with frozen(heads), lab.autocast():
                loss = 2 * HINGE.generator(heads(seen, classes))
            (by_eye,) = torch.autograd.grad(loss, leaf)
            # Each side's pull has a length of its own that drifts as its critic learns: only the directions are added.
            value = pull(made, wanted) + sides.heads * pull(made, by_eye)
            if len(copies):
                value = value + sides.faith * _toward(copies, real[: len(copies)])
            update(value, generator_adam, sides.rate * speed)
            average.update(generator)
            sums += torch.tensor([by_heads, by_pixels, loss.item()])
        _tell(lab, sides, average.model, step, sums)
    lab.figures(samples=average.count * batch)
    return average.model


def _tell(lab: Lab, sides: Sides[N], average: N, step: int, sums: Tensor) -> None:
    """Say now and then how it goes; the sums begin anew when they have been told."""
    if step % 50 == 49:
        rest = {"pictures_a_second": (step + 1) * lab.budget.batch / max(lab.seconds, 1e-9)}
        lab.say(
            f"step {step + 1}", **dict(zip(("heads", "pixels", "generator"), (sums / 50).tolist(), strict=True)), **rest
        )
        sums.zero_()
    if lab.due(step, 500):
        sides.look(average, f"step-{step + 1}")


def _toward(copies: Tensor, real: Tensor) -> Tensor:
    """What has a gradient of length 1 at the copies, the way to the real pictures."""
    leaf = copies.detach().requires_grad_()
    (way,) = torch.autograd.grad(difference(leaf, real), leaf)
    return pull(copies, way)


def pull(made: Tensor, way: Tensor) -> Tensor:
    """What has a gradient of length 1 at what was made, in the direction of `way`."""
    return (made * way / way.norm().clamp(min=1e-12)).sum()


def falling(lab: Lab, step: int) -> float:
    """Share of the learning rate: warmed up, held, let down over the last 3 tenths of the steps or of the minutes.

    In a training k times as long it is a root of k smaller. The minutes are this run's: one that goes on learns on.
    """
    done = max(step / lab.budget.steps, (lab.seconds - lab.before) / (lab.minutes * 60))
    return min(1.0, (SHORT / lab.budget.steps) ** 0.5) * min(1.0, (step + 1) / 50, max(0.0, (1 - done) / 0.3))


@torch.no_grad()
def standing(generator: nn.Module, batches: Iterable[tuple[Tensor, ...]]) -> None:
    """Give batch norms the statistics of these very weights, a plain mean over the batches, whatever kind they are.

    Brock et al. 2019 (arXiv:1809.11096, §C.1). Afterwards the generator is as for use (`eval`).
    """
    norms = [part for part in generator.modules() if isinstance(getattr(part, "momentum", None), float)]
    momenta = [norm.momentum for norm in norms]
    generator.train()
    for k, inputs in enumerate(batches):
        for norm in norms:
            norm.momentum = 1 / (k + 1)  # type: ignore[assignment]
        generator(*inputs)
    generator.eval()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
