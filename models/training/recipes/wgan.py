"""The WGAN starter: the DCGAN starter's generator, gone on with against a Wasserstein critic."""

from __future__ import annotations

import torch

from models.networks import dcgan, weights
from models.training.contest import Sides, contest, wasserstein
from models.training.lab import Budget, Lab, Recipe
from models.training.land import LAND, Land
from models.training.land_codes import encode, told
from models.training.measure import finish
from models.training.recipes.dcgan import CHANNELS, LATENT, SIZE, generator, inputs, look, save
from models.training.starter import STARTERS

CRITIC = (16, 32, 64, 96, 128)  # at 64, 32, 16, 8 and 4 pixels: its word counts for more here


def run(lab: Lab) -> None:
    torch.manual_seed(1)
    world = Land(lab.root / LAND, lab.budget.pictures, SIZE, lab.device)
    maker, critic = generator().to(lab.device), dcgan.Critic(CRITIC).to(lab.device)
    # A critic of pixels alone needs hours to get as far as the reader's eyes got that one in minutes.
    began = weights.load(dcgan.Generator, lab.result("dcgan"), {"latent": LATENT, "channels": list(CHANNELS)})
    maker.load_state_dict(began.state_dict())
    scenes = told(world.scenes)
    sides = Sides(
        maker, generator().to(lab.device), critic, inputs, lambda model, name: look(lab, model, name), wasserstein,
        # The critic learns 30 times as fast as the generator moves (Heusel et al. 2017, 1706.08500). At twice as fast
        # the distance gets smaller still (9.4 after 2,400 steps, where it pulls with a fifth), but the generator
        # follows one that does not know yet and weaves textures; at ten times a faint weave stays.
        heads=2.0, rate=2e-5, critic_rate=6e-4, alone=300, faith=4.0,
        # Without these, the weave of transposed convolutions comes back within a thousand steps.
        codes=lambda seeds, draw: encode(scenes.part(seeds), LATENT, draw),
    )  # fmt: skip
    made_up = contest(lab, world, sides)
    look(lab, made_up, "end")
    folder = lab.out / "wgan"
    save(lab, made_up, critic, "wgan", folder)
    finish(
        lab, folder, name="Landscapes by distance", makes=RECIPE.makes,
        about="Small landscapes in one pass, and a critic whose score says how far from real a picture is.",
        parameters=sum(p.numel() for network in (made_up, critic) for p in network.parameters()), stages=("dcgan",),
        world=LAND,
    )  # fmt: skip


RECIPE = Recipe("wgan", "a Wasserstein GAN: landscapes, and a critic that tells their distance from real ones", run,
                cpu=Budget(steps=1_000, batch=8, pictures=16_384),
                cuda=Budget(steps=8_000, batch=64, pictures=100_000), needs=("dcgan",),
                shipped=STARTERS / "wgan")  # fmt: skip
