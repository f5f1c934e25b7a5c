"""Models of ours that are made of the libraries' networks: what a folder lacks, its card, its parts as they load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.protocol import BadInput, Card, Match, Parameter

_MOST_TOKENS = 4096


def claim(files: Any, card: Card, parts: Mapping[str, tuple[str, str]]) -> Match:
    """The claim on a folder whose `parts` are its folders, each with the file that it must have and what to call it."""
    missing = ", ".join(words for part, (file, words) in parts.items() if not files.exists(f"{part}/{file}"))
    return Match(card, missing=missing)


def worded(files: Any, card: Card) -> Card:
    """The card with the number of tokens that the folder's tokenizer reads; as it is where that is not told."""
    try:
        limit = int(files.json("tokenizer/tokenizer_config.json")["model_max_length"])
    except (BadInput, KeyError, TypeError, ValueError):
        return card  # what it lacks is told, and it does not run
    return replace(card, prompt_limit=min(limit, _MOST_TOKENS))


def preset(parameters: tuple[Parameter, ...], told: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """The parameters with the defaults that the sidecar gives. Raises BadInput where one is none."""
    defaults = told.get("defaults")
    if not isinstance(defaults, Mapping):
        return parameters
    return tuple(replace(p, default=p.check(defaults.get(p.name, p.default))) for p in parameters)


def load(files: Any, classes: Mapping[str, str], device: str) -> dict[str, Any]:
    """The parts of a folder by name, each of that class of diffusers or transformers, in full precision, for use.

    A part may lie in another model's folder (`Files.shared`). Raises BadInput where one cannot be read.
    """
    import diffusers
    import torch
    import transformers

    from models.runtime import adapted

    loaded: dict[str, Any] = {}
    elsewhere = adapted.places(files)
    for part, name in classes.items():
        place = elsewhere.get(part, files.path / part)
        ours = getattr(diffusers, name, None)
        number = {"torch_dtype": torch.float32, "low_cpu_mem_usage": False} if ours else {"dtype": torch.float32}
        network = ours or getattr(transformers, name)
        try:
            if name.endswith("Tokenizer"):
                loaded[part] = network.from_pretrained(place, local_files_only=True)
            else:
                made = network.from_pretrained(place, local_files_only=True, use_safetensors=True, **number)
                loaded[part] = made.to(device).eval().requires_grad_(False)
        except (TypeError, ValueError, RuntimeError, OSError) as error:
            raise BadInput(f"The {part} in {files.path.name} cannot be read: get the model again.") from error
    return loaded
