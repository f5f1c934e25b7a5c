"""Every network of diffusers at a ten-thousandth of its size: rules for the arguments' names, and what differs."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

# All widths are 32 = two heads of 16, so that parts of different pipelines fit each other.
WIDTH, HEADS, HEAD = 32, 2, 16
AXES = (4, 6, 6)
# An argument of that name has this value, in whichever network takes it.
RULES: Mapping[str, Any] = {
    **dict.fromkeys(
        ("num_layers", "num_single_layers", "num_refiner_layers", "n_layers", "n_refiner_layers", "depth", "nlayers",
         "num_hidden_layers", "num_single_dit_layers", "num_mmdit_layers", "transformer_num_layers", "mmdit_layers",
         "num_text_blocks", "num_visual_blocks", "num_lyric_encoder_hidden_layers", "num_timbre_encoder_hidden_layers",
         "num_attention_pooler_hidden_layers", "layers_per_block", "num_layerwise_text_blocks",
         "num_refiner_text_blocks", "video_connector_num_layers", "audio_connector_num_layers", "dit_depth",
         "perceiver_num_layers", "num_res_blocks", "num_blocks_per_stage"), 1,
    ),
    **dict.fromkeys(
        ("num_attention_heads", "num_heads", "n_heads", "n_kv_heads", "num_kv_heads", "num_key_value_heads",
         "num_cross_attention_heads", "num_key_value_attention_heads", "audio_num_attention_heads", "dit_heads",
         "text_num_attention_heads", "text_num_key_value_heads", "video_connector_num_attention_heads",
         "audio_connector_num_attention_heads", "face_encoder_num_heads", "num_pooler_heads", "nhead"), HEADS,
    ),
    **dict.fromkeys(
        ("attention_head_dim", "head_dim", "cross_attention_head_dim", "audio_attention_head_dim", "linear_head_dim",
         "video_connector_attention_head_dim", "audio_connector_attention_head_dim", "dim_heads"), HEAD,
    ),
    **dict.fromkeys(
        ("hidden_size", "dim", "cross_attention_dim", "joint_attention_dim", "caption_channels", "text_dim",
         "text_embed_dim", "text_embed_2_dim", "pooled_projection_dim", "caption_projection_dim", "model_dim",
         "cross_attention_dim_t5", "text_hidden_dim", "cap_feat_dim", "text_in_dim", "context_in_dim", "in_text_dim",
         "in_text_dim2", "time_dim", "ff_dim", "ffn_dim", "ffn_hidden_size", "intermediate_size", "time_embed_dim",
         "condition_dim", "text_intermediate_size", "encoder_hidden_size", "image_embed_dim", "embedding_dim",
         "encoder_hid_dim", "dit_dim", "dit_text_dim", "text_encoder_dim", "adaln_dim", "llm_features_dim",
         "audio_cross_attention_dim", "cond_embed_dim", "block_out_channels_", "embed_dim", "cond_token_dim",
         "global_cond_dim", "output_dim", "text_emb_dim", "moe_intermediate_dim", "approximator_hidden_dim",
         "global_states_input_dim", "cross_attention_input_dim", "time_embedding_dim", "image_proj_dim",
         "video_hidden_dim", "audio_hidden_dim", "conditioning_dim", "video_cross_attention_dim", "pooler_hidden_dim",
         "mlp_hidden_dim", "motion_encoder_dim", "face_encoder_hidden_dim", "motion_style_dim"), WIDTH,
    ),
    **dict.fromkeys(("freq_dim", "time_proj_dim", "timestep_embed_dim", "timestep_guidance_channels"), 16),
    **dict.fromkeys(("axes_dims_rope", "rope_axes_dim", "axes_dims", "axes_dim_rope", "rope_dim_list"), AXES),
    "axes_lens": (512, 64, 64), "rope_dim": AXES, "sample_size": 8, "norm_num_groups": 4, "pos_embed_max_size": 16,
    "mlp_ratio": 2.0, "num_experts": 4, "approximator_num_channels": 16, "approximator_layers": 1,
    "num_embeds_ada_norm": 1000, "num_embeddings": 77, "multiple_of": 8, "mrope_section": (4, 2, 2),
    "rope_max_seq_len": 128, "time_step_dim": 16,
}  # fmt: skip

_KL = {
    "block_out_channels": (4, 4, 8, 8), "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4, "sample_size": 64, "latent_channels": 4, "scaling_factor": 1.5,
}  # fmt: skip
_UNET = {
    "sample_size": 8, "block_out_channels": (8, 16), "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"), "attention_head_dim": 2, "cross_attention_dim": WIDTH,
    "num_attention_heads": None, "norm_num_groups": 4, "encoder_hid_dim": None, "time_embedding_dim": None,
}  # fmt: skip
_WAN_VAE = {"base_dim": 3, "dim_mult": [1, 1, 1, 1], "num_res_blocks": 1}
_WAN = {"num_layers": 2}

# What differs, by class; "Class/word" is a variant of it.
NETWORKS: Mapping[str, Mapping[str, Any]] = {
    # autoencoders
    "AutoencoderKL": _KL,
    "AutoencoderKL/16": _KL | {"latent_channels": 16, "shift_factor": 0.06},
    "AutoencoderKL/3": _KL | {"latent_channels": 3},
    "AutoencoderTiny": {"encoder_block_out_channels": (8,) * 4, "decoder_block_out_channels": (8,) * 4,
                        "num_encoder_blocks": (1,) * 4, "num_decoder_blocks": (1,) * 4},
    "AutoencoderKLWan": _WAN_VAE,
    "AutoencoderKLQwenImage": _WAN_VAE,
    "AutoencoderKLQwenImage21": {"base_dim": 4, "decoder_base_dim": 4, "dim_mult": [1, 1, 1, 1, 1], "num_res_blocks": 1},
    "AutoencoderKLTemporalDecoder": {k: v for k, v in _KL.items() if k != "up_block_types"},
    "AutoencoderDC": {
        "latent_channels": 32, "attention_head_dim": 8, "encoder_block_types": "ResBlock", "decoder_block_types": "ResBlock",
        "encoder_block_out_channels": (8,) * 5 + (32,), "decoder_block_out_channels": (8,) * 5 + (32,),
        "encoder_layers_per_block": (1,) * 6, "decoder_layers_per_block": (1,) * 6,
        "encoder_qkv_multiscales": ((),) * 6, "decoder_qkv_multiscales": ((),) * 6, "scaling_factor": 0.4},
    "AutoencoderKLCogVideoX": {
        "block_out_channels": (8, 8, 8, 8), "layers_per_block": 1, "norm_num_groups": 2, "sample_height": 64,
        "sample_width": 64},
    "AutoencoderKLAllegro": {"block_out_channels": (8, 8, 8, 8), "norm_num_groups": 2, "sample_size": 64},
    "AutoencoderKLHunyuanVideo": {"block_out_channels": (8, 8, 8, 8)},
    "AutoencoderKLLTXVideo": {
        "latent_channels": 8, "block_out_channels": (8, 8, 8, 8), "decoder_block_out_channels": (8, 8, 8, 8),
        "layers_per_block": (1, 1, 1, 1, 1), "decoder_layers_per_block": (1, 1, 1, 1, 1)},
    "AutoencoderKLMochi": {
        "encoder_block_out_channels": (32,) * 4, "decoder_block_out_channels": (32,) * 4,
        "layers_per_block": (1, 1, 1, 1, 1)},
    "AutoencoderKLMagvit": {"block_out_channels": [8, 8, 8, 8], "layers_per_block": 1, "norm_num_groups": 2},
    "AutoencoderKLFlux2": {
        "block_out_channels": (4, 4, 8, 8), "latent_channels": 32, "sample_size": 64},
    "AutoencoderKLHunyuanImage": {
        "in_channels": 3, "out_channels": 3, "latent_channels": 64, "block_out_channels": (32,) * 6,
        "layers_per_block": 1, "spatial_compression_ratio": 32, "sample_size": 64, "scaling_factor": 0.75},
    "AutoencoderKLHunyuanImageRefiner": {"block_out_channels": (32,) * 5},
    "AutoencoderKLHunyuanVideo15": {"block_out_channels": (32,) * 5},
    "AutoencoderOobleck": {
        "encoder_hidden_size": 4, "downsampling_ratios": [2, 4], "channel_multiples": [1, 2], "decoder_channels": 4,
        "decoder_input_channels": 8, "audio_channels": 2, "sampling_rate": 2000},
    "VQModel": {
        "block_out_channels": (8, 8), "down_block_types": ("DownEncoderBlock2D",) * 2, "num_vq_embeddings": 16,
        "up_block_types": ("UpDecoderBlock2D",) * 2, "latent_channels": 3, "sample_size": 16},
    "VQModel/codes": {
        "block_out_channels": (8, 8), "down_block_types": ("DownEncoderBlock2D",) * 2, "num_vq_embeddings": 16,
        "up_block_types": ("UpDecoderBlock2D",) * 2, "latent_channels": 8, "vq_embed_dim": 8, "sample_size": 16,
        "layers_per_block": 1, "mid_block_add_attention": False, "lookup_from_codebook": True},
    "VQModel/movq": {
        "block_out_channels": (32,) * 4, "down_block_types": ("DownEncoderBlock2D",) * 3 + ("AttnDownEncoderBlock2D",),
        "up_block_types": ("AttnUpDecoderBlock2D",) + ("UpDecoderBlock2D",) * 3, "num_vq_embeddings": 16,
        "vq_embed_dim": 4, "latent_channels": 4, "norm_type": "spatial"},
    "PaellaVQModel": {"levels": 2, "bottleneck_blocks": 1, "embed_dim": 8, "num_vq_embeddings": 16},
    # U-Nets
    "UNet2DModel": {
        "sample_size": 16, "block_out_channels": (8, 16), "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
        "up_block_types": ("AttnUpBlock2D", "UpBlock2D"), "attention_head_dim": 8, "time_embedding_dim": None},
    "UNet2DConditionModel": _UNET,
    "UNet2DConditionModel/xl": _UNET | {
        "cross_attention_dim": 2 * WIDTH, "addition_embed_type": "text_time", "addition_time_embed_dim": 8,
        "projection_class_embeddings_input_dim": 6 * 8 + WIDTH},
    "UNet3DConditionModel": {
        "sample_size": 8, "block_out_channels": (8, 16), "down_block_types": ("CrossAttnDownBlock3D", "DownBlock3D"),
        "up_block_types": ("UpBlock3D", "CrossAttnUpBlock3D"), "attention_head_dim": 4, "cross_attention_dim": WIDTH,
        "num_attention_heads": None},
    "UNetSpatioTemporalConditionModel": {
        "sample_size": 8, "block_out_channels": (8, 16), "num_attention_heads": (2, 2), "num_frames": 4,
        "down_block_types": ("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        "up_block_types": ("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"), "cross_attention_dim": WIDTH,
        "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 24, "layers_per_block": 2},
    "I2VGenXLUNet": {
        "sample_size": 8, "block_out_channels": (8, 16), "down_block_types": ("CrossAttnDownBlock3D", "DownBlock3D"),
        "up_block_types": ("UpBlock3D", "CrossAttnUpBlock3D"), "cross_attention_dim": WIDTH, "num_attention_heads": None,
        "attention_head_dim": 4, "norm_num_groups": 2},
    "MotionAdapter": {
        "block_out_channels": (8, 16), "motion_layers_per_block": 1, "motion_norm_num_groups": 4,
        "motion_num_attention_heads": 2},
    "Kandinsky3UNet": {
        "time_embedding_dim": 32, "groups": 4, "attention_head_dim": 4, "layers_per_block": 3,
        "block_out_channels": (8, 8, 16, 16), "cross_attention_dim": 16, "encoder_hid_dim": WIDTH},
    "UNet1DModel": {
        "sample_size": 512, "sample_rate": 16_000, "extra_in_channels": 16, "flip_sin_to_cos": True, "freq_shift": 0,
        "use_timestep_embedding": False, "time_embedding_type": "fourier", "mid_block_type": "UNetMidBlock1D",
        "time_embedding_dim": 16, "block_out_channels": (8, 8, 8),
        "down_block_types": ("DownBlock1DNoSkip", "DownBlock1D", "AttnDownBlock1D"),
        "up_block_types": ("AttnUpBlock1D", "UpBlock1D", "UpBlock1DNoSkip")},
    # transformers that are not all alike
    "PixArtTransformer2DModel": {"num_layers": 1, "use_additional_conditions": False},
    "SanaTransformer2DModel": {"sample_size": 2},
    "SD3Transformer2DModel": {"joint_attention_dim": 64, "pooled_projection_dim": 64},
    "SD3ControlNetModel": {"joint_attention_dim": 64, "pooled_projection_dim": 64, "caption_projection_dim": 32},
    "WanTransformer3DModel": _WAN,
    "Flux2Transformer2DModel": {"axes_dims_rope": (4, 4, 4, 4), "joint_attention_dim": 3 * WIDTH},
    "QwenImage21Transformer2DModel": {"num_attention_heads": HEADS},
    "DiTTransformer2DModel": {"in_channels": 4, "out_channels": 8, "sample_size": 8},
    "LatteTransformer3DModel": {
        "in_channels": 4, "out_channels": 8, "patch_size": 2, "sample_size": 8, "norm_type": "ada_norm_single",
        "norm_elementwise_affine": False, "video_length": 4, "attention_bias": True, "norm_eps": 1e-6},
    "HunyuanDiT2DModel": {"in_channels": 4, "patch_size": 2, "cross_attention_dim": WIDTH, "text_len": 77, "text_len_t5": 256},
    "HunyuanDiT2DControlNetModel": {"in_channels": 4, "patch_size": 2, "transformer_num_layers": 2},
    "CogVideoXTransformer3DModel": {"sample_width": 8, "sample_height": 8, "sample_frames": 5, "max_text_seq_length": 16},
    "AllegroTransformer3DModel": {"sample_width": 8, "sample_height": 8, "sample_frames": 2},
    "LTXVideoTransformer3DModel": {"in_channels": 8, "out_channels": 8},
    "MochiTransformer3DModel": {"max_sequence_length": 16},
    "UVit2DModel": {
        "block_out_channels": WIDTH, "in_channels": WIDTH, "vocab_size": 24, "codebook_size": 16, "block_num_heads": 2,
        "micro_cond_encode_dim": 8, "micro_cond_embed_dim": 40, "intermediate_size": 32, "sample_size": 8},
    "PriorTransformer": {"clip_embed_dim": None, "time_embed_dim": None},
    "ControlNetModel": {
        **{k: v for k, v in _UNET.items() if k in ("block_out_channels", "down_block_types", "attention_head_dim",
           "cross_attention_dim", "norm_num_groups", "num_attention_heads", "encoder_hid_dim")},
        "conditioning_embedding_out_channels": (4, 4, 4, 4)},
    "T2IAdapter": {"channels": [8, 16], "num_res_blocks": 1, "downscale_factor": 8},
}  # fmt: skip


def network(name: str, **changes: Any) -> Any:
    """A network of that class (`Class` or `Class/variant`), its arguments by the rules, the table and `changes`."""
    import diffusers

    made = getattr(diffusers, name.partition("/")[0], None) or _inner(name.partition("/")[0])
    given = arguments(made, name) | changes
    return made(**given).eval()


def arguments(made: Any, name: str) -> dict[str, Any]:
    """What the rules and the table say for it."""
    takes = inspect.signature(made.__init__).parameters
    ruled = {key: value for key, value in RULES.items() if key in takes}
    return ruled | dict(NETWORKS.get(name, NETWORKS.get(name.partition("/")[0], {})))


def _inner(name: str) -> Any:
    """A class that diffusers keeps within the folder of its pipeline."""
    import importlib

    from tests.diffusers_zoo.signatures import module_of

    return getattr(importlib.import_module(module_of(name)), name)
