"""InvokeAI: `invokeai_metadata` since its third version, `sd-metadata` in its second.

Both are JSON in a PNG's text. The names are those of `invokeai/app/invocations/metadata.py` (CoreMetadataInvocation)
and of `ldm/invoke/pngwriter.py`.
"""

from __future__ import annotations

from typing import Any

from models.outputs.foreign.mapped import Mapped, Notes, inside, json_object, name, number, text, whole

_NOW, _ONCE = "invokeai_metadata", "sd-metadata"
_TABLE = {
    "positive_prompt": ("prompt", text),
    "negative_prompt": ("negative_prompt", text),
    "width": ("width", whole),
    "height": ("height", whole),
    "seed": ("seed", whole),
    "cfg_scale": ("guidance_scale", number),
    "guidance": ("guidance_scale", number),  # of Flux, which has the other one at 1
    "steps": ("steps", whole),
    "scheduler": ("scheduler", text),
    "strength": ("strength", number),
}
_SILENT = ("app_version", "generation_mode", "rand_device", "_canvas_objects", "canvas_v2_metadata")
_OLD = {
    "steps": ("steps", whole),
    "cfg_scale": ("guidance_scale", number),
    "width": ("width", whole),
    "height": ("height", whole),
    "seed": ("seed", whole),
    "sampler": ("scheduler", text),
    "strength": ("strength", number),
}


def is_mine(notes: Notes) -> bool:
    return bool(json_object(notes.get(_NOW, "")) or inside(json_object(notes.get(_ONCE, "")), "image"))


def parse(notes: Notes) -> dict[str, Any]:
    mapped = Mapped()
    if given := json_object(notes.get(_NOW, "")):
        if isinstance(given.get("guidance"), int | float):
            given = {key: value for key, value in given.items() if key != "cfg_scale"}
        model = given.pop("model", None)
        mapped.take(given, _TABLE, _SILENT)
        if isinstance(model, str):  # a path, before models had keys
            mapped.model_name = name(model)
        elif isinstance(model, dict):
            told = model.get("name") or model.get("model_name")
            mapped.model_name = name(told) if isinstance(told, str) else ""
        if str(mapped.settings.get("scheduler", "")).endswith("_k"):  # their mark for Karras' noise levels
            mapped.settings["scheduler"] = mapped.settings["scheduler"][:-2] + " Karras"
        return mapped.record()
    given = json_object(notes.get(_ONCE, ""))
    image = inside(given, "image")
    prompt = image.pop("prompt", "")
    if isinstance(prompt, list):
        prompt = ", ".join(str(part["prompt"]) for part in prompt[:50] if isinstance(part, dict) and "prompt" in part)
    mapped.take(image, _OLD, ("type", "postprocessing", "app_version"))
    mapped.prompt, mapped.negative_prompt = _parted(text(prompt) if isinstance(prompt, str) else "")
    weights = given.get("model_weights")
    mapped.model_name = name(weights) if isinstance(weights, str) else ""
    return mapped.record()


def _parted(prompt: str) -> tuple[str, str]:
    """The second version had what is not wanted in brackets: `a boat [blurry]`."""
    parts = [part.strip() for part in prompt.replace("]", "[").split("[")]
    return " ".join(part for part in parts[::2] if part), ", ".join(part for part in parts[1::2] if part)
