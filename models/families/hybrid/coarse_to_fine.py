"""Coarse to fine: autoregression draws the structure of a picture, diffusion its detail; both read the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.families.masking import MASK
from models.protocol import BadInput, Card, Input, Match, Parameter
from models.runtime import parts

_PARTS = {
    "transformer": ("model.safetensors", "its transformer"),
    "unet": ("diffusion_pytorch_model.safetensors", "its U-Net"),
    "scheduler": ("scheduler_config.json", "its noise schedule"),
    "vae": ("diffusion_pytorch_model.safetensors", "its autoencoder"),
    "text_encoder": ("model.safetensors", "its text encoder"),
    "tokenizer": ("tokenizer.json", "its tokenizer"),
}
_CLASSES = {
    "transformer": "LlamaForCausalLM",
    "unet": "UNet2DConditionModel",
    "vae": "AutoencoderKL",
    "text_encoder": "CLIPTextModel",
    "tokenizer": "CLIPTokenizer",
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
        MASK,
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
    return parts.claim(files, _card(files), _PARTS)


def _card(files: Any) -> Card:
    """The card with this model's limits and defaults. Raises BadInput."""
    return parts.worded(files, replace(CARD, parameters=parts.preset(CARD.parameters, files.sidecar)))


def load(path: str, plan: Any) -> Any:
    """The model in that folder, on `plan`'s device, in full precision: it is small. Raises BadInput."""
    from models.networks import weights
    from models.store.files import Files

    files = Files(path)
    config = weights.read(files, CARD.architecture)
    if config is None:
        raise BadInput(f"{path} holds no model of this kind: choose a folder with one.")
    from models.networks.structure import Structure
    from models.runtime.pictures.coarse_to_fine import CoarseToFine
    from models.sampling import latent_rgb

    networks = parts.load(files, _CLASSES, plan.device)
    structure = weights.load(Structure, path, config).to(plan.device)
    if not _fit(networks, structure):
        raise BadInput(f"The parts in {files.path.name} are not of one model: get it again.")
    colours = latent_rgb.from_json(files.sidecar.get("latent_rgb"), structure.channels)
    schedule = files.json("scheduler/scheduler_config.json")
    return CoarseToFine(networks, structure, schedule, _card(files), colours)


def _fit(networks: Mapping[str, Any], structure: Any) -> bool:
    """Whether what one part says is what the next one hears."""
    latents, width = structure.channels, networks["text_encoder"].config.hidden_size
    transformer, unet = networks["transformer"].config, networks["unet"].config
    return bool(
        networks["vae"].config.latent_channels == unet.out_channels == latents
        and unet.in_channels == 2 * latents
        and unet.cross_attention_dim == structure.prompt.text.in_features == width
        and transformer.vocab_size == structure.count + 1
        and transformer.hidden_size == structure.prompt.place.embedding_dim
    )


def tiny() -> Any:
    """A random miniature: 4 × 4 blocks of 2 × 2 latents out of sixteen kinds, pictures of 64 pixels."""
    import torch
    from diffusers import UNet2DConditionModel

    from models.networks import miniature
    from models.networks.structure import Structure
    from models.runtime.pictures.coarse_to_fine import CoarseToFine

    base = miniature.stable_diffusion(prediction_type="v_prediction", spacing="trailing")
    latents, text_width = base.vae.config.latent_channels, base.text_encoder.config.hidden_size
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(9)
        unet: Any = UNet2DConditionModel.from_config({**base.unet.config, "in_channels": 2 * latents})
        networks: dict[str, Any] = {
            "vae": base.vae,
            "unet": unet,
            "transformer": miniature.code_writer(16, spread=0.2),
            "text_encoder": base.text_encoder,
        }
        structure = Structure(latents, 2, 4, 16, text_width, 32)
    for network in (*networks.values(), structure):
        network.eval().requires_grad_(False)
    return CoarseToFine({**networks, "tokenizer": base.tokenizer}, structure, dict(base.scheduler.config), CARD)
