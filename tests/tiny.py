"""Random miniature models in the true formats of their libraries: what the tests load instead of a download."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SENTENCES = (
    "a red sailboat on a calm sea at sunset",
    "a white lighthouse on the left, mountains in the fog",
    "two small houses by a forest in the snow, night with moon and stars",
    "a yellow balloon over the desert, clear day",
    "a green tree and a windmill on a meadow, rain at dawn",
    "a blue bridge near a town, cloudy",
)


def clip_tokenizer() -> Any:
    """A CLIPTokenizer of the usual kind (77 tokens), trained on a few sentences; unknown words fall into letters."""
    from transformers import CLIPTokenizer

    tokenizer = CLIPTokenizer().train_new_from_iterator([list(SENTENCES)], vocab_size=640)
    tokenizer.model_max_length = 77
    return tokenizer


def stable_diffusion_folder(path: str | Path, *, size: int = 128, latent_channels: int = 4, seed: int = 0) -> Path:
    """A StableDiffusionPipeline folder of some 300 thousand random weights; `size` (pixels) is its own picture size.

    The autoencoder divides by 8, the text encoder is a two-layer CLIP, and there is
    neither safety checker nor feature extractor: the shape of the starter, at a thousandth.
    """
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    path = Path(path)
    tokenizer = clip_tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        text_encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(tokenizer),
                hidden_size=32,
                intermediate_size=48,
                num_hidden_layers=2,
                num_attention_heads=2,
                max_position_embeddings=77,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
        )
        unet = UNet2DConditionModel(
            sample_size=size // 8,
            in_channels=latent_channels,
            out_channels=latent_channels,
            block_out_channels=(16, 32),
            layers_per_block=1,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=32,
            attention_head_dim=8,
            norm_num_groups=8,
        )
        vae = AutoencoderKL(
            sample_size=size,
            latent_channels=latent_channels,
            block_out_channels=(8, 8, 8, 16),
            layers_per_block=1,
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            norm_num_groups=8,
        )
    scheduler = DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(path)
    return path


def name_it(path: str | Path, **sidecar: Any) -> Path:
    """Lay an `everyform.json` beside a model: name, licence, defaults, and so on."""
    path = Path(path)
    (path / "everyform.json").write_text(json.dumps(sidecar), encoding="utf-8")
    return path
