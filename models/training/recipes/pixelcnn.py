"""The pixelcnn starter: scenes of 32 × 32 pixels, each pixel foretold from those before it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from models.networks import logistic_mixture, weights
from models.networks.pixelcnn import PixelCNN, Unfolding
from models.reader.network import Reader
from models.training.bits import cooled, png, unseen
from models.training.faithful import READER
from models.training.lab import Average, Budget, Lab, Recipe, descend
from models.training.likeness import likeness
from models.training.pictures import Pictures
from models.training.starter import ship

SIDE, UNSEEN_RENDERS = 32, 512
CONFIG: dict[str, Any] = {"side": SIDE, "width": 32, "dilations": [1, 2, 4, 8, 1, 2, 4, 8, 1, 2], "mixtures": 5}
PEAK = 2.5e-3


def network() -> PixelCNN:
    return PixelCNN(**CONFIG)  # type: ignore[arg-type]


def bits_per_dimension(model: PixelCNN, pictures: Tensor) -> Tensor:
    """(N,): bits for each of a picture's numbers (N, 3, side, side) in -1..1."""
    return -model.log_prob(pictures).mean((1, 2)) / 3 / math.log(2)


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIDE, lab.device)
    model = network().to(lab.device)
    average = Average(model, network().to(lab.device), 0.998)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=1e-4, fused=True)
    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        seeds = torch.randint(0, world.count, (lab.budget.batch,), generator=lab.generator(step))
        with lab.autocast():
            value = bits_per_dimension(model, world.batch(seeds)).mean()
        total += descend(value, model, optimizer, cooled(step, lab.budget.steps, PEAK))
        average.update(model)
        if step % 100 == 99:
            lab.say(f"step {step + 1}", bits=total / 100)
            total = 0.0
        if lab.due(step, 1000):
            look(lab, average.model, f"step-{step + 1}", 16)
    save(lab, average.model)


@torch.inference_mode()
def sampled(model: PixelCNN, count: int, seed: int = 0) -> Tensor:
    """(count, 3, side, side) in -1..1, all at once."""
    draws = torch.Generator("cpu").manual_seed(seed)
    unfolding = Unfolding(model, count)
    pixels = []
    for _ in range(model.side**2):
        expected = unfolding.expected()
        chances = torch.rand((count, model.mixtures + 3), generator=draws).to(expected.device)
        pixels.append(logistic_mixture.draw(expected, chances))
        unfolding.put(pixels[-1])
    return torch.stack(pixels, 2).view(count, 3, model.side, model.side).cpu()


def look(lab: Lab, model: PixelCNN, name: str, count: int) -> Tensor:
    """Make pictures, and a sheet of the first 16, four times as large; returns them in 0..1."""
    made = (sampled(model, count) + 1) / 2
    lab.sheet(name, F.interpolate(made[:16], scale_factor=4.0), columns=4)
    return made


def save(lab: Lab, trained: PixelCNN) -> None:
    """The starter's folder, and figures of what lies in it."""
    folder = Path(lab.out) / "pixelcnn"
    weights.save(trained, folder, "pixelcnn", **CONFIG)
    model = weights.load(PixelCNN, folder, CONFIG).to(lab.device)
    real = unseen(UNSEEN_RENDERS, SIDE)
    with torch.inference_mode():
        bits = torch.cat([bits_per_dimension(model, part.to(lab.device)).cpu() for part in real.split(16)])
    made = look(lab, model, "sheet", 500)
    figures = {
        "bits per dimension": round(bits.mean().item(), 3), **png(real),
        **likeness(Reader.load(READER), made).as_figures(),
    }  # fmt: skip
    lab.figures(samples=lab.budget.steps * lab.budget.batch, **figures)
    ship(
        lab, folder, name="Pixel by pixel", makes=RECIPE.makes, figures=figures,
        parameters=sum(p.numel() for p in model.parameters()),
        about="Tiny scenes of 32 × 32 pixels, drawn one pixel after the other, trained on the starter world.",
    )  # fmt: skip
    lab.say(f"shipped {folder.name}: {figures}")


RECIPE = Recipe("pixelcnn", "PixelCNN: scenes of 32 × 32 pixels, one pixel after the other", run,
                cpu=Budget(steps=6_000, batch=8, pictures=32_768),
                cuda=Budget(steps=12_000, batch=64, pictures=100_000))  # fmt: skip
