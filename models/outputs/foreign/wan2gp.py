"""Wan2GP: its settings as JSON in the comment of an MP4 or MKV, a PNG's text `comment`, a JPEG's UserComment, or the
`json` chunk of a WAV.

The places are those of `shared/utils/video_metadata.py` and `audio_metadata.py`, the names those of `wgp.py`.
"""

from __future__ import annotations

from typing import Any

from models.outputs.foreign.mapped import Mapped, Notes, json_object, name, number, size, text, whole

_PLACES = ("comment", "parameters", "description", "json")
_TABLE = {
    "prompt": ("prompt", text),
    "negative_prompt": ("negative_prompt", text),
    "seed": ("seed", whole),
    "num_inference_steps": ("steps", whole),
    "guidance_scale": ("guidance_scale", number),
    "video_length": ("frames", whole),
    "resolution": ("size", size),
    "flow_shift": ("shift", number),
    "sample_solver": ("scheduler", text),
    "denoising_strength": ("strength", number),
    "duration_seconds": ("seconds", number),
    "temperature": ("temperature", number),
    "top_k": ("top_k", whole),
    "top_p": ("top_p", number),
}
_SILENT = (
    "type", "settings_version", "model_type", "base_model_type", "model_filename", "mode", "creation_date",
    "creation_timestamp", "generation_time", "is_image", "image_mode", "lset_name", "repeat_generation",
    "batch_size", "multi_prompts_gen_type", "output_filename", "loras_choices", "video_quality", "image_quality",
)  # fmt: skip
_NEITHER = (0, 0.0, -1, False)  # what a switch of theirs is while it is off


def is_mine(notes: Notes) -> bool:
    return bool(_block(notes))


def parse(notes: Notes) -> dict[str, Any]:
    given = _block(notes)
    mapped = Mapped()
    used = {k: v for k, v in given.items() if k in _TABLE or v not in _NEITHER}
    mapped.take(used, _TABLE, _SILENT)
    for place in ("model_type", "model_filename"):
        if isinstance(told := given.get(place), str) and told:
            mapped.model_name = name(told)
            break
    return mapped.record()


def _block(notes: Notes) -> dict[str, Any]:
    for place in _PLACES:
        found = json_object(notes.get(place, ""))
        made_by = str(found.get("type", ""))
        if "WanGP" in made_by or "Wan2GP" in made_by or ("model_type" in found and "num_inference_steps" in found):
            return found
    return {}
