"""Any diffusers folder that no file of its own claims: its pipeline's signature says what it takes and makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.families.diffusion import diffusers_card, diffusers_folder, diffusers_transformer
from models.families.diffusion.diffusers_folder import DiffusersFolder
from models.protocol import BadInput, Card, Match

# Asked when no other family claims a model: hand-made cards come first.
LAST = True

CARD = Card(
    architecture="diffusers",
    name="Diffusers pipeline",
    family="diffusion",
    medium="picture",
    tasks=("text-to-picture",),
    parameters=(),
    process="Out of noise, step by step",
    guide="resources/guides/diffusers.md",
)


def recognise(files: Any) -> Match | None:
    """A diffusers folder of any pipeline, from its configs alone, or a transformer in one file that has such a folder
    beside it. Raises BadInput with why it cannot run."""
    base = ""
    if files.path.is_file():
        found = diffusers_transformer.find(files)
        if found is None:
            return None
        identity, folder, _ = found
        base = identity.base
    else:
        read = diffusers_folder.read(files)
        if read is None:
            return None
        folder = read
    return matched(diffusers_card.declare(CARD, folder).card, folder, base)


def matched(card: Card, folder: DiffusersFolder, base: str = "") -> Match:
    """What is said of a folder with that card; `base` is what one of its files told."""
    return Match(
        card=card,
        base=str(folder.everyform.get("base") or base or folder.signature.words),
        missing=folder.missing,
    )


def load(path: str, plan: Any) -> Any:
    """The model in that folder or file, as `plan` (models.runtime.fitting.plan.Plan) says. Raises BadInput."""
    from models.runtime.pipelines.any_pipeline import AnyPipeline

    folder, pipeline = opened(path, plan)
    declared = diffusers_card.declare(CARD, folder)
    return AnyPipeline(pipeline, declared.card, declared.wiring, plan)


def opened(path: str, plan: Any) -> tuple[DiffusersFolder, Any]:
    """The facts of the model in that folder or file, and its pipeline, as the plan has it. Raises BadInput."""
    from models.store.files import Files

    files = Files(path)
    place, network = Path(path), ""
    if files.path.is_file():
        found = diffusers_transformer.find(files)
        if found is None:
            raise BadInput(f"{path} is one network alone, and the folder with the other parts is gone from beside it.")
        _, folder, place = found
        network = folder.parts[diffusers_transformer.PART]
        files = Files(place)
    else:
        read = diffusers_folder.read(files)
        if read is None:
            raise BadInput(f"{path} is no diffusers folder: choose one with a model_index.json.")
        folder = read
    if folder.missing:
        raise BadInput(f"The model in {place} lacks {folder.missing}: get it again.")
    from models.runtime import adapted
    from models.runtime.pipelines import any_pipeline_load

    given = {diffusers_transformer.PART: any_pipeline_load.network(path, place, network, plan)} if network else {}
    pipeline = any_pipeline_load.pipeline(
        str(place), plan, name=folder.signature.name, variant=folder.variant, shared=adapted.places(files), given=given
    )
    return folder, pipeline


def tiny() -> Any:
    """A random miniature of a pipeline that no file of its own has: guidance by perturbed attention, 64² pictures."""
    import diffusers

    from models.families.diffusion import diffusers_table
    from models.networks import miniature
    from models.runtime.fitting.plan import Plan
    from models.runtime.pipelines.any_pipeline import AnyPipeline

    parts = miniature.stable_diffusion().components
    pipeline = diffusers.StableDiffusionPAGPipeline(**parts, requires_safety_checker=False, pag_applied_layers="mid")
    signature = diffusers_table.find("StableDiffusionPAGPipeline")
    assert signature is not None
    folder = DiffusersFolder(signature, {}, 64, 64, 64, 8, 8, {}, "tokenizer", 77, None)
    declared = diffusers_card.declare(CARD, folder)
    return AnyPipeline(pipeline, declared.card, declared.wiring, Plan())
