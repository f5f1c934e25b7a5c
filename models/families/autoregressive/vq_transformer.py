"""Text to picture by codes (Ramesh et al. 2021, DALL-E): a language model writes the codes that a VQ-VAE draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.protocol import BadInput, Card, Input, Match, Parameter

_PARTS = {
    "vqvae": ("diffusion_pytorch_model.safetensors", "its VQ-VAE"),
    "transformer": ("model.safetensors", "its transformer"),
    "text_encoder": ("model.safetensors", "its text encoder"),
    "tokenizer": ("tokenizer.json", "its tokenizer"),
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
        Input(
            name="mask",
            medium="picture",
            label="Mask",
            help="A picture of the same shape: what is white in it is made again, what is black stays as it is.",
            tasks=("inpaint",),
        ),
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
    told = files.sidecar
    missing = ", ".join(words for part, (file, words) in _PARTS.items() if not files.exists(f"{part}/{file}"))
    return Match(_card(files, told), str(told.get("name") or files.path.name), str(told.get("licence") or ""),
                 missing=missing)  # fmt: skip


def _card(files: Any, told: Mapping[str, Any]) -> Card:
    """The card with this model's limits and defaults. Raises BadInput."""
    try:
        codes = int(files.json("vqvae/config.json")["num_vq_embeddings"])
        limit = int(files.json("tokenizer/tokenizer_config.json")["model_max_length"])
    except (BadInput, KeyError, TypeError, ValueError):
        return CARD  # what it lacks is told, and it does not run
    defaults = told.get("defaults")
    parameters = _parameters(codes)
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
    from diffusers import VQModel
    from transformers import CLIPTextModel, CLIPTokenizer, LlamaForCausalLM

    from models.networks.code_prompt import CodePrompt
    from models.runtime.picture_codes import PictureCodes

    def place(part: str) -> Any:
        return files.shared.get(part, files.path / part)

    given: dict[str, Any] = {"local_files_only": True, "use_safetensors": True}
    try:
        parts: dict[str, Any] = {
            "vqvae": VQModel.from_pretrained(
                place("vqvae"), torch_dtype=torch.float32, low_cpu_mem_usage=False, **given
            ),
            "transformer": LlamaForCausalLM.from_pretrained(place("transformer"), dtype=torch.float32, **given),
            "text_encoder": CLIPTextModel.from_pretrained(place("text_encoder"), dtype=torch.float32, **given),
        }
        for part in parts.values():
            part.to(plan.device).eval().requires_grad_(False)
        parts["tokenizer"] = CLIPTokenizer.from_pretrained(place("tokenizer"), local_files_only=True)
    except (TypeError, ValueError, RuntimeError, OSError) as error:
        raise BadInput(f"The parts in {files.path.name} cannot be read: get the model again.") from error
    prompt = weights.load(CodePrompt, path, config).to(plan.device)
    told = files.sidecar
    return PictureCodes(parts, prompt, _card(files, told))


def tiny() -> Any:
    """A random miniature: 4 × 4 codes out of 16, each a square of four pixels."""
    import torch
    from transformers import CLIPTextConfig, CLIPTextModel, LlamaConfig, LlamaForCausalLM

    from models.families.vae import vqvae
    from models.networks import miniature
    from models.networks.code_prompt import CodePrompt
    from models.runtime.picture_codes import PictureCodes

    words = miniature.clip_tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(words), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
                num_attention_heads=2, max_position_embeddings=77, bos_token_id=words.bos_token_id,
                eos_token_id=words.eos_token_id, pad_token_id=words.pad_token_id,
            )
        )  # fmt: skip
        transformer = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=17, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
                max_position_embeddings=128, initializer_range=0.4, bos_token_id=None, eos_token_id=None,
            )
        )  # fmt: skip
        prompt = CodePrompt(16, 32, 16)
    parts = {"vqvae": vqvae.tiny()._model, "transformer": transformer, "text_encoder": encoder, "tokenizer": words}
    for part in (parts["transformer"], parts["text_encoder"], prompt):
        part.eval().requires_grad_(False)
    return PictureCodes(parts, prompt, replace(CARD, parameters=_parameters(16)))
