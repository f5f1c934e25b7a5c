"""Video diffusion: space and time are denoised at once, by any of diffusers' video pipelines and by our own starter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.families.diffusion import any_diffusers, diffusers_card, diffusers_folder, diffusers_table
from models.families.diffusion.diffusers_folder import DiffusersFolder
from models.protocol import Card, Input, Match

# Pipelines whose clips may be given their first frame, where the model's sidecar says that it was taught so.
_TAUGHT = ("AnimateDiffPipeline",)
_FIRST = "first_frame"
# And where it also learned to draw one alone: then clips of words begin with such a still.
_STILL = "still_first"

CARD = Card(
    architecture="video-diffusion",
    name="Video diffusion",
    family="diffusion",
    medium="video",
    tasks=("text-to-video",),
    parameters=(),
    process="Out of noise, all moments at once",
    guide="resources/guides/video-diffusion.md",
)


def recognise(files: Any) -> Match | None:
    """A diffusers folder whose pipeline makes films, from its configs alone. Raises BadInput with why it cannot run."""
    folder = diffusers_folder.of_medium(files, CARD.medium)
    return None if folder is None else any_diffusers.matched(_declared(folder).card, folder)


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as `plan` (models.runtime.fitting.plan.Plan) says. Raises BadInput."""
    folder, pipeline = any_diffusers.opened(path, plan)
    declared = _declared(folder)
    if not _takes_first_frame(folder):
        from models.runtime.pipelines.any_pipeline import AnyPipeline

        return AnyPipeline(pipeline, declared.card, declared.wiring, plan)
    from models.runtime.pipelines.first_frame import FirstFrame

    return FirstFrame(pipeline, declared.card, declared.wiring, plan, folder.everyform.get(_STILL) is True)


def tiny() -> Any:
    """A random miniature: clips of 8 frames at 64², also from their first frame."""
    from models.networks import miniature
    from models.runtime.fitting.plan import Plan
    from models.runtime.pipelines.first_frame import FirstFrame

    signature = diffusers_table.find("AnimateDiffPipeline")
    assert signature is not None
    told = {"num_frames": 8}
    folder = DiffusersFolder(
        signature, {}, 64, 64, 64, 8, 8, told, "tokenizer", 77, None, longest=8, everyform={_FIRST: True}
    )
    declared = _declared(folder)
    return FirstFrame(miniature.moving(8), declared.card, declared.wiring, Plan(), still_first=True)


def _takes_first_frame(folder: DiffusersFolder) -> bool:
    return folder.signature.name in _TAUGHT and folder.everyform.get(_FIRST) is True


def _declared(folder: DiffusersFolder) -> diffusers_card.Declared:
    """The pipeline's card and wiring; with a task for the first frame, where the model can start from one."""
    declared = diffusers_card.declare(CARD, folder)
    if not _takes_first_frame(folder):
        return declared
    task = "picture-to-video"
    first = Input(
        "picture", "picture", "First frame", "The picture that begins to move. It is scaled to cover the size chosen, "
        "and what hangs over is cut off.", (task,),
    )  # fmt: skip
    return replace(declared, card=replace(declared.card, tasks=(*declared.card.tasks, task), inputs=(first,)))
