"""What a diffusers folder of the Stable Diffusion kind says of itself, in its configs and the heads of its weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.protocol import BadInput

ARCHITECTURES = ("latent-diffusion", "consistency", "adversarial-distillation")
_CLASSES = {
    "StableDiffusionPipeline": "sd",
    "StableDiffusionImg2ImgPipeline": "sd",
    "StableDiffusionInpaintPipeline": "sd",
    "LatentConsistencyModelPipeline": "sd",
    "LatentConsistencyModelImg2ImgPipeline": "sd",
    "StableDiffusionXLPipeline": "sdxl",
    "StableDiffusionXLImg2ImgPipeline": "sdxl",
    "StableDiffusionXLInpaintPipeline": "sdxl",
}
# Each part with weights, its class, and what its files are called. Tokenizers and the scheduler have none.
_UNET = ("unet", "UNet2DConditionModel", "diffusion_pytorch_model", "the U-Net")
_VAE = ("vae", "AutoencoderKL", "diffusion_pytorch_model", "the autoencoder")
_TEXT = ("text_encoder", "CLIPTextModel", "model", "the text encoder")
_TEXT_2 = ("text_encoder_2", "CLIPTextModelWithProjection", "model", "the second text encoder")
REFINER = "refiner"  # SDXL's: it reads with the second text encoder alone, and only finishes pictures
_PARTS = {"sd": (_UNET, _VAE, _TEXT), "sdxl": (_UNET, _VAE, _TEXT, _TEXT_2), REFINER: (_UNET, _VAE, _TEXT_2)}
_TOKENIZERS = {"sd": ("tokenizer",), "sdxl": ("tokenizer", "tokenizer_2"), REFINER: ("tokenizer_2",)}
_CLIP_LIMIT = 77


@dataclass(frozen=True)
class StableDiffusionFolder:
    """`native` and `factor` in pixels: its own picture size, and the side of the square that one latent stands for.

    `kind` is "sd", "sdxl" or `REFINER`; `architecture` is the key of the one family that runs it: the networks are the
    same, what they were taught is not. `inpaints` means a U-Net that takes a mask as input and can do nothing else,
    `distilled` one that was taught guidance (Luo et al. 2023, section 4.2). `everyform` is the sidecar's content.
    Of a single file, which has no scheduler to say it: whether it predicts `velocity`, and learned on noise alone too
    (`pure_noise`, Lin et al. 2024).
    """

    kind: str
    architecture: str
    base: str
    native: int
    factor: int
    channels: int
    inpaints: bool
    distilled: bool
    variant: str | None
    scheduler: str
    prompt_limit: int
    missing: str = ""
    everyform: Mapping[str, Any] = field(default_factory=dict)
    velocity: bool = False
    pure_noise: bool = False


def read(files: Any) -> StableDiffusionFolder | None:
    """The folder's facts, None where it is another kind of model. `files` is a `models.store.files.Files`.

    Raises BadInput where it is of this kind and cannot be used.
    """
    if not files.exists("model_index.json"):
        return None
    index = files.json("model_index.json")
    kind = _CLASSES.get(str(index.get("_class_name")))
    if kind is None:
        return None
    if kind == "sdxl" and index.get("requires_aesthetics_score"):
        kind = REFINER
    for part, wanted, _, words in _PARTS[kind]:
        given = index.get(part)
        if not isinstance(given, list) or len(given) != 2 or given[1] != wanted:
            raise BadInput(f"Stable Diffusion's {words.removeprefix('the ')} is a {wanted}, and here is none of it.")
        if not files.exists(f"{part}/config.json"):
            raise BadInput(f"The model is not complete, {part}/config.json is not there: get it again.")
    unet, vae = files.json("unet/config.json"), files.json("vae/config.json")
    missing, variant = _missing(files, kind)
    scheduler = files.json("scheduler/scheduler_config.json") if files.exists("scheduler/scheduler_config.json") else {}
    try:
        channels = int(vae.get("latent_channels", 4))
        enters = int(unet.get("in_channels", 4))
        factor = 2 ** (len(vae.get("block_out_channels", (128, 256, 512, 512))) - 1)
        side = unet.get("sample_size") or 64
        native = (max(side) if isinstance(side, list) else int(side)) * factor
    except (TypeError, ValueError) as error:
        raise BadInput("The model's config.json files hold values that make no sense: get it again.") from error
    # A U-Net for inpainting also sees the mask and the masked picture (Rombach et al. 2022, section 4.5).
    inpaints = enters == 2 * channels + 1
    if (not inpaints and enters != channels) or (inpaints and channels != 4):
        raise BadInput(
            f"Its U-Net takes {enters} channels where the autoencoder gives {channels}: it needs more inputs."
        )
    _fits(files, "unet", variant, "conv_in.weight", enters)
    _fits(files, "vae", variant, "decoder.conv_in.weight", channels)
    everyform = files.sidecar
    return StableDiffusionFolder(
        kind=kind,
        architecture=_architecture(str(index.get("_class_name")), scheduler, everyform),
        base=str(everyform.get("base") or _base(kind, unet)),
        native=native,
        factor=factor,
        channels=channels,
        inpaints=inpaints,
        distilled=unet.get("time_cond_proj_dim") is not None,
        variant=variant,
        scheduler=str(scheduler.get("_class_name", "")),
        prompt_limit=_prompt_limit(files, kind),
        missing=missing,
        everyform=everyform,
    )


def _architecture(pipeline: str, scheduler: Mapping[str, Any], everyform: Mapping[str, Any]) -> str:
    """Which family the folder belongs to, told by the sampler that it was published with.

    Latent consistency models name LCM's. What was distilled with a discriminator (SD Turbo, SDXL Turbo, Lightning)
    names Euler's from the noisiest time on ("trailing"), as others do only where they predict velocity.
    """
    told = everyform.get("architecture")
    if told in ARCHITECTURES:
        return str(told)
    sampler = str(scheduler.get("_class_name"))
    if pipeline.startswith("LatentConsistencyModel") or sampler == "LCMScheduler":
        return "consistency"
    euler = sampler in ("EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler")
    epsilon = scheduler.get("prediction_type", "epsilon") == "epsilon"
    if euler and epsilon and scheduler.get("timestep_spacing") == "trailing":
        return "adversarial-distillation"
    return "latent-diffusion"


def _base(kind: str, unet: Mapping[str, Any]) -> str:
    """The family of public checkpoints, told by the width of the text that the U-Net reads."""
    if kind != "sd":
        return "SDXL refiner" if kind == REFINER else "SDXL"
    return {768: "SD 1.x", 1024: "SD 2.x"}.get(unet.get("cross_attention_dim"), "")  # type: ignore[arg-type]


def _missing(files: Any, kind: str) -> tuple[str, str | None]:
    """What the folder lacks, in words, and the variant ("fp16") where the U-Net comes as nothing else."""
    lacks: list[str] = []
    variant: str | None = None
    for part, _, stem, words in _PARTS[kind]:
        found = _weights(files, part, stem)
        if found is None:
            lacks.append(f"{words}'s weights ({part}/{stem}.safetensors)")
        elif part == "unet":
            variant = found or None
    lacks.extend(
        f"the words of its tokenizer ({tokenizer}/)"
        for tokenizer in _TOKENIZERS[kind]
        if not any(files.exists(f"{tokenizer}/{name}") for name in ("tokenizer.json", "vocab.json"))
    )
    if not files.exists("scheduler/scheduler_config.json"):
        lacks.append("its noise schedule (scheduler/scheduler_config.json)")
    return ", ".join(lacks), variant


def _weights(files: Any, part: str, stem: str) -> str | None:
    """The variant in which that part's weights lie there: "" for the plain one, None for none."""
    start = re.escape(f"{part}/{stem}")
    variants: set[str] = set()
    for name in files.names:
        if found := re.fullmatch(start + r"(?:\.([A-Za-z0-9_]+))?(?:-\d+-of-\d+)?\.safetensors", name):
            variants.add(found[1] or "")
    return min(variants, default=None)


def _fits(files: Any, part: str, variant: str | None, tensor: str, channels: int) -> None:
    """Raises BadInput where the weights are not those that the config describes. Weights in shards are not checked."""
    dotted = f".{variant}" if variant else ""
    for name in (f"{part}/diffusion_pytorch_model{dotted}.safetensors", f"{part}/diffusion_pytorch_model.safetensors"):
        if files.exists(name):
            found = files.tensors(name).get(tensor)
            if found is None or found[1][1:2] != (channels,):
                raise BadInput(
                    f"The weights in {name} are not those that {part}/config.json describes: get them again."
                )
            return


def _prompt_limit(files: Any, kind: str) -> int:
    """Tokens that the text encoder reads, start and end marks included."""
    limits = [_CLIP_LIMIT]
    which = "_2" if kind == REFINER else ""
    for name, key in (
        (f"tokenizer{which}/tokenizer_config.json", "model_max_length"),
        (f"text_encoder{which}/config.json", "max_position_embeddings"),
    ):
        value = files.json(name).get(key) if files.exists(name) else None
        if isinstance(value, int) and value > 0:
            limits.append(value)
    return min(limits)
