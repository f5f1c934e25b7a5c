"""Parts of a pipeline that lie in files of their own, as other programs keep them: autoencoders and text encoders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from models.failures import out_of_memory
from models.protocol import BadInput
from models.runtime.pipelines import converted

# By the part's name in `models.store.beside`: its name in a pipeline, where checkpoints have it, and its class.
_ENCODERS = {
    "clip_l": ("text_encoder", "text_encoders.clip_l.transformer.", "CLIPTextModel"),
    "clip_g": ("text_encoder_2", "text_encoders.clip_g.transformer.", "CLIPTextModelWithProjection"),
    "t5xxl": ("text_encoder_3", "text_encoders.t5xxl.transformer.", "T5EncoderModel"),
}


def read(beside: Mapping[str, Path], where: Path, dtype: torch.dtype, *, flux: bool, t5: bool) -> dict[str, Any]:
    """The parts by their names in a pipeline of Flux or Stable Diffusion 3, with the configs in the folder `where`.

    `t5` says whether T5 is read with. Raises BadInput where a file is not what its head promises.
    """
    made: dict[str, Any] = {}
    for part, file in beside.items():
        if part == "vae":
            made["vae"] = vae(file, where, dtype)
        elif part != "t5xxl" or t5:
            name, prefix, kind = _ENCODERS[part]
            name = "text_encoder_2" if flux and part == "t5xxl" else name
            kind = "CLIPTextModelWithProjection" if part == "clip_l" and not flux else kind
            made[name] = _encoder(kind, file, prefix, where, name, dtype)
    return made


def complete(given: Mapping[str, Any], *, flux: bool, t5: bool) -> bool:
    """Whether nothing is left to be read out of the checkpoint itself."""
    third = ("text_encoder_3",) if t5 and not flux else ()
    return all(part in given for part in ("transformer", "vae", "text_encoder", "text_encoder_2", *third))


def vae(file: Path, where: Path, dtype: torch.dtype) -> Any:
    """An AutoencoderKL with the config in `where`/vae. Raises BadInput."""
    import diffusers

    return converted.read(diffusers.AutoencoderKL, file, where, dtype, subfolder="vae").eval()


def whole(encoder: Any) -> Any:
    """An encoder of transformers with every weight in it (what several names stand for is in its file once), and with
    none of training's dropout, which diffusers' conversion leaves on in T5."""
    if any(weight.is_meta for weight in encoder.parameters()):
        encoder.tie_weights()
    if any(weight.is_meta for weight in encoder.parameters()):
        raise BadInput("A text encoder is not complete: get its file again.")
    return encoder.eval()


def _encoder(kind: str, file: Path, prefix: str, where: Path, part: str, dtype: torch.dtype) -> Any:
    import transformers
    from diffusers.loaders import single_file_utils as conversion

    make = conversion.create_diffusers_clip_model_from_ldm
    if kind.startswith("T5"):
        make = conversion.create_diffusers_t5_model_from_checkpoint
    try:
        named = {prefix + name: tensor for name, tensor in load_file(file).items()}
        made = make(
            getattr(transformers, kind), named, subfolder=part, config=str(where), torch_dtype=dtype,
            local_files_only=True,
        )  # fmt: skip
    except (OSError, SafetensorError, ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        if out_of_memory(error):
            raise
        raise BadInput(f"{file.name} cannot be read as a text encoder: get it again.") from error
    return whole(made)
