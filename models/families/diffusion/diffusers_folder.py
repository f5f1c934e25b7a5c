"""What any diffusers folder says of itself: its pipeline, whether its parts are there, and the sizes that it makes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.families.diffusion import diffusers_table
from models.families.diffusion.diffusers_table import Signature
from models.protocol import BadInput, Value

INDEX = "model_index.json"
# Parts that are not loaded: they only judge or mark what was made.
LEFT_OUT = ("safety_checker", "watermarker")
_LARGEST_PATCH = 8
# Parts that a pipeline makes where its folder has none.
_MAKES_ITSELF: Mapping[str, tuple[str, ...]] = {"LongCatAudioDiTPipeline": ("scheduler",)}
_AUTOENCODERS = ("vae", "vqvae", "movq", "vqgan", "video_vae", "decoder_vae")
_NETWORKS = ("transformer", "unet", "prior_prior", "image_unet", "decoder")
# Parts that hold no weights, by what their classes are called.
_LIGHT = re.compile(r".*(Tokenizer|Processor|Extractor|Scheduler|Guidance).*|Mel")
_NETWORK_FILE = r"(?:diffusion_pytorch_model|model|pytorch_model)(?:\.([A-Za-z0-9_]+))?(?:-\d+-of-\d+)?\.safetensors"


@dataclass(frozen=True)
class DiffusersFolder:
    """`width` and `height` in pixels, 0 where only the pipeline itself knows; `least` is the smaller one of these and
    of the size that its network was made for; sides are multiples of `grid`; `factor` of them are a latent's side.

    `told` are defaults by argument. `parts` maps each part that is there to its class, `variant` is the name in the
    names of its weights ("fp16") where these come in no other. `longest` is how many frames its layers of time have
    places for, 0 where that has no end. `everyform` is the sidecar's content.
    """

    signature: Signature
    parts: Mapping[str, str]
    width: int
    height: int
    least: int
    grid: int
    factor: int
    told: Mapping[str, Value]
    tokenizer: str
    prompt_limit: int
    variant: str | None
    missing: str = ""
    longest: int = 0
    everyform: Mapping[str, Any] = field(default_factory=dict)


def read(files: Any, without: tuple[str, ...] = ()) -> DiffusersFolder | None:
    """The folder's facts, None where it is no diffusers folder. `files` is a `models.store.files.Files`.

    The weights of the parts in `without` lie elsewhere. Raises BadInput with why it cannot be run.
    """
    if files.exists("modular_model_index.json") and not files.exists(INDEX):
        raise BadInput("It is a modular pipeline, put together from blocks: choose the plain version of the model.")
    if not files.exists(INDEX):
        return None
    index = files.json(INDEX)
    name = str(index.get("_class_name"))
    signature = diffusers_table.find(name)
    if signature is None:
        raise BadInput(f"{name} is no pipeline of the installed diffusers library: it is newer, or somebody's own.")
    if why := unusable(signature):
        raise BadInput(f"{name} {why}.")
    parts = {part: given[1] for part, given in index.items() if _is_part(part, given)}
    configs = {part: _config(files, part) for part in parts}
    without += _MAKES_ITSELF.get(name, ())
    missing, variant = _missing(files, {part: kind for part, kind in parts.items() if part not in without})
    try:
        factor = _factor(configs)
        own = _own_size(configs, factor)
        width, height = _size(signature, own, factor)
        least = min(width, height, *(own or ()))
        grid = _grid(signature, factor, configs)
        told, longest = _told(configs, index), _longest(configs)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput("The model's config files hold values that make no sense: get it again.") from error
    tokenizer, limit = _tokenizer(files, parts, signature)
    return DiffusersFolder(
        signature, parts, width, height, least, grid, factor, told, tokenizer, limit, variant, missing, longest,
        files.sidecar,
    )  # fmt: skip


def of_medium(files: Any, medium: str) -> DiffusersFolder | None:
    """The same of a folder whose pipeline makes that medium; None of any other, whatever may be said of that."""
    if not files.path.is_dir() or not files.exists(INDEX):
        return None
    signature = diffusers_table.find(str(files.json(INDEX).get("_class_name")))
    return read(files) if signature is not None and signature.medium == medium else None


def unusable(signature: Signature) -> str:
    """Why that pipeline makes nothing here, as the end of a sentence; empty where it does."""
    name = signature.name
    if signature.medium is None:
        return "makes no picture, film, sound or text, but what another pipeline goes on from"
    if name.startswith("Onnx"):
        return (
            "consists of ONNX files, which this kind of pipeline is not run from: choose the version with safetensors"
        )
    if "Cosmos" in name:
        return "runs only with NVIDIA's own safety checker, as its licence asks, which none of the libraries here has"
    tensors = [a for a in signature.needs if re.fullmatch(r".*(embeds|embeddings|latents|hint|tokens|controls)", a)]
    if tensors:
        return f"starts from what another pipeline computes ({', '.join(tensors)}): choose the whole model"
    return ""


def _is_part(name: str, given: Any) -> bool:
    """Whether an entry of the index is a part, [library, class], that is loaded."""
    if name.startswith("_") or name in LEFT_OUT or not isinstance(given, list) or len(given) != 2:
        return False
    return all(isinstance(word, str) for word in given)


def _config(files: Any, part: str) -> Mapping[str, Any]:
    for name in (f"{part}/config.json", f"{part}/scheduler_config.json"):
        if files.exists(name):
            return files.json(name)
    return {}


def _missing(files: Any, parts: Mapping[str, str]) -> tuple[str, str | None]:
    """What the folder lacks, in words, and the variant where weights come as nothing else."""
    lacks: list[str] = []
    variants: set[str] = set()
    for part, kind in parts.items():
        inside = [name.removeprefix(f"{part}/") for name in files.names if name.startswith(f"{part}/")]
        if not inside:
            lacks.append(f"its {part.replace('_', ' ')} (the folder {part})")
        elif not _LIGHT.fullmatch(kind):
            found = {match[1] or "" for name in inside if (match := re.fullmatch(_NETWORK_FILE, name))}
            if not found:
                lacks.append(f"the weights of its {part.replace('_', ' ')} ({part}/*.safetensors)")
            elif "" not in found:
                variants.add(min(found))
    return ", ".join(lacks), min(variants, default=None)


# ── sizes ─────────────────────────────────────────────────────────────────────


def _factor(configs: Mapping[str, Mapping[str, Any]]) -> int:
    """The side of the square of pixels that one latent stands for; 1 where there is no autoencoder."""
    config = next((configs[part] for part in _AUTOENCODERS if part in configs), None)
    if config is None:
        return 1
    for key in ("scale_factor_spatial", "spatial_compression_ratio", "spatial_compression", "downsampling_ratio"):
        if isinstance(value := config.get(key), int) and value > 0:
            return value
    for key, more in (("temperal_downsample", 0), ("encoder_block_out_channels", -1), ("block_out_channels", -1)):
        if isinstance(value := config.get(key), list):
            return 2 ** min(max(len(value) + more, 0), 8)
    return 8


def _size(signature: Signature, own: tuple[int, int] | None, factor: int) -> tuple[int, int]:
    """Width and height that the pipeline makes if not told otherwise, in pixels."""
    sides = []
    for side, argument in zip(own or (0, 0), ("width", "height"), strict=True):
        default = signature.default(argument)
        if isinstance(default, int) and default > 0:
            sides.append(default)
        elif side:
            sides.append(side)
        else:
            sides.append(signature.sample * factor or signature.pixels)
    return sides[0], sides[1]


def _own_size(configs: Mapping[str, Mapping[str, Any]], factor: int) -> tuple[int, int] | None:
    for part in _NETWORKS:
        config = configs.get(part, {})
        wide, high = config.get("sample_width"), config.get("sample_height")
        side = config.get("sample_size")
        if isinstance(wide, int) and isinstance(high, int):
            return wide * factor, high * factor
        if isinstance(side, list) and len(side) == 2:
            return int(side[1]) * factor, int(side[0]) * factor
        if isinstance(side, int):
            return side * factor, side * factor
    return None


def _grid(signature: Signature, factor: int, configs: Mapping[str, Mapping[str, Any]]) -> int:
    """What sides are multiples of, in pixels: of the latents' squares, and of the squares of these that a transformer
    takes together, which some pipelines do not check."""
    if factor == 1 and not signature.grid:
        return 1
    patch = configs.get("transformer", {}).get("patch_size")
    patch = patch[-1] if isinstance(patch, list) and patch else patch
    told = patch if isinstance(patch, int) and 0 < patch <= _LARGEST_PATCH else 0
    usual = 2 if "transformer" in configs and not signature.grid else 1
    return math.lcm(signature.grid or 1, factor * (signature.cells or told or usual))


# ── defaults and words ────────────────────────────────────────────────────────


def _told(configs: Mapping[str, Mapping[str, Any]], index: Mapping[str, Any]) -> dict[str, Value]:
    """Defaults by argument that only the folder knows."""
    found: dict[str, Value] = {}
    for config in (configs.get("transformer", {}), configs.get("unet", {})):
        for key in ("sample_frames", "num_frames", "video_length"):
            if isinstance(value := config.get(key), int) and value > 0:
                found.setdefault({"sample_frames": "num_frames"}.get(key, key), value)
        if config.get("guidance_embeds") is False:
            found.setdefault("guidance_scale", 1.0)
    steps = index.get("default_denoising_steps")
    return found | ({"num_inference_steps": steps} if isinstance(steps, int) and steps > 0 else {})


def _longest(configs: Mapping[str, Mapping[str, Any]]) -> int:
    """Frames that AnimateDiff's positions reach to: of its adapter, or of a U-Net that has it inside."""
    places = [configs.get(part, {}).get("motion_max_seq_length") for part in ("motion_adapter", "unet")]
    return min((n for n in places if isinstance(n, int) and n > 0), default=0)


def _tokenizer(files: Any, parts: Mapping[str, str], signature: Signature) -> tuple[str, int]:
    """The folder of the tokenizer that reads furthest, and how far. No folder where its words cannot be counted."""
    if not (signature.has("prompt") or signature.has("task_prompt")):
        return "", 0
    told = signature.default("max_sequence_length")
    best, furthest = "", 0
    for part in (part for part in parts if part.startswith("tokenizer")):
        limit = _words(files, part)
        if limit > 77 and isinstance(told, int):
            limit = min(limit, told)
        if limit > furthest:
            best, furthest = part, limit
    countable = files.exists(f"{best}/tokenizer.json") or (
        files.exists(f"{best}/vocab.json") and files.exists(f"{best}/merges.txt")
    )
    return best if countable else "", furthest or (told if isinstance(told, int) else 77)


def _words(files: Any, part: str) -> int:
    """How many tokens that tokenizer reads."""
    name = f"{part}/tokenizer_config.json"
    value = files.json(name).get("model_max_length") if files.exists(name) else None
    # Tokenizers that know no limit write a number with thirty digits.
    return value if isinstance(value, int) and 0 < value < 100_000 else 512
