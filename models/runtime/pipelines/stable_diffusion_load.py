"""Reading a Stable Diffusion folder from disk into a diffusers pipeline, as a plan says."""

from __future__ import annotations

import importlib
import json
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from models.runtime import device
from models.runtime.fitting import applying
from models.runtime.fitting.plan import Plan
from models.runtime.fitting.precision import cast_at_the_door

_CLASSES = {
    "sd": "StableDiffusionPipeline", "sdxl": "StableDiffusionXLPipeline", "refiner": "StableDiffusionXLImg2ImgPipeline",
}  # fmt: skip


def pipeline(
    path: str, plan: Plan, *, kind: str = "sd", variant: str | None, shared: Mapping[str, Path] | None = None
) -> Any:
    """The pipeline of that kind ("sd", "sdxl", "refiner") in the folder, on the plan's device and in its number format.

    `shared` are parts that lie elsewhere (`models.store.files.Files.shared`).

    Nothing but safetensors is read, nothing is fetched, and no safety checker is loaded: it takes more memory
    than the U-Net of a small model and blackens pictures that are harmless.
    """
    import diffusers

    device.use_cores()
    diffusers.utils.logging.set_verbosity_error()
    # On a processor the text encoder runs once a job and decides the format of the latents: full precision is free.
    plan = replace(plan, text_dtype="float32") if plan.device == "cpu" else plan
    heavy, texts = getattr(torch, plan.dtype), getattr(torch, plan.texts)
    options: dict[str, Any] = {"safety_checker": None, "requires_safety_checker": False} if kind == "sd" else {}
    given = applying.networks(path, plan, variant=variant, shared=shared)
    elsewhere = {part: place for part, place in (shared or {}).items() if part not in given}
    given |= {part: shared_part(path, part, place, heavy, texts) for part, place in elsewhere.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # on old configs, which the pipeline puts right itself
        made = getattr(diffusers, _CLASSES[kind]).from_pretrained(
            path,
            variant=variant,
            use_safetensors=True,
            local_files_only=True,
            feature_extractor=None,
            image_encoder=None,
            **applying.options(path, plan, shared),
            **options,
            **given,
        )
    _settle(made, heavy, texts)
    return applying.place(made, plan, path, shared)


def one_file(
    path: str, plan: Plan, *, base: str, velocity: bool, pure_noise: bool = False, inpaints: bool = False,
    where: Path | None = None,
) -> Any:  # fmt: skip
    """The same from a checkpoint in one file of that base ("SDXL"), with the configs that ship (or those in `where`).

    `velocity` and `pure_noise` say what it was taught. Its text encoders stay: they do not lie apart, to be read again.
    """
    from models.runtime.pipelines import single_file

    device.use_cores()
    plan = replace(plan, free_encoder=False, text_dtype="float32" if plan.device == "cpu" else plan.text_dtype)
    heavy, texts = getattr(torch, plan.dtype), getattr(torch, plan.texts)
    made = single_file.stable_diffusion(
        path, base, heavy, velocity=velocity, pure_noise=pure_noise, inpaints=inpaints, where=where
    )
    for part in ("text_encoder", "text_encoder_2"):
        if getattr(made, part, None) is not None:
            getattr(made, part).to(texts)
    _settle(made, heavy, texts)
    return applying.place(made, plan)


def _settle(made: Any, heavy: torch.dtype, texts: torch.dtype) -> None:
    """Let networks in short numbers take and give long ones, where the text encoder's numbers are long."""
    if heavy != texts:
        cast_at_the_door(made.unet)
    doors(made.vae, heavy, texts)


def doors(vae: Any, heavy: torch.dtype, texts: torch.dtype) -> None:
    """The same for an autoencoder alone."""
    if heavy != texts:
        for network in (vae.encoder, vae.decoder):
            cast_at_the_door(network)
        # Two 1 × 1 convolutions outside both halves.
        for convolution in (vae.quant_conv, vae.post_quant_conv):
            if convolution is not None:
                convolution.float()
    if heavy == torch.bfloat16:
        # It has float32's range: the autoencoder that overflows in float16 need not be cast back and forth.
        vae.register_to_config(force_upcast=False)


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
