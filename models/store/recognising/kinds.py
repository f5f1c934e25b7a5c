"""Every kind of file of weights by the names of its tensors: one declared table, from the most telling names on.

The names are those of the papers' own code and of diffusers, as public files have them; the shapes tell the versions
apart (`models.store.recognising.bases`). LoRAs, whose names are those of the layers that they change, are in
`models.store.recognising.lora`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.store.recognising import bases
from models.store.recognising.bases import Shapes
from models.store.recognising.identity import Identity, Role

# Where a network lies in a whole checkpoint, in a file of ComfyUI's, and alone.
_DENOISER = ("model.diffusion_model.", "diffusion_model.", "")
_VAE = ("first_stage_model.", "vae.", "")
_CONTROL = ("control_model.", "")
# Parts that a checkpoint may bring along, by how their names begin.
_TEXT_PARTS = ("cond_stage_model.", "conditioner.embedders.", "text_encoders.", "text_encoder.")
_VAE_PARTS = ("first_stage_model.", "vae.")
_CLIP = ("cond_stage_model.transformer.", "text_encoder.", "")


@dataclass(frozen=True)
class Kind:
    """`tells`: alternatives, each of names that all must be there, below one of the prefixes `where`.

    `bases` and `detail` are told by the shapes below that prefix, where they are functions. `text` are the encoders
    that a denoiser reads words with, `vae` whether it works in an autoencoder's space.
    """

    name: str
    role: Role
    tells: tuple[tuple[str, ...], ...]
    bases: tuple[str, ...] | Callable[[Shapes], tuple[str, ...]] = ()
    detail: str | Callable[[Shapes], str] = ""
    where: tuple[str, ...] = ("",)
    medium: str = "picture"
    family: str = ""
    text: str = ""
    vae: bool = False


def _denoiser(
    base: str, *tells: tuple[str, ...], text: str, medium: str = "picture", family: str = "flow_matching"
) -> Kind:
    return Kind("Transformer", "model", tells, (base,), "", _DENOISER, medium, family, text, vae=True)


def _addition(name: str, *tells: tuple[str, ...], **more: object) -> Kind:
    return Kind(name, "addition", tells, medium="", **more)  # type: ignore[arg-type]


KINDS: tuple[Kind, ...] = (
    # ── additions: their names begin as those of the networks that they steer, so they come first ──
    _addition(
        "ControlNet",
        ("input_hint_block.0.weight",), ("controlnet_cond_embedding.conv_in.weight",),
        ("controlnet_blocks.0.weight",), ("controlnet_blocks.0.linear.weight",), ("lora_controlnet",),
        ("control_layers.0.adaLN_modulation.0.weight",), ("control_all_x_embedder.2-1.weight",),
        bases=bases.control, where=_CONTROL,
    ),
    _addition(
        "T2I-Adapter",
        ("conv_in.weight", "body.0.resnets.0.block1.weight"), ("conv_in.weight", "body.0.block1.weight"),
        bases=bases.adapter, where=("adapter.", ""),
    ),
    _addition(
        "IP-Adapter",
        ("ip_adapter.1.to_k_ip.weight",), ("ip_adapter.0.to_k_ip.weight",),
        bases=lambda shapes: bases.text_width(shapes, "to_k_ip.weight"),
    ),
    _addition("Style model", ("redux_up.weight", "redux_down.weight"), bases=("Flux",)),
    _addition(
        "Motion module",
        ("mid_block.motion_modules.0.norm.weight",), ("down_blocks.0.motion_modules.0.norm.weight",),
        ("down_blocks.0.motion_modules.0.temporal_transformer.norm.weight",),
        bases=bases.motion,
    ),
    _addition(
        "TAESD",
        ("encoder.layers.0.weight", "decoder.layers.0.weight"), ("taesd_encoder.0.weight", "taesd_decoder.1.weight"),
        ("1.weight", "3.conv.0.weight"), ("0.weight", "1.conv.0.weight"),
        bases=bases.small_vae, detail=bases.half,
    ),
    # ── transformers that denoise ──
    _denoiser(
        "Flux 2",
        ("double_stream_modulation_img.lin.weight",), ("double_stream_modulation_img.linear.weight",),
        text="a Mistral or Qwen text encoder",
    ),
    _denoiser("Chroma", ("distilled_guidance_layer.in_proj.weight",), text="T5-XXL"),
    _denoiser(
        "HunyuanVideo",
        ("txt_in.individual_token_refiner.blocks.0.adaLN_modulation.1.bias",),
        ("context_embedder.token_refiner.refiner_blocks.0.norm1.weight",),
        text="its Llama and CLIP-L text encoders", medium="video",
    ),
    Kind(
        "Transformer", "model",
        (
            ("double_blocks.0.img_attn.norm.key_norm.scale",),
            ("single_transformer_blocks.0.proj_mlp.weight", "x_embedder.weight", "context_embedder.weight"),
        ),
        ("Flux",), bases.flux_detail, _DENOISER, "picture", "flow_matching", "CLIP-L and T5-XXL", vae=True,
    ),
    Kind(
        "Transformer", "model",
        (
            ("joint_blocks.0.context_block.adaLN_modulation.1.weight",),
            ("transformer_blocks.0.attn.add_k_proj.weight", "pos_embed.proj.weight", "context_embedder.weight"),
        ),
        ("SD 3",), bases.sd3_detail, _DENOISER, "picture", "flow_matching", "CLIP-L, CLIP-G and T5-XXL", vae=True,
    ),
    _denoiser("Qwen-Image", ("txt_norm.weight", "transformer_blocks.0.img_mod.1.weight"), text="a Qwen 2.5 VL"),
    _denoiser("Z-Image", ("layers.0.adaLN_modulation.0.weight", "cap_embedder.0.weight"), text="a Qwen 3"),
    _denoiser(
        "Lumina 2",
        ("cap_embedder.0.weight", "noise_refiner.0.ffn_norm1.weight"),
        ("time_caption_embed.caption_embedder.0.weight",),
        text="a Gemma 2",
    ),
    _denoiser(
        "AuraFlow",
        ("double_layers.0.attn.w2q.weight",), ("joint_transformer_blocks.0.norm1.linear.weight", "register_tokens"),
        text="a T5 of its own",
    ),
    _denoiser(
        "Wan",
        ("head.modulation", "blocks.0.self_attn.q.weight"),
        ("condition_embedder.time_proj.weight", "blocks.0.attn1.to_q.weight", "patch_embedding.weight"),
        text="UMT5-XXL", medium="video",
    ),
    _denoiser(
        "LTX-Video",
        ("patchify_proj.weight", "scale_shift_table"), ("proj_in.weight", "caption_projection.linear_1.weight"),
        text="T5-XXL", medium="video",
    ),
    _denoiser(
        "Mochi", ("blocks.0.attn.qkv_x.weight",), ("time_embed.pooler.to_kv.weight",), text="T5-XXL", medium="video"
    ),
    _denoiser(
        "CogVideoX",
        ("patch_embed.text_proj.weight", "transformer_blocks.0.norm1.linear.weight"),
        text="T5-XXL", medium="video", family="diffusion",
    ),
    _denoiser(
        "Cosmos",
        ("net.x_embedder.proj.1.weight",), ("learnable_pos_embed.pos_emb_t", "patch_embed.proj.weight"),
        text="T5-11B", medium="video",
    ),
    _denoiser(
        "PixArt",
        ("t_block.1.weight",),
        ("adaln_single.emb.timestep_embedder.linear_1.weight", "pos_embed.proj.weight", "scale_shift_table"),
        text="T5-XXL", family="diffusion",
    ),
    _denoiser(
        "Sana",
        ("blocks.0.cross_attn.q_linear.weight", "attention_y_norm.weight"),
        ("caption_norm.weight", "patch_embed.proj.weight"),
        text="a Gemma 2",
    ),
    _denoiser("HunyuanDiT", ("mlp_t5.0.weight",), text="a BERT and an mT5", family="diffusion"),
    _denoiser(
        "HiDream",
        ("double_stream_blocks.0.block.adaLN_modulation.1.bias",), text="CLIP-L, CLIP-G, T5-XXL and a Llama 3.1",
    ),
    _denoiser(
        "Stable Cascade",
        ("clip_txt_mapper.weight",), ("clip_txt_pooled_mapper.weight",), ("clip_mapper.weight",),
        text="CLIP-G", family="diffusion",
    ),
    _denoiser(
        "Stable Audio",
        ("model.preprocess_conv.weight",), ("preprocess_conv.weight", "global_proj.0.weight"),
        text="a T5", medium="sound", family="diffusion",
    ),
    _denoiser(
        "ACE-Step", ("genre_embedder.weight", "lyric_embs.weight"), text="UMT5", medium="sound",
    ),
    # ── U-Nets that denoise ──
    Kind(
        "U-Net", "model",
        (("input_blocks.0.0.weight", "time_embed.0.weight"), ("conv_in.weight", "time_embedding.linear_1.weight")),
        bases.unet, bases.unet_detail, _DENOISER, "picture", "diffusion", "CLIP", vae=True,
    ),
    # ── autoencoders and text encoders: also parts of the above, so they come last ──
    _addition(
        "VAE",
        ("encoder.down.0.block.0.norm1.weight", "decoder.conv_in.weight"),
        ("encoder.down_blocks.0.resnets.0.conv1.weight", "decoder.conv_in.weight"),
        bases=bases.vae, detail=bases.channels, where=_VAE,
    ),
    _addition(
        "VAE",
        ("decoder.middle.0.residual.0.gamma",), ("decoder.mid_block.resnets.0.norm1.gamma", "post_quant_conv.weight"),
        bases=("Wan", "Qwen-Image"), detail="video", where=_VAE,
    ),
    _addition(
        "VAE",
        ("encoder.down_blocks.0.resnets.0.conv1.conv.weight",), ("decoder.conv_in.conv.weight",),
        ("decoder.per_channel_statistics.mean-of-means",), ("per_channel_statistics.mean-of-means",),
        bases=bases.video_vae, detail="video", where=_VAE,
    ),
    _addition("VAE", ("encoder.down_blocks.0.0.conv1.weight", "decoder.conv_in.weight"), bases=("Sana",), where=_VAE),
    _addition("VAE", ("encoder.block.0.res_unit1.conv1.bias",), bases=("Stable Audio",), detail="sound", where=_VAE),
    _addition(
        "Text encoder",
        ("text_model.encoder.layers.0.self_attn.q_proj.weight", "text_model.embeddings.token_embedding.weight"),
        ("encoder.layers.0.self_attn.q_proj.weight", "embeddings.token_embedding.weight"),  # transformers 5 on
        bases=bases.clip, detail=bases.clip_name, where=_CLIP,
    ),
    _addition(
        "Text encoder",
        ("transformer.resblocks.0.attn.in_proj_weight", "token_embedding.weight"),
        bases=bases.clip, detail=bases.clip_name, where=("cond_stage_model.model.", ""),
    ),
    _addition(
        "Text encoder",
        ("encoder.block.0.layer.0.SelfAttention.q.weight",),
        bases=bases.t5, detail=bases.t5_name,
    ),
    _addition(
        "Vision encoder",
        ("vision_model.encoder.layers.0.self_attn.q_proj.weight", "vision_model.embeddings.patch_embedding.weight"),
        ("visual.transformer.resblocks.0.attn.in_proj_weight",),
    ),
    Kind(
        "Language model", "model",
        (("model.layers.0.self_attn.q_proj.weight", "model.embed_tokens.weight"),),
        medium="text", family="autoregressive",
    ),
)  # fmt: skip


def find(shapes: Mapping[str, tuple[int, ...]]) -> Identity | None:
    """The kind of network that tensors of these names and shapes belong to; None where none is known."""
    for kind in KINDS:
        for prefix in kind.where:
            if any(all(prefix + name in shapes for name in names) for names in kind.tells):
                return _identity(kind, prefix, shapes)
    return None


def _identity(kind: Kind, prefix: str, shapes: Mapping[str, tuple[int, ...]]) -> Identity:
    inside = {n.removeprefix(prefix): s for n, s in shapes.items() if n.startswith(prefix)} if prefix else shapes
    told = kind.bases(inside) if callable(kind.bases) else kind.bases
    detail = kind.detail(inside) if callable(kind.detail) else kind.detail
    name, needs = kind.name, []
    if kind.vae:
        has_text = any(n.startswith(_TEXT_PARTS) for n in shapes)
        has_vae = any(n.startswith(_VAE_PARTS) for n in shapes)
        if has_text or has_vae:
            name = "Checkpoint"
        needs = [*([] if has_vae else ["a VAE"]), *([] if has_text else [bases.text_encoders(told, kind.text)])]
    elif kind.name == "Language model":
        needs = ["its config.json and tokenizer"]
    medium = "video" if told == (bases.SVD,) else kind.medium
    return Identity(name, kind.role, told, detail, medium, kind.family, tuple(needs))
