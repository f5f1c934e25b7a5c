"""Checkpoints in one file, in the layout of the papers' own code: read with the configs that ship with the program.

Nothing is fetched: configs and CLIP's word list lie in `resources/configs`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch

from models import folders
from models.runtime.pipelines import loose_parts
from models.runtime.pipelines.converted import read, transformer
from models.store.recognising.bases import FLUX, REFINER, SD1, SD2, SD3, SDXL

_FOLDERS = {SD1: "sd1", SD2: "sd2", SDXL: "sdxl", REFINER: "sdxl-refiner", SD3: "sd3", FLUX: "flux"}
_PIPELINES = {
    SDXL: "StableDiffusionXLPipeline", REFINER: "StableDiffusionXLImg2ImgPipeline", SD3: "StableDiffusion3Pipeline",
    FLUX: "FluxPipeline",
}  # fmt: skip

# What the configs of a version have otherwise (the public models' own).
_VERSIONS: dict[str, dict[str, Any]] = {
    "3.5 medium": {"qk_norm": "rms_norm", "dual_attention_layers": tuple(range(13)), "pos_embed_max_size": 384},
    "3.5 large": {"num_layers": 38, "num_attention_heads": 38, "caption_projection_dim": 2432, "qk_norm": "rms_norm"},
    "schnell": {"guidance_embeds": False},
}


def configs(base: str) -> Path:
    """The folder of configs for that base ("SDXL")."""
    return folders.resources() / "configs" / _FOLDERS[base]


def clip_words(pad: str = "<|endoftext|>") -> Any:
    """CLIP's tokenizer; `pad` is what fills up its 77 places."""
    from transformers import CLIPTokenizer

    return CLIPTokenizer.from_pretrained(folders.resources() / "configs" / "clip", pad_token=pad, local_files_only=True)


def stable_diffusion(
    path: str | Path, base: str, dtype: torch.dtype, *, velocity: bool, pure_noise: bool = False,
    inpaints: bool = False, where: Path | None = None,
) -> Any:  # fmt: skip
    """The pipeline in a checkpoint of Stable Diffusion 1, 2, XL or its refiner, all of it in that number format.

    `where` are other configs than those of `base`. Raises BadInput where the file is not what its head promises.
    """
    where = where or configs(base)
    given: dict[str, Any] = {"tokenizer": clip_words("!" if base == SD2 else "<|endoftext|>")}
    if base in (SDXL, REFINER):
        given["tokenizer_2"] = clip_words("!")
    if base == REFINER:
        given |= {"tokenizer": None, "text_encoder": None}
    given["scheduler"] = _scheduler(where, velocity, pure_noise)
    if inpaints:
        given["unet"] = read(
            diffusers.UNet2DConditionModel, path, where, dtype, subfolder="unet", in_channels=9, num_in_channels=9
        )
    kind = getattr(diffusers, _PIPELINES.get(base, "StableDiffusionPipeline"))
    return read(kind, path, where, dtype, feature_extractor=None, image_encoder=None, **given)


def _scheduler(where: Path, velocity: bool, pure_noise: bool) -> Any:
    """The one that the configs name, for what this file was taught: configs are of the public models."""
    told = json.loads((where / "scheduler" / "scheduler_config.json").read_text("utf-8"))
    kind = getattr(diffusers, told["_class_name"])
    told |= {"prediction_type": "v_prediction" if velocity else "epsilon"}
    # The pipelines take their samplers from it, and those that can learn of noise alone know this word.
    return kind.from_config(told | ({"rescale_betas_zero_snr": True} if pure_noise else {}))


def flow_matching(
    path: str | Path, base: str, detail: str, dtype: torch.dtype, *, words: Path | None, beside: Mapping[str, Path]
) -> Any:
    """The pipeline in a file of Stable Diffusion 3 or Flux; a transformer alone, also as GGUF, takes its other parts
    from the files `beside`. `words` are T5's; without them SD3 goes without its third text encoder. `detail` tells the
    versions apart ("3.5 large"). Raises BadInput."""
    where, flux = configs(base), base == FLUX
    given: dict[str, Any] = {"tokenizer": clip_words()}
    if not flux:
        given |= {"tokenizer_2": clip_words("!"), "tokenizer_3": None}
    if words is not None:
        from transformers import T5TokenizerFast

        most = 512 if flux else 256
        given["tokenizer_2" if flux else "tokenizer_3"] = T5TokenizerFast.from_pretrained(
            words, model_max_length=most, local_files_only=True
        )
    elif not flux:
        given["text_encoder_3"] = None
    network = diffusers.FluxTransformer2DModel if flux else diffusers.SD3Transformer2DModel
    given["transformer"] = transformer(network, path, where, dtype, **_VERSIONS.get(detail, {}))
    given |= loose_parts.read(beside, where, dtype, flux=flux, t5=words is not None)
    kind = getattr(diffusers, _PIPELINES[base])
    if detail == "schnell":
        given["scheduler"] = diffusers.FlowMatchEulerDiscreteScheduler(shift=1.0)
    if loose_parts.complete(given, flux=flux, t5=words is not None):
        scheduler = diffusers.FlowMatchEulerDiscreteScheduler.from_pretrained(where, subfolder="scheduler")
        return kind(**{"scheduler": scheduler, "image_encoder": None, "feature_extractor": None, **given})
    made = read(kind, path, where, dtype, feature_extractor=None, image_encoder=None, **given)
    for part, encoder in made.components.items():
        if part.startswith("text_encoder") and encoder is not None:
            loose_parts.whole(encoder)
    return made
