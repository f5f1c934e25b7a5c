"""Fooocus: a flat JSON object in `parameters`, or in a JPEG's or WebP's UserComment.

The names are those of `modules/meta_parser.py` (FooocusMetadataParser.parse_string). Its other scheme, `a1111`, is
AUTOMATIC1111's text and read as that.
"""

from __future__ import annotations

import re
from typing import Any

from models.outputs.foreign.mapped import Mapped, Notes, json_object, name, number, size, text, whole

_MARKS = ("base_model", "performance", "metadata_scheme", "prompt_expansion", "adm_guidance")
_TABLE = {
    "prompt": ("prompt", text),
    "negative_prompt": ("negative_prompt", text),
    "steps": ("steps", whole),
    "guidance_scale": ("guidance_scale", number),
    "sampler": ("scheduler", text),
    "seed": ("seed", whole),
    "base_model": ("model_name", name),
    "resolution": ("size", size),
}
_SILENT = (
    "version", "created_by", "metadata_scheme", "base_model_hash", "refiner_model_hash", "full_prompt",
    "full_negative_prompt", "loras", "styles", "scheduler",
)  # fmt: skip


def is_mine(notes: Notes) -> bool:
    given = json_object(notes.get("parameters", ""))
    return notes.get("fooocus_scheme") == "fooocus" or sum(mark in given for mark in _MARKS) > 1


def parse(notes: Notes) -> dict[str, Any]:
    given = json_object(notes.get("parameters", ""))
    mapped = Mapped()
    mapped.take({k: v for k, v in given.items() if v != "None"}, _TABLE, _SILENT)
    if given.get("scheduler") == "karras" and "scheduler" in mapped.settings:
        mapped.settings["scheduler"] += " Karras"
    # The styles are what became of the prompt: where there are some, the words that the model was given say it best.
    styles = str(given.get("styles", "") or "")
    full, against = _joined(given.get("full_prompt")), _joined(given.get("full_negative_prompt"))
    if full and re.search(r"\w", styles):
        mapped.prompt, mapped.negative_prompt = full, against
        mapped.tell("styles", styles)
    loras = given.get("loras")
    if isinstance(loras, list):
        for lora in loras[:20]:
            mapped.tell("lora", lora[:2] if isinstance(lora, list) else lora)
    return mapped.record()


def _joined(value: Any) -> str:
    if isinstance(value, str):
        value = [value]
    parts = [part for part in value[:100] if isinstance(part, str)] if isinstance(value, list) else []
    return text(", ".join(parts))
