"""`python -m tests.models.planning.make_known`: weighs well-known models anew and writes known.json.

The networks are made by diffusers and transformers on the meta device, from their public configs: the classes' own
defaults where those are the model (Flux, LTX, Wan 14B, SD 1.5's blocks), else as the models' own files say: SDXL's and
SD 2's Stability configs (transformer depths 1, 2, 10 and context 2048; linear projections and context 1024), SD 3.5's
model cards, Wan's wan/configs (1.3B: 1536 wide, 8960 in the feed-forward part, 12 heads, 30 layers), Llama 3.1 8B's
config (128,256 words, 4096 wide, 14,336, 8 heads for keys and values).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.planning.parts import Part, Role, to_rows
from models.planning.weigh import part

_TIED = ("encoder.embed_tokens.weight",)  # T5 saves its table of words once
Made = tuple[Part, dict[str, Any]]


def weighed(
    name: str, role: Role, library: str, make: Callable[[], Any], latent: dict[str, Any] | None = None,
    stored: str = "F16",
) -> Made:  # fmt: skip
    """The part, and its config for those that go by it."""
    import accelerate

    with accelerate.init_empty_weights():
        network = make()
    heads = {n: (stored, tuple(t.shape)) for n, t in network.state_dict().items() if n not in _TIED}
    config = dict(network.config) if library == "diffusers" else network.config.to_dict()
    if library == "diffusers":
        config["_class_name"] = type(network).__name__
    size = sum(math.prod(shape) for _, shape in heads.values()) * (4 if stored == "F32" else 2)
    return part(name, role, type(network).__name__, library, heads, size, config, latent), config


def known() -> dict[str, list[Part]]:
    import diffusers as d
    import transformers as t

    def text(name: str, make: Callable[[], Any], stored: str = "F16") -> Part:
        return weighed(name, "text", "transformers", make, stored=stored)[0]

    def denoiser(name: str, make: Callable[[], Any], latent: dict[str, Any], stored: str = "F16") -> Part:
        return weighed(name, "denoiser", "diffusers", make, latent, stored)[0]

    def vae(stored: str = "F16", **more: Any) -> Made:
        blocks = {
            "block_out_channels": (128, 256, 512, 512), "down_block_types": ("DownEncoderBlock2D",) * 4,
            "up_block_types": ("UpDecoderBlock2D",) * 4, "layers_per_block": 2, "latent_channels": 4,
        }  # fmt: skip
        return weighed("vae", "autoencoder", "diffusers", lambda: d.AutoencoderKL(**{**blocks, **more}), None, stored)

    def clip(kind: Any, wide: int, layers: int, heads: int, **more: Any) -> Callable[[], Any]:
        return lambda: kind(
            t.CLIPTextConfig(
                hidden_size=wide, intermediate_size=4 * wide, num_hidden_layers=layers, num_attention_heads=heads,
                **more,
            )
        )  # fmt: skip

    def t5(kind: Any, config: Any, words: int) -> Callable[[], Any]:
        return lambda: kind(
            config(
                vocab_size=words, d_model=4096, d_kv=64, d_ff=10240, num_layers=24, num_heads=64,
                feed_forward_proj="gated-gelu",
            )
        )  # fmt: skip

    clip_l = clip(t.CLIPTextModel, 768, 12, 12)
    clip_g = clip(t.CLIPTextModelWithProjection, 1280, 32, 20, projection_dim=1280)
    xxl = t5(t.T5EncoderModel, t.T5Config, 32128)
    four, four_config = vae()
    sixteen, sixteen_config = vae(latent_channels=16, use_quant_conv=False, use_post_quant_conv=False)
    sixteen_bf16, _ = vae("BF16", latent_channels=16, use_quant_conv=False, use_post_quant_conv=False)
    wan_vae, wan_config = weighed("vae", "autoencoder", "diffusers", d.AutoencoderKLWan, None, "F32")
    ltx_vae, ltx_config = weighed("vae", "autoencoder", "diffusers", d.AutoencoderKLLTXVideo, None, "BF16")

    def unet(**more: Any) -> Callable[[], Any]:
        return lambda: d.UNet2DConditionModel(**{"sample_size": 64, **more})

    def sd3(**more: Any) -> Callable[[], Any]:
        return lambda: d.SD3Transformer2DModel(
            patch_size=2, in_channels=16, joint_attention_dim=4096, pooled_projection_dim=2048, qk_norm="rms_norm",
            attention_head_dim=64, **more,
        )  # fmt: skip

    xl = unet(
        sample_size=128, block_out_channels=(320, 640, 1280),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=[1, 2, 10], attention_head_dim=[5, 10, 20], cross_attention_dim=2048,
        addition_embed_type="text_time", addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816,
        use_linear_projection=True,
    )  # fmt: skip
    sd2 = unet(cross_attention_dim=1024, attention_head_dim=[5, 10, 20, 20], use_linear_projection=True)
    medium = sd3(
        num_layers=24, num_attention_heads=24, caption_projection_dim=1536, pos_embed_max_size=384,
        dual_attention_layers=tuple(range(13)),
    )  # fmt: skip
    large = sd3(num_layers=38, num_attention_heads=38, caption_projection_dim=2432, pos_embed_max_size=192)
    three = [
        text("text_encoder", clip(t.CLIPTextModelWithProjection, 768, 12, 12, projection_dim=768)),
        text("text_encoder_2", clip_g), text("text_encoder_3", xxl),
    ]  # fmt: skip
    umt5 = text("text_encoder", t5(t.UMT5EncoderModel, t.UMT5Config, 256384), "BF16")
    small_wan = {"num_attention_heads": 12, "ffn_dim": 8960, "num_layers": 30}

    def encodec() -> Any:
        return t.EncodecModel(
            t.EncodecConfig(
                sampling_rate=32000, audio_channels=1, upsampling_ratios=[8, 5, 4, 4], num_filters=64,
                codebook_size=2048, target_bandwidths=[2.2], use_causal_conv=False, norm_type="weight_norm",
            )
        )  # fmt: skip

    def llama() -> Any:
        return t.LlamaForCausalLM(
            t.LlamaConfig(
                vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32,
                num_attention_heads=32, num_key_value_heads=8, max_position_embeddings=131072,
            )
        )  # fmt: skip

    def t5_base() -> Any:
        return t.T5EncoderModel(t.T5Config(vocab_size=32128, d_model=768, d_ff=3072, num_layers=12, num_heads=12))

    def pixart() -> Any:
        return d.PixArtTransformer2DModel(
            sample_size=128, caption_channels=4096, cross_attention_dim=1152, use_additional_conditions=False
        )

    return {
        "SD 1.5": [
            text("text_encoder", clip_l),
            denoiser("unet", unet(cross_attention_dim=768, attention_head_dim=8), four_config), four,
        ],
        "SD 2": [text("text_encoder", clip(t.CLIPTextModel, 1024, 23, 16)), denoiser("unet", sd2, four_config), four],
        "SDXL": [
            text("text_encoder", clip_l), text("text_encoder_2", clip_g), denoiser("unet", xl, four_config), four
        ],
        "SD 3.5 medium": [*three, denoiser("transformer", medium, sixteen_config), sixteen],
        "SD 3.5 large": [*three, denoiser("transformer", large, sixteen_config), sixteen],
        "Flux dev": [
            text("text_encoder", clip_l, "BF16"), text("text_encoder_2", xxl, "BF16"),
            denoiser("transformer", lambda: d.FluxTransformer2DModel(guidance_embeds=True), sixteen_config, "BF16"),
            sixteen_bf16,
        ],
        "PixArt": [text("text_encoder", xxl, "F32"), denoiser("transformer", pixart, four_config, "F32"), four],
        "Wan 1.3B": [
            umt5, denoiser("transformer", lambda: d.WanTransformer3DModel(**small_wan), wan_config, "F32"), wan_vae
        ],
        "Wan 14B": [umt5, denoiser("transformer", d.WanTransformer3DModel, wan_config, "BF16"), wan_vae],
        "LTX": [
            text("text_encoder", xxl, "BF16"),
            denoiser("transformer", d.LTXVideoTransformer3DModel, ltx_config, "BF16"), ltx_vae,
        ],
        "Llama 8B": [weighed("", "language", "transformers", llama, None, "BF16")[0]],
        "MusicGen small": [
            text("text_encoder", t5_base, "F32"),
            weighed("audio_encoder", "codec", "transformers", encodec, None, "F32")[0],
            weighed("decoder", "language", "transformers",
                    lambda: t.MusicgenForCausalLM(t.MusicgenDecoderConfig()), None, "F32")[0],
        ],
    }  # fmt: skip


def main() -> None:
    rows = {name: to_rows(tuple(parts)) for name, parts in known().items()}
    path = Path(__file__).with_name("known.json")
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
