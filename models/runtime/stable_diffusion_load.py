"""Reading a Stable Diffusion folder from disk into a diffusers pipeline, as a plan says."""

from __future__ import annotations

import importlib
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from models.runtime import device
from models.runtime.plan import Plan
from models.runtime.precision import cast_at_the_door


def pipeline(path: str, plan: Plan, *, xl: bool, variant: str | None, shared: Mapping[str, Path] | None = None) -> Any:
    """The text-to-picture pipeline in that folder, on the plan's device and in its number format.

    `shared` are parts that lie elsewhere (`models.store.files.Files.shared`).

    Nothing but safetensors is read, nothing is fetched, and no safety checker is loaded: it takes more memory
    than the U-Net of a small model and blackens pictures that are harmless.
    """
    import diffusers

    device.use_cores()
    diffusers.utils.logging.set_verbosity_error()
    heavy = getattr(torch, plan.dtype)
    # On a processor the text encoder runs once a job and decides the format of the latents: full precision is free.
    texts = torch.float32 if plan.device == "cpu" else heavy
    options: dict[str, Any] = {} if xl else {"safety_checker": None, "requires_safety_checker": False}
    kind = diffusers.StableDiffusionXLPipeline if xl else diffusers.StableDiffusionPipeline
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # on old configs, which the pipeline puts right itself
        made = kind.from_pretrained(
            path,
            torch_dtype={"default": heavy, "text_encoder": texts, "text_encoder_2": texts},
            variant=variant,
            use_safetensors=True,
            local_files_only=True,
            feature_extractor=None,
            image_encoder=None,
            **options,
            **{part: shared_part(path, part, place, heavy, texts) for part, place in (shared or {}).items()},
        )
    if heavy != texts:
        for network in (made.unet, made.vae.encoder, made.vae.decoder):
            cast_at_the_door(network)
        # Two 1 × 1 convolutions outside both halves of the autoencoder.
        for convolution in (made.vae.quant_conv, made.vae.post_quant_conv):
            if convolution is not None:
                convolution.float()
    if heavy == torch.bfloat16:
        # It has float32's range: the autoencoder that overflows in float16 need not be cast back and forth.
        made.vae.register_to_config(force_upcast=False)
    if plan.offload == "model":
        made.enable_model_cpu_offload(device=plan.device)
    elif plan.device != "cpu":
        made.to(plan.device)
    return made


def shared_part(path: str | Path, part: str, place: Path, heavy: torch.dtype, texts: torch.dtype) -> Any:
    """A part that another model's folder holds, of the class that this model's own index names.

    Networks in `heavy` numbers, text encoders in `texts`.
    """
    library, kind = json.loads(Path(path, "model_index.json").read_text("utf-8"))[part]
    made = getattr(importlib.import_module(library), kind)
    if library == "diffusers" and hasattr(made, "load_config") and "Scheduler" not in kind:
        return made.from_pretrained(place, torch_dtype=heavy, use_safetensors=True, local_files_only=True)
    if part.startswith("text_encoder"):
        return made.from_pretrained(place, dtype=texts, use_safetensors=True, local_files_only=True)
    return made.from_pretrained(place, local_files_only=True)
