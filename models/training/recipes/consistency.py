"""The consistency starter: the scenes starter's way from noise to picture, taken in one to eight strides."""

from __future__ import annotations

import torch
from diffusers import LCMScheduler, UNet2DConditionModel
from torch import Tensor

from models.training.distill import POINTS, Levels, Teacher, Ways, network, pipeline, save, ways
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.measure import finish
from models.training.recipes.scenes import THINGS, look, schedule
from models.training.starter import STARTERS

STEPS = 4
SIGMA_DATA, TIME_SCALE = 0.5, 10.0  # LCMScheduler's own
HUBER = 0.03
# How often each point of a way is learnt from: the first is the hardest, the last are nearly there.
SHARES = torch.tensor([2.0] + [1.0] * 7 + [0.5] * (POINTS - 8))


def strides() -> LCMScheduler:
    """The teacher's noise levels, and steps that each go all the way and come part of it back with fresh noise."""
    known = schedule().config
    return LCMScheduler.from_config(known, timestep_spacing="leading", timestep_scaling=TIME_SCALE)


def predicted(unet: UNet2DConditionModel, levels: Levels, noisy: Tensor, times: Tensor, states: Tensor) -> Tensor:
    """Where the way through `noisy` ends: f of Luo et al. 2023 (arXiv:2310.04378, eq. 9), just as LCMScheduler has it.

    `c_skip` and `c_out` make it the identity at time 0, whatever the network says.
    """
    scaled = times.view(-1, 1, 1, 1) * TIME_SCALE
    c_skip = SIGMA_DATA**2 / (scaled**2 + SIGMA_DATA**2)
    c_out = scaled / (scaled**2 + SIGMA_DATA**2) ** 0.5
    velocity = unet(noisy, times, states).sample.float()
    return c_skip * noisy + c_out * levels.clean(noisy, velocity, times)


def distance(made: Tensor, ends: Tensor, told: Tensor) -> Tensor:
    """Pseudo-Huber (Song & Dhariwal 2023, arXiv:2310.14189, eq. 7), a place's share being what the words say of it."""
    error = ((made - ends).square() + HUBER**2).sqrt() - HUBER
    return (error * (1 + THINGS * told)).mean()


def batch(solved: Ways, size: int, draw: torch.Generator) -> tuple[Tensor, ...]:
    """Points of random ways: noisy latents, their times, where they end, the sentences' ids, and `told`."""
    which = torch.randint(0, len(solved), (size,), generator=draw).to(solved.ends.device)
    point = torch.multinomial(SHARES, size, replacement=True, generator=draw).to(which.device)
    noisy, ends, told = (x.float() for x in (solved.points[which, point], solved.ends[which], solved.told[which]))
    return noisy, solved.times[which, point], ends, solved.ids[which], told


def run(lab: Lab) -> None:
    """Consistency distillation without its bootstrap.

    A consistency model maps every point of a way to its end (Song et al. 2023, arXiv:2303.01469, §3). Taught by its
    neighbours' answers, as there, the end must travel back through all of the way, which takes tens of thousands of
    samples a time. Here the teacher has solved the ways, guidance and all, so each point's answer is known.
    """
    torch.manual_seed(0)
    teacher = Teacher(lab)
    solved = ways(lab, teacher, lab.budget.pictures)
    model = network(lab)
    average = Average(model, network(lab), 0.995)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        noisy, times, ends, ids, told = batch(solved, lab.budget.batch, lab.generator(step))
        with lab.autocast():
            made = predicted(model, teacher.levels, noisy, times, teacher.read(ids))
        lost = descend(distance(made, ends, told), model, optimizer, rate(step, lab.budget.steps, 4e-4, 50))
        average.update(model)
        total += lost
        if step % 50 == 49:
            lab.say(f"step {step + 1}", loss=total / 50)
            total = 0.0
        if lab.due(step, 400):
            pipe = pipeline(lab, teacher, average.model, strides())
            look(lab, pipe, f"step-{step + 1}", 32, steps=STEPS, guidance=1.0)
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    folder = lab.out / "consistency"
    shared = save(folder, average.model, strides())
    finish(
        lab, folder, name="Scenes in four steps", makes=RECIPE.makes,
        about="The scenes starter's landscapes from a sentence, six times as fast: it learned to take long strides.",
        parameters=sum(p.numel() for p in average.model.parameters()), defaults={"steps": STEPS}, **shared,
    )  # fmt: skip


RECIPE = Recipe("consistency", "consistency distillation: the scenes starter's pictures in four steps", run,
                cpu=Budget(steps=1_200, batch=16, pictures=1_024),
                cuda=Budget(steps=12_000, batch=256, pictures=32_768), needs=("scenes",),
                shipped=STARTERS / "consistency")  # fmt: skip
