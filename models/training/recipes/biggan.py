"""The BigGAN starter: landscapes of a chosen kind at a chosen time of day."""

from __future__ import annotations

from itertools import product
from typing import Any

import torch
from torch import Tensor

from models.networks import biggan, dcgan, weights
from models.reader.scene import TERRAINS, TIMES, Scene
from models.training.contest import Sides, contest, logistic, standing
from models.training.lab import Budget, Lab, Recipe
from models.training.land import LAND, Land
from models.training.land_codes import encode, told
from models.training.measure import finish
from models.training.starter import STARTERS

SIZE, CHUNK, SHARED = 128, 16, 64
CHANNELS = (160, 128, 64, 32, 16, 8)  # at 4, 8, ... 128 pixels
LATENT = CHUNK * len(CHANNELS)
WHEN = {"dawn": "at dawn", "day": "by day", "sunset": "at sunset", "night": "at night"}
CLASSES = [f"{terrain} {WHEN[time]}" for terrain, time in product(TERRAINS, TIMES)]
KNOWN = (0, 2)  # of a landscape's choices, those that make its class
CONFIG: dict[str, Any] = {
    "latent": LATENT, "channels": list(CHANNELS), "classes": len(CLASSES), "shared": SHARED, "chunk": CHUNK,
}  # fmt: skip


def label(scene: Scene) -> int:
    """Its place in CLASSES."""
    return TERRAINS.index(scene.terrain) * len(TIMES) + TIMES.index(scene.time)


class Maker(biggan.Generator):
    """Takes classes by number."""

    def __init__(self) -> None:
        super().__init__(**CONFIG)  # type: ignore[arg-type]

    def forward(self, z: Tensor, classes: Tensor) -> Tensor:
        return super().forward(z, self.shared(classes))


def inputs(draw: torch.Generator, classes: Tensor | None, count: int) -> tuple[Tensor, ...]:
    z = torch.randn((count, LATENT), generator=draw)
    chosen = torch.randint(0, len(CLASSES), (count,), generator=draw) if classes is None else classes
    return z.to(chosen.device), chosen


@torch.no_grad()
def look(lab: Lab, model: Maker, name: str) -> None:
    """Three pictures of each class, with the statistics that belong to the average."""
    draw = lab.generator(1)
    device = lab.device
    standing(model, (tuple(one.to(device) for one in inputs(draw, None, 64)) for _ in range(8)))
    z, _ = inputs(lab.generator(2), None, 3 * len(CLASSES))
    made = model(z.to(device), torch.arange(len(CLASSES), device=device).repeat_interleave(3))
    lab.sheet(name, made.add(1) / 2, columns=12)


def run(lab: Lab) -> None:
    torch.manual_seed(2)
    world = Land(lab.root / LAND, lab.budget.pictures, SIZE, lab.device)
    labels, scenes = torch.tensor([label(scene) for scene in world.scenes]), told(world.scenes)
    maker, critic = Maker().to(lab.device), dcgan.Critic((16, 24, 48, 96, 128)).to(lab.device)
    sides = Sides(
        maker, Maker().to(lab.device), critic, inputs, lambda model, name: look(lab, model, name), logistic,
        classes=len(CLASSES), codes=lambda seeds, draw: encode(scenes.part(seeds), LATENT, draw, KNOWN),
        imitation=1 / 3, alone=100,
    )  # fmt: skip
    made_up = contest(lab, world, sides, labels)
    look(lab, made_up, "end")
    folder = lab.out / "biggan"
    weights.save(made_up, folder, "biggan", labels=CLASSES, **CONFIG)
    finish(
        lab, folder, name="Landscapes by kind", makes=RECIPE.makes,
        about="Small landscapes of 24 kinds, from sea at dawn to town at night, and mixtures of two.",
        parameters=sum(p.numel() for p in made_up.parameters()), world=LAND,
    )  # fmt: skip


RECIPE = Recipe("biggan", "a BigGAN: landscapes of 24 kinds, six terrains at four times of day", run,
                cpu=Budget(steps=6_000, batch=8, pictures=16_384),
                cuda=Budget(steps=12_000, batch=64, pictures=100_000),
                shipped=STARTERS / "biggan")  # fmt: skip
