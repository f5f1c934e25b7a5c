"""The last part of the autoencoder's training: the decoder alone, so that latents made before still fit."""

from __future__ import annotations

from models.training.lab import Budget, Lab, Recipe
from models.training.recipes.scenes_autoencoder import finish
from models.training.sharpen import sharpen


def run(lab: Lab) -> None:
    finish(lab, sharpen(lab, "scenes-details", 0.4, decoder_only=True))


RECIPE = Recipe(
    "scenes-decoder",
    "the decoder of the scenes starter, for latents that are a little off",
    run,
    cpu=Budget(steps=4_000, batch=16, pictures=40_960),
    cuda=Budget(steps=10_000, batch=64, pictures=100_000),
    needs=("scenes-details", "reader"),
)
