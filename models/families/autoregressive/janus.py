"""Janus (Wu et al. 2024; Janus-Pro, Chen et al. 2025): a language model that writes a picture as codes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.protocol import BadInput, Card, Match, Parameter

_FOREIGN = "MultiModalityCausalLM"  # how its makers publish it, with code of their own

CARD = Card(
    architecture="janus",
    name="Janus",
    family="autoregressive",
    medium="picture",
    tasks=("text-to-picture",),
    parameters=(
        Parameter(
            "guidance_scale", "float", 5.0, "Guidance", "How closely the picture follows the prompt.",
            1.1, 10, suggested=(3.0, 5.0, 7.0),
        ),
        Parameter(
            "temperature", "float", 1.0, "Temperature",
            "How boldly each code is drawn: low is plain, 1 is what was learned.", 0.1, 2, suggested=(0.8, 1.0),
        ),
        Parameter(
            "top_p", "float", 1.0, "Top p",
            "Only the likeliest codes that together have this share of the chances may be drawn.",
            0.05, 1, suggested=(0.9, 0.95, 1.0), advanced=True,
        ),
    ),
    process="Code by code, row after row",
    guide="resources/guides/janus.md",
    prompt_limit=1024,
)  # fmt: skip


def recognise(files: Any) -> Match | None:
    """A folder of transformers' with Janus. Raises BadInput where it is the kind that brings its own code."""
    if not files.exists("config.json"):
        return None
    config = files.json("config.json")
    kinds = config.get("architectures")
    kind = kinds[0] if isinstance(kinds, list) and kinds else ""
    if kind == _FOREIGN or config.get("model_type") == "multi_modality":
        raise BadInput(
            f"{files.path.name} is Janus as its makers publish it, which needs code of theirs: "
            "get the version for transformers (deepseek-community/Janus-Pro-1B or 7B)."
        )
    if kind != "JanusForConditionalGeneration":
        return None
    lacks = [] if files.exists("tokenizer.json") else ["its tokenizer"]
    if not any(n.endswith(".safetensors") and "/" not in n for n in files.names):
        lacks.append("its weights (safetensors)")
    return Match(replace(CARD, tokenizer="" if lacks else "."), base="Janus", missing=", and ".join(lacks))


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as the plan has it. Raises BadInput."""
    from models.runtime.pictures import code_pictures

    return code_pictures.load_janus(path, CARD, plan)


def prepare() -> None:
    """Import what `load` needs, while nobody waits for it."""
    from models.runtime.pictures import code_pictures  # noqa: F401


def tiny() -> Any:
    """A random miniature: 4 × 4 codes out of 32, each a square of two pixels."""
    from models.networks import miniature_pictures
    from models.runtime.pictures.code_pictures import Janus

    return Janus(CARD, *miniature_pictures.janus())
