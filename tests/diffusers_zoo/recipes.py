"""How each pipeline class is made in miniature and called, where it is not as its annotations say."""

from __future__ import annotations

from tests.diffusers_zoo import recipes_others, recipes_transformers, recipes_unets, recipes_videos
from tests.diffusers_zoo.recipe import Recipe

RECIPES: dict[str, Recipe] = {
    f"{name}Pipeline": recipe
    for table in (
        recipes_unets.RECIPES, recipes_transformers.RECIPES, recipes_videos.RECIPES, recipes_others.RECIPES,
    )
    for name, recipe in table.items()
}  # fmt: skip
