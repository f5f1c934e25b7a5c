"""The second part of the autoencoder's training: what an average of errors leaves soft."""

from __future__ import annotations

from models.training.lab import Budget, Lab, Recipe
from models.training.recipes.scenes_autoencoder import finish
from models.training.sharpen import sharpen


def run(lab: Lab) -> None:
    finish(lab, sharpen(lab, "scenes-autoencoder", 0.6))


RECIPE = Recipe(
    "scenes-details",
    "the autoencoder of the scenes starter, made sharp",
    run,
    cpu=Budget(steps=4_000, batch=16, pictures=40_960),
    cuda=Budget(steps=10_000, batch=64, pictures=100_000),
    needs=("scenes-autoencoder", "reader"),
)
