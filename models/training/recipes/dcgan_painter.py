"""The upper half of the DCGAN starter's generator: from 16 × 16 features to pictures, learned with an encoder.

Two cores see too few pictures for a game about pixels from nothing. So the layers that paint learn first what there is
to paint, as the decoder of an autoencoder; the game then begins with the layers below.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.training import halves
from models.training.adversarial import GeneratorAverage
from models.training.lab import Budget, Lab, Recipe, descend, rate
from models.training.pictures import Pictures
from models.training.psnr import psnr
from models.training.recipes.dcgan import CHANNELS, MEETING, SIZE, generator, upper
from models.training.recipes.scenes_autoencoder import crops, difference

HALF_LIFE = 5_500  # pictures, of the average
GRAIN = 0.1  # what is told will never be exact: the painter learns to stand that much noise


class Halves(nn.Module):
    """An encoder of pictures (B, 3, S, S) to features (B, C, S/8, S/8) of the generator's kind, and its upper half."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = halves.encoder(CHANNELS[MEETING], nn.ReLU())
        self.upper = upper(generator())


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    layout = torch.channels_last
    model, twin = (Halves().to(lab.device).to(memory_format=layout) for _ in range(2))  # type: ignore[call-overload]
    average = GeneratorAverage(model, twin, lab.budget.batch, half_life=HALF_LIFE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01)
    shown = world.batch(torch.arange(32))
    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        whole = world.batch(torch.randint(0, world.count, (lab.budget.batch,), generator=draw))
        real = crops(whole, draw).contiguous(memory_format=layout)
        code = model.encoder(real)
        made = model.upper(code + GRAIN * torch.randn(code.shape, generator=draw).to(lab.device))
        total += descend(difference(made, real), model, optimizer, rate(step, lab.budget.steps, 2e-3))
        average.update(model)
        if step % 100 == 99:
            lab.say(f"step {step + 1}", loss=total / 100)
            total = 0.0
        if lab.due(step, 1000):
            look(lab, average.model, shown, f"step-{step + 1}")
    found = look(lab, average.model, shown, "end")
    halves.leave(lab, average.model, "halves")
    lab.figures(samples=lab.budget.steps * lab.budget.batch, psnr_db=found)


@torch.no_grad()
def look(lab: Lab, model: Halves, real: Tensor, name: str) -> float:
    """Pictures beside what is painted of their features; the PSNR in dB."""
    model.eval()
    both = [(pictures + 1) / 2 for pictures in (real, model.upper(model.encoder(real)))]
    model.train()
    lab.sheet(name, torch.stack(both, 1).flatten(0, 1))
    found = psnr(both[1], both[0])
    lab.say(name, psnr_db=found)
    return round(found, 2)


RECIPE = Recipe("dcgan-painter", "the layers of the DCGAN starter that paint", run,
                cpu=Budget(steps=2_400, batch=16, pictures=22_528),
                cuda=Budget(steps=8_000, batch=64, pictures=100_000))  # fmt: skip
