"""Checkpoints in one file, in the layout of the papers' own code: read with the configs that ship with the program.

Nothing is fetched: configs and CLIP's word list lie in `resources/configs`.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import diffusers
import torch

from models import folders
from models.failures import out_of_memory
from models.protocol import BadInput
from models.store.recognising.bases import SD2

_FOLDERS = {"SD 1.x": "sd1", "SD 2.x": "sd2", "SDXL": "sdxl", "SD 3": "sd3", "Flux": "flux"}
_PIPELINES = {"sdxl": "StableDiffusionXLPipeline", "sd3": "StableDiffusion3Pipeline", "flux": "FluxPipeline"}

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
    path: str | Path, base: str, dtype: torch.dtype, *, native: int, inpaints: bool = False, where: Path | None = None
) -> Any:
    """The pipeline in a checkpoint of Stable Diffusion 1, 2 or XL, all of it in that number format.

    `where` are other configs than those of `base`. Raises BadInput where the file is not what its head promises.
    """
    where = where or configs(base)
    given: dict[str, Any] = {"tokenizer": clip_words("!" if base == SD2 else "<|endoftext|>")}
    if base == "SDXL":
        given["tokenizer_2"] = clip_words("!")
    if base == SD2 and native == 512:  # the smaller one predicts the noise, the larger one velocity
        given["scheduler"] = diffusers.DDIMScheduler.from_pretrained(
            where, subfolder="scheduler", prediction_type="epsilon"
        )
    if inpaints:
        given["unet"] = read(
            diffusers.UNet2DConditionModel, path, where, dtype, subfolder="unet", in_channels=9, num_in_channels=9
        )
    kind = getattr(diffusers, _PIPELINES.get(_FOLDERS[base], "StableDiffusionPipeline"))
    return read(kind, path, where, dtype, feature_extractor=None, image_encoder=None, **given)


def flow_matching(path: str | Path, base: str, detail: str, dtype: torch.dtype) -> Any:
    """The pipeline in a file of Stable Diffusion 3 or Flux with all its parts in it; SD3 goes without its third text
    encoder. `detail` tells the versions apart ("3.5 large"). Raises BadInput."""
    where = configs(base)
    given: dict[str, Any] = {"tokenizer": clip_words()}
    if base == "Flux":
        from transformers import T5TokenizerFast

        words = folders.data() / "configs" / "t5"
        given["tokenizer_2"] = T5TokenizerFast.from_pretrained(words, model_max_length=512, local_files_only=True)
        network: Any = diffusers.FluxTransformer2DModel
    else:
        given |= {"tokenizer_2": clip_words("!"), "tokenizer_3": None, "text_encoder_3": None}
        network = diffusers.SD3Transformer2DModel
    given["transformer"] = read(network, path, where, dtype, subfolder="transformer", **_VERSIONS.get(detail, {}))
    kind = getattr(diffusers, _PIPELINES[_FOLDERS[base]])
    if detail == "schnell":
        given["scheduler"] = diffusers.FlowMatchEulerDiscreteScheduler(shift=1.0)
    return read(kind, path, where, dtype, feature_extractor=None, image_encoder=None, **given)


def read(kind: Any, path: str | Path, where: Path, dtype: torch.dtype, **more: Any) -> Any:
    """`kind` (a pipeline or a network of diffusers) from that file. Raises BadInput."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return kind.from_single_file(str(path), config=str(where), torch_dtype=dtype, local_files_only=True, **more)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        if out_of_memory(error):
            raise
        lines = str(error).strip().splitlines()
        why = (lines[0] if lines else type(error).__name__)[:200].rstrip(" .:")
        raise BadInput(f"{Path(path).name} cannot be read ({why}): get it again.") from error
