"""One plain call of a pipeline in diffusers itself: the yardstick for what must run through the program."""

from __future__ import annotations

from typing import Any

from models.families.diffusion import diffusers_table
from tests.diffusers_zoo.recipe import SIDE, Recipe
from tests.diffusers_zoo.recipes import RECIPES

STEPS, FRAMES = 2, 5
# By argument, where the pipeline takes it. A function is called for its value.
_USUAL: dict[str, Any] = {
    "num_inference_steps": STEPS, "prior_num_inference_steps": STEPS,
    "decoder_num_inference_steps": STEPS, "super_res_num_inference_steps": STEPS, "height": SIDE, "width": SIDE,
    "num_frames": FRAMES, "video_length": FRAMES, "frames": FRAMES, "max_sequence_length": 32, "class_labels": [1],
    "clean_caption": False, "use_resolution_binning": False, "audio_length_in_s": 0.3, "audio_end_in_s": 0.1,
    "strength": 0.8, "audio_duration": 0.5, "audio_duration_s": 0.3, "duration": 0.3,
}  # fmt: skip
_PICTURES = (
    "image", "mask_image", "control_image", "condtioning_image", "image_reference", "reference_image", "example_image",
    "original_image", "control_mask",
)  # fmt: skip
_FILMS = ("video", "control_video", "conditioning_frames", "pose_video", "face_video", "mask_video")


def picture(side: int = SIDE, kind: str = "image") -> Any:
    """A wide gradient, or a mask with a white middle."""
    from PIL import Image

    if "mask" in kind:
        made = Image.new("L", (side, side))
        made.paste(255, (side // 4, side // 4, side * 3 // 4, side * 3 // 4))
        return made
    return Image.merge("RGB", [Image.linear_gradient("L").rotate(90 * k).resize((side, side)) for k in range(3)])


def arguments(name: str) -> dict[str, Any]:
    """The call of that class: the usual arguments, its start files where it needs them, and what its recipe says."""
    import torch

    signature = diffusers_table.find(name)
    assert signature is not None
    recipe = RECIPES.get(name, Recipe())
    given = {key: value for key, value in _USUAL.items() if signature.has(key)}
    given |= {"prompt": recipe.prompt} if signature.has("prompt") else {}
    from models.families.diffusion import diffusers_inputs

    files = diffusers_inputs.files(signature)
    for made in files.inputs:
        argument, form = files.given[made.name]
        if files.tasks[0] in made.tasks and made.required:
            shown: Any = picture(recipe.side, argument)
            if form == "film":
                shown = [picture(recipe.side, argument) for _ in range(FRAMES)]
            elif form == "clip":
                shown = torch.full((1, 3, FRAMES, SIDE, SIDE), 0.5)
                if "mask" in argument:
                    shown = torch.zeros(1, 1, FRAMES, SIDE, SIDE)
                    shown[..., SIDE // 4 : SIDE // 2] = 255.0
            elif form == "sound":
                shown = torch.randn(1, 2, 4000, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
            given[argument] = [shown] if form == "list" else shown
    given["generator"] = torch.Generator("cpu").manual_seed(0)
    given |= {key: _shown(value) for key, value in recipe.call.items()}
    return {key: value for key, value in given.items() if value is not None or key in signature.needs}


def _shown(value: Any) -> Any:
    """What a recipe says, with pictures where it says so."""
    if value == "cloze":
        return [[picture(), None]]
    if value == "layers":
        return picture().convert("RGBA")
    if value == ["picture"]:
        return [picture()]
    return value


def run(pipeline: Any, name: str) -> Any:
    """Its output. Raises what diffusers raises."""
    return pipeline(**arguments(name))
