"""Puts a pipeline together from its annotations, and from what `recipes` says differs."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
from typing import Any

from tests.diffusers_zoo import networks, readers, signatures
from tests.diffusers_zoo.recipe import Recipe
from tests.diffusers_zoo.recipes import RECIPES

_SKIPPED = ("safety_checker", "watermarker")
# In annotations, and no classes of parts.
_NO_PART = re.compile(r".*Multi(ControlNet|Adapter).*|list|tuple|Union|Optional|None|Any")
_NAMES = {
    "PreTrainedModel": "T5EncoderModel", "Gemma2PreTrainedModel": "Gemma2Model", "GemmaPreTrainedModel": "GemmaModel",
    "KarrasDiffusionSchedulers": "DDIMScheduler", "SchedulerMixin": "DDIMScheduler",
    "PreTrainedTokenizerBase": "T5Tokenizer", "PreTrainedTokenizer": "BertTokenizer",
}  # fmt: skip
_SCHEDULES: dict[str, dict[str, Any]] = {
    "DDIMScheduler": {
        "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False,
        "set_alpha_to_one": False},
    "FlowMatchEulerDiscreteScheduler": {"shift": 3.0},
}  # fmt: skip


class Unbuildable(Exception):
    """Why no miniature of a class can be made here."""


def build(name: str, seed: int = 0) -> Any:
    """A random instance of that pipeline class. Raises Unbuildable, or whatever diffusers raises."""
    import diffusers
    import torch

    recipe = RECIPES.get(name, Recipe())
    if recipe.why:
        raise Unbuildable(recipe.why)
    made: dict[str, Any] = {}
    with torch.random.fork_rng(devices=[]), contextlib.redirect_stderr(io.StringIO()):
        torch.manual_seed(seed)
        # Tokenizers first: the encoders are as large as their vocabularies.
        wanted = sorted(signatures.parts(name).items(), key=lambda item: _turn(item[0], item[1][0]))
        for part, (classes, has_default) in wanted:
            classes = [one for one in classes if not _NO_PART.fullmatch(one)]
            if part in recipe.parts:
                told = recipe.parts[part]
                if told is Ellipsis:  # as the class has it
                    continue
                made[part] = _told(told, part, classes, made)
            elif part in _SKIPPED:
                made[part] = None
            elif (
                classes and classes[0] in ("bool", "int", "float", "str", "list", "tuple", "dict") and has_default
            ) or (has_default and part not in recipe.with_parts):
                continue
            else:
                made[part] = _part(_kind(classes[0], name), part, made)
        _wake(made)
    with contextlib.redirect_stderr(io.StringIO()):
        pipeline = getattr(diffusers, name)(**made)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _turn(part: str, classes: list[str]) -> int:
    """Tokenizers first, then what is made of them: processors, then the encoders that they fit."""
    if any("Tokenizer" in name for name in classes):
        return 0
    return 1 if any("Processor" in name for name in classes) else 2


def _kind(named: str, pipeline: str) -> str:
    """The class that an annotation means. An autoencoder has the channels that the pipeline's transformer takes."""
    if named == "AutoencoderKL":
        import diffusers

        for classes, _ in signatures.parts(pipeline).values():
            for one in classes:
                takes = getattr(diffusers, one, None) if one.endswith(("DModel", "DiT2DModel")) else None
                channels = takes and inspect.signature(takes.__init__).parameters.get("in_channels")
                if channels is not None and "Transformer" in one:
                    return "AutoencoderKL/16" if channels.default in (16, 64) else named
    return _NAMES.get(named, named)


def _told(told: Any, part: str, classes: list[str], made: dict[str, Any]) -> Any:
    """What a recipe says: a class's name, (name, changes), changes alone, a function of the other parts, or a value."""
    if isinstance(told, str) and (told.partition("/")[0][:1].isupper()):
        return _part(told, part, made)
    if isinstance(told, tuple) and told and isinstance(told[0], str) and isinstance(told[-1], dict):
        return _part(told[0], part, made, **told[1])
    if isinstance(told, dict):
        return _part(_NAMES.get(classes[0], classes[0]), part, made, **told)
    return told(made) if callable(told) else told


def _part(kind: str, part: str, made: dict[str, Any], **changes: Any) -> Any:
    import diffusers

    plain = kind.partition("/")[0]
    if "Tokenizer" in plain and not plain.startswith("AceStep"):
        return readers.tokenizer(plain, **changes)
    if plain.endswith("Scheduler"):
        return getattr(diffusers, plain)(**{**_SCHEDULES.get(plain, {}), **changes})
    if plain in readers.CONFIGS:
        return readers.encoder(plain, _words_of(part, made), **changes)
    if "Vision" in plain:
        return readers.sight(plain, **changes)
    if plain.endswith(("Processor", "Extractor", "Backend")):
        return readers.processor(plain, next((p for n, p in made.items() if "tokenizer" in n), None), **changes)
    if plain.endswith("Guidance"):
        return getattr(diffusers, plain)(**changes)
    tiles = changes.pop("tiles", False)
    made_one = networks.network(kind, **changes)
    if tiles:
        made_one.enable_tiling()
    return made_one


def _words_of(part: str, made: dict[str, Any]) -> Any:
    """The tokenizer that goes with a text encoder, by its number."""
    wanted = part.replace("text_encoder", "tokenizer").replace("text_model", "tokenizer")
    found = made.get(wanted) or made.get("tokenizer") or made.get("processor")
    if found is None:
        found = readers.tokenizer("CLIPTokenizer")
    return getattr(found, "tokenizer", found)


def _wake(made: dict[str, Any]) -> None:
    """Give networks that begin as nothing at all (zero weights at their ends) something to say."""
    import torch

    for part in made.values():
        if isinstance(part, torch.nn.Module):
            for weights in part.parameters():
                if (weights.ndim > 1 and not weights.any()) or not torch.isfinite(weights).all():
                    torch.nn.init.normal_(weights, std=0.05)
