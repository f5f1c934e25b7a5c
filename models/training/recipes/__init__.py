"""One recipe a file; a file that has a RECIPE is found by itself."""

from __future__ import annotations

import importlib
import pkgutil

from models.training.lab import Recipe


def all_recipes() -> dict[str, Recipe]:
    modules = (importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    return {m.RECIPE.name: m.RECIPE for m in modules if hasattr(m, "RECIPE")}
