"""SwarmUI: JSON with `sui_image_params` in `parameters`, or in a JPEG's or WebP's UserComment.

The names are those of its parameters (`src/Text2Image/T2IParamTypes.cs`), cleaned to small letters as it does.
"""

from __future__ import annotations

from typing import Any

from models.outputs.foreign.mapped import Mapped, Notes, inside, json_object, name, number, text, whole

_PARAMS = "sui_image_params"
_TABLE = {
    "prompt": ("prompt", text),
    "negativeprompt": ("negative_prompt", text),
    "model": ("model_name", name),
    "seed": ("seed", whole),
    "steps": ("steps", whole),
    "cfgscale": ("guidance_scale", number),
    "fluxguidancescale": ("guidance_scale", number),
    "width": ("width", whole),
    "height": ("height", whole),
    "sampler": ("scheduler", text),
    "initimagecreativity": ("strength", number),
    "text2videoframes": ("frames", whole),
    "videoframes": ("frames", whole),
    "videofps": ("fps", number),
    "text2videofps": ("fps", number),
}
_SILENT = (
    "swarm_version",
    "images",
    "aspectratio",
    "scheduler",
    "sidelength",
    "personalnote",
    "donotsave",
    "batchsize",
)


def is_mine(notes: Notes) -> bool:
    return bool(_block(notes))


def parse(notes: Notes) -> dict[str, Any]:
    given = _block(notes)
    mapped = Mapped()
    mapped.take(given, _TABLE, _SILENT)
    if given.get("scheduler") == "karras" and "scheduler" in mapped.settings:
        mapped.settings["scheduler"] += " Karras"
    elif isinstance(given.get("scheduler"), str) and given["scheduler"] not in ("normal", "simple", ""):
        mapped.tell("scheduler", given["scheduler"])
    return mapped.record()


def _block(notes: Notes) -> dict[str, Any]:
    for place in ("parameters", "comment"):
        if found := inside(json_object(notes.get(place, "")), _PARAMS):
            return found
    return {}
