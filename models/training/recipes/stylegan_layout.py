"""The lower half of the portraits starter: from styles to the features that its painter paints of.

It imitates: told a code of each portrait, it lowers its distance to the features of that portrait, of which it sees
many times as many as whole ones in the same time. What no code names it makes a mean of, and that is what the game is
for (`stylegan`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.networks.stylegan2 import Generator
from models.training import halves
from models.training.adversarial import GeneratorAverage
from models.training.lab import Budget, Lab, Recipe, descend, rate
from models.training.portraits import PEOPLE, Portraits, face
from models.training.recipes.stylegan import MEETING, SIZE, codes, silent
from models.training.recipes.stylegan_painter import Painter, learned_painter

HALF_LIFE = 5_000  # features, of the average
RATE = 2e-2  # weights of unit scale want more than others: 4e-3 learned half as much in the first minutes


class Layout(nn.Module):
    """A generator's mapping and lower half."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator.requires_grad_(False)
        for resolution in generator.synthesis.resolutions:
            if resolution <= MEETING:
                block = getattr(generator.synthesis, f"b{resolution}").requires_grad_(True)
                block.torgb.requires_grad_(False)

    def forward(self, z: Tensor) -> Tensor:
        """(B, C, 16, 16)"""
        ws = self.generator.styles(self.generator.mapping(z))
        return next(x for size, x in self.generator.synthesis.features(ws, silent) if size == MEETING)


@dataclass(frozen=True)
class Lessons:
    """Portraits, a code (N, z) of each and its features (N, C, 16, 16), and who paints of those."""

    world: Portraits
    z: Tensor
    painter: Painter
    store: Tensor


def lessons(lab: Lab) -> Lessons:
    world = Portraits(lab.root / PEOPLE, lab.budget.pictures, SIZE, lab.device)
    painter = learned_painter(lab)
    store = halves.features(lab, "stylegan", painter.encoder, painter.features, world)
    return Lessons(world, codes(lab), painter, store)


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    given = lessons(lab)
    z, store = given.z, given.store
    model, twin = (Layout(learned_painter(lab).generator) for _ in range(2))
    average = GeneratorAverage(model, twin, lab.budget.batch, half_life=HALF_LIFE)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0, betas=(0.9, 0.99))
    weigh = face(MEETING).to(lab.device)
    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        seeds = torch.randint(0, len(z), (lab.budget.batch,), generator=lab.generator(step))
        off = ((model(z[seeds]) - store[seeds].float()).abs() * weigh).mean()
        total += descend(off, model, optimizer, rate(step, lab.budget.steps, RATE))
        average.update(model)
        if step % 100 == 99:
            lab.say(f"step {step + 1}", off=total / 100)
            total = 0.0
        if lab.due(step, 500):
            look(lab, given, average.model, f"step-{step + 1}")
    look(lab, given, average.model, "end")
    halves.leave(lab, average.model.generator, "generator")
    lab.figures(samples=lab.budget.steps * lab.budget.batch)


@torch.no_grad()
def look(lab: Lab, given: Lessons, model: Layout, name: str) -> None:
    """Portraits beside what is painted of their codes, then some of chance."""
    z, painter = given.z, given.painter
    chance = torch.randn((32, z.shape[1]), generator=lab.generator(2)).to(z.device)
    code = torch.cat([z[:16], chance])
    made = painter.painted(model(code), painter.generator.mapping(code))
    both = torch.stack([given.world.batch(torch.arange(16)), made[:16]], 1).flatten(0, 1)
    lab.sheet(name, torch.cat([both, made[16:]]) / 2 + 0.5)


RECIPE = Recipe("stylegan-layout", "the layers of the portraits starter below those that paint", run,
                cpu=Budget(steps=1_500, batch=32, pictures=10_000),
                cuda=Budget(steps=10_000, batch=256, pictures=50_000), needs=("stylegan-painter",))  # fmt: skip
