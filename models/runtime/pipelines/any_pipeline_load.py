"""Reading any diffusers folder from disk, as a plan says: safetensors and the libraries' own parts alone."""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import torch

from models.failures import first_line, out_of_memory
from models.protocol import BadInput
from models.runtime import device
from models.runtime.fitting import applying
from models.runtime.fitting.plan import Plan
from models.runtime.pipelines import converted, gpt2, still_processors
from models.runtime.pipelines.stable_diffusion_load import shared_part

# Parts that judge or mark what was made: they take memory, blacken what is harmless, and are not in every folder.
_LEFT_OUT = {"safety_checker": None, "watermarker": None, "requires_safety_checker": False, "add_watermarker": False}


def pipeline(
    path: str,
    plan: Plan,
    *,
    name: str,
    variant: str | None = None,
    shared: Mapping[str, Path] | None = None,
    given: Mapping[str, Any] | None = None,
) -> Any:
    """The pipeline of class `name` in that folder, as the plan has it. Parts that are `given` are taken as they are.

    `variant` is a word in the names of the weights ("fp16"). `shared` are parts that lie elsewhere
    (`models.store.files.Files.shared`). Raises BadInput where a part cannot be read.
    """
    device.use_cores()
    quiet()
    # Most pipelines hand the texts to the denoiser as they are.
    plan = replace(plan, text_dtype="")
    kind = getattr(diffusers, name)
    takes = inspect.signature(kind.__init__).parameters
    ready: dict[str, Any] = {part: value for part, value in _LEFT_OUT.items() if part in takes}
    try:
        ready |= _processors(Path(path))
        if not given:
            ready |= applying.networks(path, plan, variant=variant, shared=shared)
        ready |= given or {}
        for part, place in (shared or {}).items():
            if part not in ready:
                ready[part] = shared_part(path, part, place, applying.dtype_of(plan, part), getattr(torch, plan.dtype))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # on old configs, which the pipelines put right themselves
            made = kind.from_pretrained(
                path,
                variant=variant,
                use_safetensors=True,
                local_files_only=True,
                **applying.options(path, plan, shared),
                **ready,
            )
    except ImportError as error:
        raise BadInput(f"{name} needs a library that is no part of the program: {first_line(error)}.") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        if isinstance(error, BadInput) or out_of_memory(error):
            raise
        raise BadInput(f"The model in {path} cannot be read ({first_line(error)}): get it again.") from error
    gpt2.let_it_write(made)
    made.set_progress_bar_config(disable=True)
    return applying.place(made, plan, path, shared, remember=True)


def network(file: str, place: Path, name: str, plan: Plan) -> Any:
    """The transformer of class `name` in one file, with the config in the folder `place`. Raises BadInput."""
    return converted.transformer(getattr(diffusers, name), file, place, getattr(torch, plan.dtype))


def quiet() -> None:
    """No bars and warnings of the libraries: nobody reads them, and the engine tells how far it is."""
    import transformers

    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()


def _processors(folder: Path) -> dict[str, Any]:
    """Parts by name that the library could not make as they are."""
    index = json.loads((folder / "model_index.json").read_text("utf-8"))
    return {
        part: still_processors.load(folder / part, given[1])
        for part, given in index.items()
        if isinstance(given, list) and len(given) == 2 and all(given) and still_processors.wanted(*given)
    }
