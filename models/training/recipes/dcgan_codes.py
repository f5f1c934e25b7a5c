"""The lower half of the DCGAN starter's generator: from a code to the features that its painter paints of.

Two cores see too few pictures for a game from nothing. Of features they see ten times as many in that time. So this
half first imitates: it is told codes of landscapes (`land_codes`), which are Gaussian as what it will make pictures
from, and lowers its distance to the features of their pictures. What no code names it makes a mean of, and that is what
the game is for.
"""

from __future__ import annotations

import torch
from safetensors.torch import load_file
from torch import nn

from models.training import halves
from models.training.adversarial import GeneratorAverage
from models.training.lab import Budget, Lab, Recipe, descend, rate
from models.training.land import LAND, Land
from models.training.land_codes import Told, encode, told
from models.training.recipes.dcgan import LATENT, SIZE, generator, inputs, lower
from models.training.recipes.dcgan_painter import Halves

HALF_LIFE = 20_000  # features, of the average


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Land(lab.root / LAND, lab.budget.pictures, SIZE, lab.device)
    painter = Halves().to(lab.device)
    painter.load_state_dict(load_file(lab.result("dcgan-painter") / "halves.safetensors"))
    painter.eval().requires_grad_(False)
    store = halves.features(lab, "dcgan-land", painter.encoder, painter.encoder, world)
    scenes = told(world.scenes)
    model, twin = (lower(generator()).to(lab.device) for _ in range(2))
    average = GeneratorAverage(model, twin, lab.budget.batch, half_life=HALF_LIFE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01)
    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        seeds = torch.randint(0, world.count, (lab.budget.batch,), generator=draw)
        code = encode(scenes.part(seeds), LATENT, draw).to(lab.device)
        # Squares, which want the mean of what may be either; absolute errors are content with one of them.
        off = (model(code[:, :, None, None]) - store[seeds].float()).square().mean()
        total += descend(off, model, optimizer, rate(step, lab.budget.steps, 2e-3))
        average.update(model)
        if step % 100 == 99:
            lab.say(f"step {step + 1}", off=total / 100)
            total = 0.0
        if lab.due(step, 500):
            look(lab, painter, average.model, world, scenes, f"step-{step + 1}")
    look(lab, painter, average.model, world, scenes, "end")
    halves.leave(lab, average.model, "lower")
    lab.figures(samples=lab.budget.steps * lab.budget.batch)


@torch.no_grad()
def look(lab: Lab, painter: Halves, model: nn.Module, world: Land, scenes: Told, name: str) -> None:
    """Pictures beside what is painted of their codes, then some of chance."""
    rows = torch.arange(16)
    real = world.batch(rows)
    code = torch.cat([encode(scenes.part(rows), LATENT, lab.generator(2)), *inputs(lab.generator(3), None, 32)])
    model.eval()
    made = painter.upper(model(code.to(lab.device)[:, :, None, None]))
    model.train()
    both = torch.stack([real, made[: len(real)]], 1).flatten(0, 1)
    lab.sheet(name, (torch.cat([both, made[len(real) :]]) + 1) / 2)


RECIPE = Recipe("dcgan-codes", "the layers of the DCGAN starter below those that paint", run,
                cpu=Budget(steps=1_500, batch=64, pictures=16_384),
                cuda=Budget(steps=10_000, batch=256, pictures=100_000), needs=("dcgan-painter",))  # fmt: skip
