"""Text to picture by codes (Ramesh et al. 2021, DALL-E): a language model writes the codes that a VQ-VAE draws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.families.masking import MASK
from models.protocol import BadInput, Card, Input, Match, Parameter
from models.runtime import parts

_PARTS = {
    "vqvae": ("diffusion_pytorch_model.safetensors", "its VQ-VAE"),
    "transformer": ("model.safetensors", "its transformer"),
    "text_encoder": ("model.safetensors", "its text encoder"),
    "tokenizer": ("tokenizer.json", "its tokenizer"),
}
_CLASSES = {
    "vqvae": "VQModel",
    "transformer": "LlamaForCausalLM",
    "text_encoder": "CLIPTextModel",
    "tokenizer": "CLIPTokenizer",
}


def _parameters(codes: int) -> tuple[Parameter, ...]:
    """The settings of a model with that many codes in its book."""
    return (
        Parameter(
            name="temperature",
            type="float",
            default=1.0,
            minimum=0.0,
            maximum=1.5,
            label="Temperature",
            help="How boldly each code is drawn. 0 always takes the likeliest, which makes plain pictures; 1 is what "
            "was learned.",
            suggested=(0.0, 0.8, 1.0),
        ),
        Parameter(
            name="top_k",
            type="int",
            default=min(128, codes),
            minimum=1,
            maximum=codes,
            label="Top k",
            help="How many of the likeliest codes may be drawn at each place.",
            suggested=tuple(n for n in (16, 64, codes) if n <= codes),
        ),
        Parameter(
            name="top_p",
            type="float",
            default=0.98,
            minimum=0.05,
            maximum=1.0,
            label="Top p",
            help="Only the likeliest codes that together have this share of the chances may be drawn.",
            suggested=(0.9, 0.98, 1.0),
        ),
        Parameter(
            name="guidance_scale",
            type="float",
            default=2.0,
            minimum=1.0,
            maximum=8.0,
            label="Guidance",
            help="How closely the picture follows the prompt; 1 turns guidance off and takes half the time.",
            suggested=(1.0, 2.0, 3.0),
        ),
    )


CARD = Card(
    architecture="vq-transformer",
    name="VQ transformer",
    family="autoregressive",
    medium="picture",
    tasks=("text-to-picture", "inpaint"),
    parameters=_parameters(512),
    inputs=(
        Input("picture", "picture", "Picture", "The picture of which a part is made again.", ("inpaint",)),
        MASK,
    ),
    process="Code by code, row after row",
    guide="resources/guides/vq-transformer.md",
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
    try:
        codes = int(files.json("vqvae/config.json")["num_vq_embeddings"])
    except (BadInput, KeyError, TypeError, ValueError):
        return CARD  # what it lacks is told, and it does not run
    return parts.worded(files, replace(CARD, parameters=parts.preset(_parameters(codes), files.sidecar)))


def load(path: str, plan: Any) -> Any:
    """The model in that folder, on `plan`'s device, in full precision: it is small. Raises BadInput."""
    from models.networks import weights
    from models.store.files import Files

    files = Files(path)
    config = weights.read(files, CARD.architecture)
    if config is None:
        raise BadInput(f"{path} holds no model of this kind: choose a folder with one.")
    from models.networks.code_prompt import CodePrompt
    from models.runtime.pictures.picture_codes import PictureCodes

    networks = parts.load(files, _CLASSES, plan.device)
    prompt = weights.load(CodePrompt, path, config).to(plan.device)
    return PictureCodes(networks, prompt, _card(files))


def tiny() -> Any:
    """A random miniature: 4 × 4 codes out of 16, each a square of four pixels."""
    import torch

    from models.networks import miniature
    from models.networks.code_prompt import CodePrompt
    from models.runtime.pictures.picture_codes import PictureCodes

    words = miniature.clip_tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        networks: dict[str, Any] = {
            "text_encoder": miniature.clip_text(words, 16),
            "transformer": miniature.code_writer(16, spread=0.4),
            "vqvae": miniature.vq_model(),
        }
        prompt = CodePrompt(16, 32, 16)
    for network in (*networks.values(), prompt):
        network.eval().requires_grad_(False)
    return PictureCodes({**networks, "tokenizer": words}, prompt, replace(CARD, parameters=_parameters(16)))
