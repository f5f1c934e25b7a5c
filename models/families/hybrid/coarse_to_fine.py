"""Coarse to fine: autoregression draws the structure of a picture, diffusion its detail; both read the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.protocol import BadInput, Card, Input, Match, Parameter

_PARTS = {
    "transformer": ("model.safetensors", "its transformer"),
    "unet": ("diffusion_pytorch_model.safetensors", "its U-Net"),
    "scheduler": ("scheduler_config.json", "its noise schedule"),
    "vae": ("diffusion_pytorch_model.safetensors", "its autoencoder"),
    "text_encoder": ("model.safetensors", "its text encoder"),
    "tokenizer": ("tokenizer.json", "its tokenizer"),
}
_WRITES = ("text-to-picture", "inpaint")  # the tasks in which structure is drawn; in the third it is the picture's own
_STARTS = ("picture-to-picture", "inpaint")

CARD = Card(
    architecture="coarse-to-fine",
    name="Coarse to fine",
    family="hybrid",
    medium="picture",
    tasks=("text-to-picture", "picture-to-picture", "inpaint"),
    parameters=(
        Parameter(
            name="temperature",
            type="float",
            default=0.9,
            minimum=0.0,
            maximum=1.5,
            label="Temperature",
            help="How boldly each block of the structure is drawn: 0 takes the likeliest, 1 is what was learned.",
            suggested=(0.0, 0.9, 1.0),
            tasks=_WRITES,
        ),
        Parameter(
            name="top_p",
            type="float",
            default=0.95,
            minimum=0.05,
            maximum=1.0,
            label="Top p",
            help="Only the likeliest blocks that together have this share of the chances may be drawn.",
            suggested=(0.8, 0.95, 1.0),
            tasks=_WRITES,
        ),
        Parameter(
            name="structure_guidance",
            type="float",
            default=2.0,
            minimum=1.0,
            maximum=8.0,
            label="Structure guidance",
            help="How closely the structure follows the prompt; 1 turns guidance off.",
            suggested=(1.0, 2.0, 3.0),
            tasks=_WRITES,
        ),
        Parameter(
            name="steps",
            type="int",
            default=20,
            minimum=1,
            maximum=100,
            label="Steps",
            help="How often the detail is looked at anew. More take longer and are finer.",
            suggested=(8, 20, 40),
        ),
        Parameter(
            name="guidance_scale",
            type="float",
            default=3.0,
            minimum=1.0,
            maximum=12.0,
            label="Guidance",
            help="How closely the detail follows the prompt; 1 turns guidance off and takes half the time.",
            suggested=(1.0, 3.0, 5.0),
        ),
        Parameter(
            name="structure_hold",
            type="float",
            default=1.0,
            minimum=0.0,
            maximum=1.0,
            label="Hold the structure",
            help="For which share of the steps the detail is held to the structure: less lets it go its own way.",
            suggested=(0.3, 0.6, 1.0),
        ),
        Parameter(
            name="variation",
            type="int",
            default=0,
            minimum=0,
            maximum=100,
            label="Variation",
            help="Another number is another detail on the same structure.",
            suggested=(0, 1, 2, 3),
        ),
        Parameter(
            name="show",
            type="choice",
            default="picture",
            choices=("picture", "structure", "both"),
            label="Show",
            help="The picture, the structure that it was worked out from, or both side by side.",
            advanced=True,
        ),
    ),
    inputs=(
        Input(
            name="picture",
            medium="picture",
            label="Picture",
            help="The picture whose structure is kept, or of which a part is made again.",
            tasks=_STARTS,
        ),
        Input(
            name="mask",
            medium="picture",
            label="Mask",
            help="A picture of the same shape: what is white in it is made again, what is black stays as it is.",
            tasks=("inpaint",),
        ),
    ),
    process="First the structure, block after block, then the detail, everywhere at once",
    guide="resources/guides/coarse-to-fine.md",
    prompt_limit=77,
    tokenizer="tokenizer",
)


def recognise(files: Any) -> Match | None:
    """A folder with our config of such a model. Raises BadInput where it makes no sense."""
    from models.networks import weights

    if weights.read(files, CARD.architecture) is None:
        return None
    told = files.sidecar
    missing = ", ".join(words for part, (file, words) in _PARTS.items() if not files.exists(f"{part}/{file}"))
    return Match(_card(files, told), str(told.get("name") or files.path.name), str(told.get("licence") or ""),
                 missing=missing)  # fmt: skip


def _card(files: Any, told: Mapping[str, Any]) -> Card:
    """The card with this model's limits and defaults. Raises BadInput."""
    try:
        limit = int(files.json("tokenizer/tokenizer_config.json")["model_max_length"])
    except (BadInput, KeyError, TypeError, ValueError):
        return CARD  # what it lacks is told, and it does not run
    defaults = told.get("defaults")
    parameters = CARD.parameters
    if isinstance(defaults, Mapping):
        parameters = tuple(replace(p, default=p.check(defaults.get(p.name, p.default))) for p in parameters)
    return replace(CARD, parameters=parameters, prompt_limit=min(limit, 4096))


def load(path: str, plan: Any) -> Any:
    """The model in that folder, on `plan`'s device, in full precision: it is small. Raises BadInput."""
    from models.networks import weights
    from models.store.files import Files

    files = Files(path)
    config = weights.read(files, CARD.architecture)
    if config is None:
        raise BadInput(f"{path} holds no model of this kind: choose a folder with one.")
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer, LlamaForCausalLM

    from models.networks.structure import Structure
    from models.runtime.coarse_to_fine import CoarseToFine
    from models.sampling import latent_rgb

    def place(part: str) -> Any:
        return files.shared.get(part, files.path / part)

    given: dict[str, Any] = {"local_files_only": True, "use_safetensors": True}
    ours: dict[str, Any] = {"torch_dtype": torch.float32, "low_cpu_mem_usage": False, **given}
    try:
        parts: dict[str, Any] = {
            "vae": AutoencoderKL.from_pretrained(place("vae"), **ours),
            "unet": UNet2DConditionModel.from_pretrained(place("unet"), **ours),
            "transformer": LlamaForCausalLM.from_pretrained(place("transformer"), dtype=torch.float32, **given),
            "text_encoder": CLIPTextModel.from_pretrained(place("text_encoder"), dtype=torch.float32, **given),
        }
        for part in parts.values():
            part.to(plan.device).eval().requires_grad_(False)
        parts["tokenizer"] = CLIPTokenizer.from_pretrained(place("tokenizer"), local_files_only=True)
    except (TypeError, ValueError, RuntimeError, OSError) as error:
        raise BadInput(f"The parts in {files.path.name} cannot be read: get the model again.") from error
    structure = weights.load(Structure, path, config).to(plan.device)
    if not _fit(parts, structure):
        raise BadInput(f"The parts in {files.path.name} are not of one model: get it again.")
    told = files.sidecar
    colours = latent_rgb.from_json(told.get("latent_rgb"), structure.channels)
    schedule = files.json("scheduler/scheduler_config.json")
    return CoarseToFine(parts, structure, schedule, _card(files, told), colours)


def _fit(parts: Mapping[str, Any], structure: Any) -> bool:
    """Whether what one part says is what the next one hears."""
    latents, width = structure.channels, parts["text_encoder"].config.hidden_size
    transformer, unet = parts["transformer"].config, parts["unet"].config
    return bool(
        parts["vae"].config.latent_channels == unet.out_channels == latents
        and unet.in_channels == 2 * latents
        and unet.cross_attention_dim == structure.prompt.text.in_features == width
        and transformer.vocab_size == structure.count + 1
        and transformer.hidden_size == structure.prompt.place.embedding_dim
    )


def tiny() -> Any:
    """A random miniature: 4 × 4 blocks of 2 × 2 latents out of sixteen kinds, pictures of 64 pixels."""
    import torch
    from diffusers import UNet2DConditionModel
    from transformers import LlamaConfig, LlamaForCausalLM

    from models.networks import miniature
    from models.networks.structure import Structure
    from models.runtime.coarse_to_fine import CoarseToFine

    base = miniature.stable_diffusion(prediction_type="v_prediction", spacing="trailing")
    parts = {name: getattr(base, name) for name in ("vae", "text_encoder", "tokenizer")}
    latents, text_width = base.vae.config.latent_channels, base.text_encoder.config.hidden_size
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(9)
        parts["unet"] = UNet2DConditionModel.from_config({**base.unet.config, "in_channels": 2 * latents})
        parts["transformer"] = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=17, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
                max_position_embeddings=128, initializer_range=0.2, bos_token_id=None, eos_token_id=None,
            )
        )  # fmt: skip
        structure = Structure(latents, 2, 4, 16, text_width, 32)
    for part in (*(parts[name] for name in ("unet", "transformer", "vae", "text_encoder")), structure):
        part.eval().requires_grad_(False)
    return CoarseToFine(parts, structure, dict(base.scheduler.config), CARD)
