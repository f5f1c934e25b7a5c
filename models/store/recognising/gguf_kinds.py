"""What a GGUF file is, by the notes in its head, and by the names of its tensors where these say more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.store.heads.gguf_types import RECIPES
from models.store.recognising import bases, kinds, named
from models.store.recognising.bases import Shapes
from models.store.recognising.identity import Identity

_VECTORS = ("bert", "modernbert", "nomicbert", "jinabertv2", "jinabertv3", "gemmaembedding", "llamaembed", "eurobert")


def find(notes: Mapping[str, Any], shapes: Shapes) -> Identity | None:
    """The file's identity; None where neither its notes nor its names tell."""
    kind = str(notes.get("general.architecture", ""))
    word = named.plain(kind)
    recipe = RECIPES.get(notes.get("general.file_type", -1), "")
    if notes.get("general.type") == "adapter":
        base = notes.get("general.base_model.0.name") or named.of_kind(kind)
        return Identity("LoRA", "addition", (str(base),))
    if notes.get("general.type") == "mmproj" or word == "clip":
        return Identity("Vision encoder", "addition", (), recipe)
    if word in ("t5", "t5encoder", "umt5"):
        width = notes.get(f"{kind}.embedding_length")
        known = next((shape[0] for name, shape in shapes.items() if name == "token_embd.weight"), 0)
        told = {"encoder.block.0.layer.0.SelfAttention.q.weight": (0, int(width or 0)), "shared.weight": (known, 0)}
        return Identity("Text encoder", "addition", bases.t5(told), _joined(bases.t5_name(told), recipe))
    if word in _VECTORS:
        return Identity("Text embedding", "model", (kind,), recipe, "text", "", ("anything that it could say",))
    if f"{kind}.context_length" in notes or "tokenizer.ggml.model" in notes:
        limit = notes.get(f"{kind}.context_length")
        context = f"{limit:,} tokens of context" if isinstance(limit, int) and limit > 0 else ""
        return Identity(
            "Language model", "model", (named.of_kind(kind),), _joined(recipe, context), "text", "autoregressive"
        )
    found = kinds.find(shapes)
    if found is not None:
        return replace(found, detail=_joined(found.detail, recipe))
    if word in named.DENOISERS:
        needs = ("a VAE", "its text encoders")
        return Identity("Transformer", "model", (named.DENOISERS[word],), recipe, "", "", needs)
    return None


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
