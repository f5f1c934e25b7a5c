"""Random-weight models of some 50 to 400 million numbers, as folders: what predicted peaks are measured on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

# Name: how it is made. Numbers are of all parts together.
MODELS = (
    "sd-140m",
    "sd-380m",
    "sd-380m-half",
    "dit-130m",
    "flux-150m",
    "wan-120m",
    "llama-125m",
    "llama-390m",
    "musicgen-140m",
)


def save(name: str, folder: Path) -> None:
    """Write the model of that name into a new folder."""
    torch.manual_seed(0)
    kind, _, rest = name.partition("-")
    made = {
        "sd": lambda: stable_diffusion(rest), "dit": dit, "flux": flux, "wan": wan, "llama": lambda: llama(rest),
        "musicgen": musicgen,
    }[kind]()  # fmt: skip
    if rest.endswith("half"):
        made = made.to(torch.float16)
    made.save_pretrained(folder)


def autoencoder(wide: int, latent_channels: int = 4) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        sample_size=256, latent_channels=latent_channels, block_out_channels=(wide, 2 * wide, 4 * wide, 4 * wide),
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=2,
        shift_factor=0.1159 if latent_channels == 16 else None,
    )  # fmt: skip


def stable_diffusion(size: str) -> Any:
    from diffusers import UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    from models.networks import miniature

    wide, text = (96, 512) if size == "140m" else (192, 768)
    pipeline = miniature.stable_diffusion()
    tokens = pipeline.tokenizer
    pipeline.register_modules(
        unet=UNet2DConditionModel(
            sample_size=32, block_out_channels=(wide, 2 * wide, 4 * wide, 4 * wide), layers_per_block=2,
            cross_attention_dim=text, attention_head_dim=8,
        ),
        vae=autoencoder(96),
        text_encoder=CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(tokens), hidden_size=text, intermediate_size=4 * text, num_attention_heads=8,
                num_hidden_layers=4, bos_token_id=tokens.bos_token_id, eos_token_id=tokens.eos_token_id,
                pad_token_id=tokens.pad_token_id,
            )
        ),
    )  # fmt: skip
    return pipeline


def dit() -> Any:
    import diffusers

    return diffusers.DiTPipeline(
        transformer=diffusers.DiTTransformer2DModel(
            num_attention_heads=12, attention_head_dim=64, num_layers=12, sample_size=32, patch_size=2, out_channels=8,
        ),
        vae=autoencoder(64),
        scheduler=diffusers.DDIMScheduler(),
    )  # fmt: skip


def flux() -> Any:
    import diffusers

    return diffusers.FluxPipeline(
        transformer=diffusers.FluxTransformer2DModel(
            num_layers=4, num_single_layers=8, attention_head_dim=64, num_attention_heads=12, joint_attention_dim=768,
            pooled_projection_dim=256, axes_dims_rope=(16, 24, 24), guidance_embeds=True,
        ),
        vae=autoencoder(64, 16), scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        text_encoder=None, text_encoder_2=None, tokenizer=None, tokenizer_2=None,
    )  # fmt: skip


def wan() -> Any:
    import diffusers

    return diffusers.WanPipeline(
        transformer=diffusers.WanTransformer3DModel(
            num_layers=10, num_attention_heads=6, attention_head_dim=128, ffn_dim=3072, text_dim=512
        ),
        vae=diffusers.AutoencoderKLWan(base_dim=32),
        scheduler=diffusers.UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True),
        text_encoder=None, tokenizer=None,
    )  # fmt: skip


def llama(size: str) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    wide, layers = (768, 12) if size == "125m" else (1152, 20)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=32000, hidden_size=wide, intermediate_size=wide * 8 // 3, num_hidden_layers=layers,
            num_attention_heads=12, num_key_value_heads=4, max_position_embeddings=4096,
        )
    )  # fmt: skip


def musicgen() -> Any:
    import transformers

    text = transformers.T5Config(d_model=384, d_ff=1536, num_layers=6, num_heads=6, d_kv=64)
    codec = transformers.EncodecConfig(
        sampling_rate=32000, audio_channels=1, upsampling_ratios=[8, 5, 4, 4], num_filters=32, codebook_size=2048,
        target_bandwidths=[2.2], use_causal_conv=False, norm_type="weight_norm",
    )  # fmt: skip
    decoder = transformers.MusicgenDecoderConfig(
        hidden_size=768, ffn_dim=3072, num_hidden_layers=10, num_attention_heads=12
    )
    config = transformers.MusicgenConfig(text_encoder=text.to_dict(), audio_encoder=codec.to_dict(),
                                         decoder=decoder.to_dict())  # fmt: skip
    return transformers.MusicgenForConditionalGeneration(config)
