"""The DCGAN starter: landscapes in one pass, and the critic that scores them."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from models.networks import dcgan, weights
from models.training.contest import Sides, contest, logistic, standing
from models.training.lab import Budget, Lab, Recipe
from models.training.land import LAND, Land, land
from models.training.land_codes import encode, told
from models.training.measure import finish
from models.training.starter import STARTERS

SIZE, LATENT = 128, 128
MEETING = 2  # the layer whose features the two halves meet at, 16 × 16 of CHANNELS[MEETING]
CHANNELS = (512, 256, 64, 48, 24)  # at 4, 8, 16, 32 and 64 pixels
CRITIC = (16, 24, 48, 96, 128)  # at 64, 32, 16, 8 and 4 pixels


def generator() -> dcgan.Generator:
    return dcgan.Generator(LATENT, CHANNELS)


def lower(model: dcgan.Generator) -> nn.Sequential:
    """From (B, LATENT, 1, 1) to the features (B, CHANNELS[MEETING], 16, 16) that the halves meet at."""
    return nn.Sequential(*list(model.main)[: 3 * (MEETING + 1)])


def upper(model: dcgan.Generator) -> nn.Sequential:
    """From those features to pictures (B, 3, 128, 128) in -1..1."""
    return nn.Sequential(*list(model.main)[3 * (MEETING + 1) :])


def inputs(draw: torch.Generator, classes: Tensor | None, count: int) -> tuple[Tensor, ...]:
    return (torch.randn((count, LATENT), generator=draw),)


@torch.no_grad()
def look(lab: Lab, model: dcgan.Generator, name: str) -> None:
    """64 pictures as one sheet, with the statistics that belong to the average."""
    draw = lab.generator(1)
    standing(model, ((z.to(lab.device),) for (z,) in (inputs(draw, None, 64) for _ in range(8))))
    lab.sheet(name, model(inputs(lab.generator(2), None, 64)[0].to(lab.device)).add(1) / 2)


@torch.no_grad()
def scores(model: dcgan.Generator, critic: dcgan.Critic, device: torch.device) -> dict[str, float]:
    """What the critic says on average of unseen renders, and of what the generator makes."""
    real = land(256, SIZE) * 2 - 1
    (z,) = inputs(torch.Generator().manual_seed(3), None, 256)
    given = {"real": real.to(device), "made": model(z.to(device))}
    return {name: round(critic.eval()(pictures).mean().item(), 4) for name, pictures in given.items()}


def save(lab: Lab, model: dcgan.Generator, critic: dcgan.Critic, architecture: str, folder: Path) -> None:
    weights.save(model, folder, architecture, short=True, latent=LATENT, channels=list(CHANNELS))
    # Scores mean something beside others: those are what a picture's is compared with.
    critic_channels = [part.out_channels for part in critic.main if isinstance(part, nn.Conv2d)][:-1]
    told = scores(model, critic, lab.device)
    weights.save(critic, folder / "critic", f"{architecture}-critic", channels=critic_channels, scores=told)


def begun(lab: Lab) -> dcgan.Generator:
    """The generator of two halves that have learned what landscapes look like."""
    from models.training.recipes.dcgan_painter import Halves

    painter, maker = Halves(), generator()
    painter.load_state_dict(load_file(lab.result("dcgan-painter") / "halves.safetensors"))
    lower(maker).load_state_dict(load_file(lab.result("dcgan-codes") / "lower.safetensors"))
    upper(maker).load_state_dict(painter.upper.state_dict())
    return maker.to(lab.device)


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Land(lab.root / LAND, lab.budget.pictures, SIZE, lab.device)
    critic, scenes = dcgan.Critic(CRITIC).to(lab.device), told(world.scenes)
    sides = Sides(
        begun(lab), generator().to(lab.device), critic, inputs, lambda model, name: look(lab, model, name), logistic,
        alone=100, codes=lambda seeds, draw: encode(scenes.part(seeds), LATENT, draw),
    )  # fmt: skip
    made_up = contest(lab, world, sides)
    look(lab, made_up, "end")
    folder = lab.out / "dcgan"
    save(lab, made_up, critic, "dcgan", folder)
    finish(
        lab, folder, name="Landscapes at a stroke", makes=RECIPE.makes,
        about="Small landscapes out of 128 numbers, in one pass, and a critic that picks the best of many.",
        parameters=sum(p.numel() for network in (made_up, critic) for p in network.parameters()),
        stages=("dcgan-painter", "dcgan-codes"), world=LAND,
    )  # fmt: skip


RECIPE = Recipe("dcgan", "a DCGAN: landscapes out of random numbers, and a critic", run,
                cpu=Budget(steps=4_800, batch=8, pictures=16_384),
                cuda=Budget(steps=12_000, batch=64, pictures=100_000), needs=("dcgan-painter", "dcgan-codes"),
                shipped=STARTERS / "dcgan")  # fmt: skip
