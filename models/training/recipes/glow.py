"""The glow starter: an invertible map between scenes of 32 × 32 pixels and noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from models.networks import glow, weights
from models.networks.glow import Glow
from models.reader.network import Reader
from models.training.bits import cooled, png, unseen
from models.training.faithful import READER
from models.training.lab import Average, Budget, Lab, Recipe, descend
from models.training.likeness import likeness
from models.training.pictures import Pictures
from models.training.starter import ship

SIDE, UNSEEN_RENDERS, TEMPERATURE = 32, 512, 0.7
CONFIG: dict[str, Any] = {"side": SIDE, "blocks": [8, 8, 8], "hidden": [128, 96, 64]}
PEAK = 1.5e-3


def network() -> Glow:
    return Glow(**CONFIG)  # type: ignore[arg-type]


def real(pictures: Tensor, draw: torch.Generator) -> Tensor:
    """Pictures in -1..1 with noise within their levels, as the flow takes them."""
    return glow.to_real(pictures, torch.rand(pictures.shape, generator=draw).to(pictures.device))


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIDE, lab.device)
    model = network().to(lab.device)
    # The first batch sets the scale of each activation norm: the average must begin with it.
    with torch.no_grad():
        model.bits(real(world.batch(torch.arange(128)), lab.generator()))
    average = Average(model, network().to(lab.device), 0.998)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=1e-4, fused=True)
    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        seeds = torch.randint(0, world.count, (lab.budget.batch,), generator=draw)
        value = model.bits(real(world.batch(seeds), draw)).mean()
        total += descend(value, model, optimizer, cooled(step, lab.budget.steps, PEAK))
        average.update(model)
        if step % 100 == 99:
            lab.say(f"step {step + 1}", bits=total / 100)
            total = 0.0
        if lab.due(step, 1000):
            look(lab, average.model, f"step-{step + 1}", 16)
    save(lab, average.model)


@torch.inference_mode()
def sampled(model: Glow, count: int) -> Tensor:
    """(count, 3, side, side) in -1..1."""
    noise = torch.randn((count, model.numbers), generator=torch.Generator("cpu").manual_seed(0))
    z = glow.scaled(model, noise.to(next(model.parameters())), TEMPERATURE)
    parts = [glow.through(glow.outwards(model, part)).now for part in zip(*(p.split(50) for p in z), strict=True)]
    return glow.to_picture(torch.cat(parts)).cpu()


def look(lab: Lab, model: Glow, name: str, count: int) -> Tensor:
    """Make pictures, and a sheet of the first 16, four times as large; returns them in 0..1."""
    made = (sampled(model, count) + 1) / 2
    lab.sheet(name, F.interpolate(made[:16], scale_factor=4.0), columns=4)
    return made


def save(lab: Lab, trained: Glow) -> None:
    """The starter's folder, and figures of what lies in it."""
    folder = Path(lab.out) / "glow"
    weights.save(trained, folder, "glow", **CONFIG)
    model = weights.load(Glow, folder, CONFIG).to(lab.device)
    seen, draw = unseen(UNSEEN_RENDERS, SIDE), lab.generator(1)
    with torch.inference_mode():
        bits = torch.cat([model.bits(real(part, draw).to(lab.device)).cpu() for part in seen.split(16)])
    made = look(lab, model, "sheet", 500)
    figures = {
        "bits per dimension": round(bits.mean().item(), 3), **png(seen),
        **likeness(Reader.load(READER), made).as_figures(),
    }  # fmt: skip
    lab.figures(samples=lab.budget.steps * lab.budget.batch, **figures)
    ship(
        lab, folder, name="There and back", makes=RECIPE.makes, figures=figures,
        parameters=sum(p.numel() for p in model.parameters()),
        about="Tiny scenes of 32 × 32 pixels out of noise, and any picture into noise, trained on the starter world.",
        defaults={"temperature": TEMPERATURE},
    )  # fmt: skip
    lab.say(f"shipped {folder.name}: {figures}")


RECIPE = Recipe("glow", "Glow: scenes of 32 × 32 pixels and noise, either way", run,
                cpu=Budget(steps=4_000, batch=16, pictures=32_768),
                cuda=Budget(steps=16_000, batch=64, pictures=100_000))  # fmt: skip
