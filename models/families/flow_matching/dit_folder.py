"""What a diffusers folder of a flow-matching transformer says of itself, in its configs and its files' names."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.protocol import BadInput

_CLASSES = {
    "StableDiffusion3Pipeline": "sd3",
    "StableDiffusion3Img2ImgPipeline": "sd3",
    "StableDiffusion3InpaintPipeline": "sd3",
    "FluxPipeline": "flux",
    "FluxImg2ImgPipeline": "flux",
    "FluxInpaintPipeline": "flux",
    "PRXPipeline": "prx",
}
_TRANSFORMERS = {"sd3": "SD3Transformer2DModel", "flux": "FluxTransformer2DModel", "prx": "PRXTransformer2DModel"}
# Text encoders that must be there, and those that may be left out to save memory.
_TWO = ("text_encoder", "text_encoder_2")
_TEXTS = {"sd3": _TWO, "flux": _TWO, "prx": ("text_encoder",)}
_OPTIONAL = {"sd3": ("text_encoder_3",), "flux": (), "prx": ()}
# The tokenizer of the encoder that reads furthest, and how far the pipeline lets it.
_FURTHEST = {"sd3": ("tokenizer_3", 256), "flux": ("tokenizer_2", 512), "prx": ("tokenizer", 256)}
_NAMES = {"sd3": "SD 3", "flux": "Flux", "prx": "PRX"}
_TIMES = "scheduler/scheduler_config.json"
_WORDS = {"transformer": "the transformer", "vae": "the autoencoder", "text_encoder": "the text encoder",
          "text_encoder_2": "the second text encoder", "text_encoder_3": "the third text encoder"}  # fmt: skip


@dataclass(frozen=True)
class DitFolder:
    """`native`, `largest` and `grid` in pixels: its own picture size, the most that a side may have, and what sides
    are multiples of. `texts` are the text encoders that lie there. `distilled`: guidance is an input of the network.
    `everyform` is the sidecar's content. Of single files, `detail` tells the versions apart ("3.5 medium"), `words` is
    the folder with T5's word list, `beside` are other files with its parts, `around` is where these were looked for."""

    kind: str
    native: int
    largest: int
    grid: int
    channels: int
    shift: float
    distilled: bool
    variant: str | None
    texts: tuple[str, ...]
    tokenizer: str
    prompt_limit: int
    missing: str = ""
    everyform: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""
    words: Path | None = None
    beside: Mapping[str, Path] = field(default_factory=dict)
    around: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """The family of public checkpoints."""
        return str(self.everyform.get("base") or ("" if self.everyform else _NAMES[self.kind]))


def read(files: Any) -> DitFolder | None:
    """The folder's facts, None where it is another kind of model. `files` is a `models.store.files.Files`.

    Raises BadInput where it is of this kind and cannot be used.
    """
    if not files.exists("model_index.json"):
        return None
    index = files.json("model_index.json")
    kind = _CLASSES.get(str(index.get("_class_name")))
    if kind is None:
        return None
    for part, wanted in (("transformer", _TRANSFORMERS[kind]), ("vae", "AutoencoderKL")):
        given = index.get(part)
        if not isinstance(given, list) or len(given) != 2 or given[1] != wanted:
            raise BadInput(f"{_NAMES[kind]}'s {_WORDS[part].removeprefix('the ')} is a {wanted}, and here is none.")
        if not files.exists(f"{part}/config.json"):
            raise BadInput(f"The model is not complete, {part}/config.json is not there: get it again.")
    transformer, vae = files.json("transformer/config.json"), files.json("vae/config.json")
    times = files.json(_TIMES) if files.exists(_TIMES) else {}
    if times and not str(times.get("_class_name")).startswith("FlowMatchEuler"):
        raise BadInput("Its scheduler is not FlowMatchEulerDiscreteScheduler, which this architecture runs with.")
    try:
        factor = 2 ** (len(vae.get("block_out_channels", (128, 256, 512, 512))) - 1)
        patch = 2 if kind == "flux" else int(transformer.get("patch_size", 2))
        native = _native(kind, index, transformer, factor)
        channels = int(vae.get("latent_channels", 4))
        enters = int(transformer.get("in_channels", 64 if kind == "flux" else 16))
        longest = int(transformer.get("pos_embed_max_size") or 0) * patch * factor if kind == "sd3" else 0
        shift = shift_of(times, native, factor * patch)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput("The model's config files hold values that make no sense: get it again.") from error
    if enters != channels * (4 if kind == "flux" else 1):
        raise BadInput(f"Its transformer takes {enters} channels, which the autoencoder's {channels} do not give.")
    texts = (*_TEXTS[kind], *(part for part in _OPTIONAL[kind] if files.exists(f"{part}/config.json")))
    missing, variant = _missing(files, texts)
    tokenizer, limit = _FURTHEST[kind] if kind != "sd3" or "text_encoder_3" in texts else ("tokenizer", 77)
    return DitFolder(
        kind=kind,
        native=native,
        largest=longest or max(4 * native, 2048 if native >= 512 else 0),
        grid=factor * patch,
        channels=channels,
        shift=shift,
        distilled=bool(transformer.get("guidance_embeds", False)),
        variant=variant,
        texts=texts,
        tokenizer=tokenizer,
        prompt_limit=_limit(files, tokenizer, limit),
        missing=missing,
        everyform=files.sidecar,
    )


def _native(kind: str, index: Mapping[str, Any], transformer: Mapping[str, Any], factor: int) -> int:
    """The side of its own pictures in pixels."""
    if kind == "prx":
        return int(index.get("default_sample_size") or 512)
    return int(transformer.get("sample_size") or 128) * factor


def shift_of(times: Mapping[str, Any], native: int, token: int) -> float:
    """The shift of its times for pictures of its own size, where `token` pixels are a token's side."""
    if not times.get("use_dynamic_shifting"):
        return float(times.get("shift", 1.0))
    # Flux's: e to a number that grows with the tokens, from one size to another.
    few, many = float(times.get("base_image_seq_len", 256)), float(times.get("max_image_seq_len", 4096))
    low, high = float(times.get("base_shift", 0.5)), float(times.get("max_shift", 1.15))
    mu = low + ((native / token) ** 2 - few) * (high - low) / (many - few)
    return round(math.exp(mu) if times.get("time_shift_type") != "linear" else mu, 2)


def _missing(files: Any, texts: tuple[str, ...]) -> tuple[str, str | None]:
    """What the folder lacks, in words, and the variant ("fp16") where the transformer comes as nothing else."""
    lacks: list[str] = []
    variant: str | None = None
    for part in ("transformer", "vae", *texts):
        stem = "model" if part in texts else "diffusion_pytorch_model"
        pattern = re.escape(f"{part}/{stem}") + r"(?:\.([A-Za-z0-9_]+))?(?:-\d+-of-\d+)?\.safetensors"
        found = min((m[1] or "" for name in files.names if (m := re.fullmatch(pattern, name))), default=None)
        if found is None:
            lacks.append(f"{_WORDS[part]}'s weights ({part}/{stem}.safetensors)")
        elif part == "transformer":
            variant = found or None
    lacks.extend(
        f"the words of its tokenizer ({tokenizer}/)"
        for tokenizer in (part.replace("text_encoder", "tokenizer") for part in texts)
        if not any(files.exists(f"{tokenizer}/{name}") for name in ("tokenizer.json", "vocab.json", "spiece.model"))
    )
    if not files.exists(_TIMES):
        lacks.append(f"its times ({_TIMES})")
    return ", ".join(lacks), variant


def _limit(files: Any, tokenizer: str, most: int) -> int:
    """Tokens that its text encoder reads, marks included."""
    name = f"{tokenizer}/tokenizer_config.json"
    value = files.json(name).get("model_max_length") if files.exists(name) else None
    return min(most, int(value)) if isinstance(value, int) and value > 0 else most
