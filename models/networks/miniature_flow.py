"""Random miniatures of flow-matching transformers, in the formats of diffusers."""

from __future__ import annotations

from typing import Any, Literal

from models.networks import miniature


def flow_matching(
    kind: Literal["prx", "sd3", "flux"],
    *,
    size: int = 64,
    guidance_embeds: bool = False,
    t5: bool = False,
    seed: int = 0,
) -> Any:
    """A PRX, StableDiffusion3 or Flux pipeline: random weights from `seed`, pictures of `size` pixels, two blocks.

    `guidance_embeds` as Flux.1 dev has them; `t5` gives SD3 its third text encoder (Flux always has its own).
    """
    import diffusers
    import torch
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    width, latent, side = 32, 4, size // 8
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        words = miniature.clip_tokenizer()
        parts: dict[str, Any] = {"tokenizer": words}
        read = miniature._text_config(words, width, 16)
        if kind == "sd3":
            parts["text_encoder"] = CLIPTextModelWithProjection(read).eval()
            parts["tokenizer_2"] = miniature.clip_tokenizer()
            parts["text_encoder_2"] = CLIPTextModelWithProjection(read).eval()
            parts |= {"tokenizer_3": None, "text_encoder_3": None}
            if t5:
                parts["tokenizer_3"], parts["text_encoder_3"] = _t5(2 * width)
            net: Any = diffusers.SD3Transformer2DModel(
                sample_size=side, in_channels=latent, out_channels=latent, num_layers=2, attention_head_dim=8,
                num_attention_heads=2, joint_attention_dim=2 * width, caption_projection_dim=16,
                pooled_projection_dim=32, pos_embed_max_size=4 * side)  # fmt: skip
        elif kind == "flux":
            parts["text_encoder"] = CLIPTextModel(read).eval()
            parts["tokenizer_2"], parts["text_encoder_2"] = _t5(width)
            net = diffusers.FluxTransformer2DModel(
                in_channels=4 * latent, num_layers=1, num_single_layers=1, attention_head_dim=8, num_attention_heads=2,
                joint_attention_dim=width, pooled_projection_dim=width, guidance_embeds=guidance_embeds,
                axes_dims_rope=(2, 2, 4))  # fmt: skip
        else:
            parts["text_encoder"] = CLIPTextModel(read).eval()
            net = diffusers.PRXTransformer2DModel(
                in_channels=latent, context_in_dim=width, hidden_size=16, num_heads=2, depth=2, axes_dim=[4, 4],
                mlp_ratio=2.0)  # fmt: skip
            for weights in net.parameters():  # its blocks begin as nothing at all
                if not weights.any():
                    torch.nn.init.normal_(weights, std=0.3)
            parts["default_sample_size"] = size
        vae: Any = diffusers.AutoencoderKL(
            sample_size=size, latent_channels=latent, block_out_channels=(4, 4, 8, 8), layers_per_block=1,
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, norm_num_groups=4,
            scaling_factor=1.5, shift_factor=0.06)  # fmt: skip
    parts |= {"transformer": net.eval(), "vae": vae.eval()}
    parts["scheduler"] = diffusers.FlowMatchEulerDiscreteScheduler(shift=1.0 if kind == "prx" else 3.0)
    made = {"sd3": "StableDiffusion3Pipeline", "flux": "FluxPipeline", "prx": "PRXPipeline"}[kind]
    return getattr(diffusers, made)(**parts)


def _t5(width: int) -> tuple[Any, Any]:
    """A tokenizer and an encoder of T5's kind."""
    from transformers import T5Config, T5EncoderModel, T5Tokenizer

    words = T5Tokenizer().train_new_from_iterator([list(miniature._SENTENCES)], vocab_size=300)
    config = T5Config(
        vocab_size=len(words), d_model=width, d_kv=8, d_ff=32, num_layers=1, num_heads=2, pad_token_id=0,
        eos_token_id=1, feed_forward_proj="gated-gelu")  # fmt: skip
    return words, T5EncoderModel(config).eval()
