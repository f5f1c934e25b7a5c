"""Before anything is made: presets with the models here that they name, and whether a folder is free for the rows."""

from __future__ import annotations

from collections.abc import Sequence

from models.batch import sheet
from models.batch.ledger import FILE, Ledger
from models.batch.plan import Plan
from models.batch.rows import Source
from models.presets import fitting
from models.presets.preset import ModelKey, Preset
from models.protocol import BadInput, ModelInfo, incomplete


def sources(presets: Sequence[Preset], models: Sequence[ModelInfo]) -> tuple[Source, ...]:
    """Each with its models. Raises BadInput with what is missing, and where two have one name."""
    names = [preset.name.casefold() for preset in presets]
    if twice := next((p.name for p in presets if names.count(p.name.casefold()) > 1), ""):
        raise BadInput(f"Two of these presets are called {twice}: give one of them another name.")
    return tuple(source(preset, models) for preset in presets)


def source(preset: Preset, models: Sequence[ModelInfo]) -> Source:
    """The preset with the models that it names. Raises BadInput."""
    found = Source(preset, _here(preset.model, models, preset.name))
    fitting.checked(preset, found.model)
    if preset.after.upscale is None:
        return found
    upscaler = _here(preset.after.upscale, models, preset.name)
    if "upscale" not in upscaler.card.tasks:
        raise BadInput(f"{preset.name}: {upscaler.name} enlarges no pictures; choose a model that does.")
    return Source(preset, found.model, upscaler)


def _here(key: ModelKey, models: Sequence[ModelInfo], preset: str) -> ModelInfo:
    model = fitting.find(key, models)
    if model is None:
        raise BadInput(f"{preset}: {fitting.absent(key)}")
    if model.missing:
        raise incomplete(model.name, model.missing)
    return model


def check_names(plan: Plan, ledger: Ledger) -> None:
    """Nothing that is not of this batch is ever overwritten: what lies in the way is said before anything is made.
    Raises BadInput."""
    in_the_way = [row.file for row in plan.rows if row.id not in ledger.rows]
    if not (ledger.folder / FILE).exists():
        in_the_way += [f"{name}.png" for name in sheet.sheets(plan.rows)]
    for name in in_the_way:
        if (ledger.folder / name).exists():
            raise BadInput(f"{ledger.folder / name} is there already: choose another folder or name.")
