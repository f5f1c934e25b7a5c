"""Recipes of the pipelines that make films."""

from __future__ import annotations

from typing import Any

from tests.diffusers_zoo.networks import WIDTH
from tests.diffusers_zoo.recipe import Recipe, each
from tests.diffusers_zoo.recipes_unets import _control

_LTX2_VAE: dict[str, Any] = {
    "latent_channels": 8, "block_out_channels": (8,), "decoder_block_out_channels": (8,), "layers_per_block": (1,),
    "decoder_layers_per_block": (1, 1), "spatio_temporal_scaling": (True,), "decoder_spatio_temporal_scaling": (True,),
    "decoder_inject_noise": (False, False), "downsample_type": ("spatial",), "upsample_residual": (False,),
    "upsample_factor": (1,), "upsample_type": ("spatiotemporal",), "patch_size": 1, "decoder_causal": False,
}  # fmt: skip
_LTX2 = Recipe({
    "vae": _LTX2_VAE,
    "audio_vae": {"base_channels": 4, "ch_mult": (1,), "num_res_blocks": 1, "latent_channels": 2, "mel_bins": 8,
                  "resolution": 32},
    "transformer": {"in_channels": 8, "out_channels": 8, "audio_in_channels": 4, "audio_out_channels": 4,
                    "audio_attention_head_dim": 8, "audio_cross_attention_dim": 16, "vae_scale_factors": (2, 2, 2),
                    "num_layers": 2, "use_keyframes_abs_pos_embedding": True},
    "connectors": {"text_proj_in_factor": 3, "video_connector_num_learnable_registers": None,
                   "audio_connector_num_learnable_registers": None, "video_hidden_dim": 32, "audio_hidden_dim": 16},
    "vocoder": ("LTX2Vocoder", {"in_channels": 16, "hidden_channels": 16, "upsample_kernel_sizes": [4, 4],
                                "upsample_factors": [2, 2], "resnet_kernel_sizes": [3], "resnet_dilations": [[1, 3, 5]],
                                "output_sampling_rate": 16_000}),
}, {"spatio_temporal_guidance_blocks": None})  # fmt: skip
_WAN = Recipe({"transformer": "WanTransformer3DModel", "transformer_2": None})
_I2V = {"in_channels": 36, "image_dim": WIDTH}
_HUNYUAN = Recipe({"transformer": {"pooled_projection_dim": WIDTH}})
_SKY = {"scheduler": ("FlowMatchUniPCScheduler", {})}

RECIPES: dict[str, Recipe] = {
    **each("LTX2 LTX2ImageToVideo LTX2Condition LTX2InContext LTX2HDR LTX2DFR LTX2DFRTemporalRefine", _LTX2),
    "LTX2LatentUpsample": Recipe({"vae": _LTX2_VAE, "latent_upsampler": {
        "in_channels": 8, "mid_channels": 32, "use_rational_resampler": False}}),
    "LTXLatentUpsample": Recipe({"latent_upsampler": {"in_channels": 8, "mid_channels": 32}}),
    "Wan": _WAN,
    "WanImageToVideo": Recipe({"transformer": _I2V, "transformer_2": None}, with_parts=("image_encoder", "image_processor")),
    "WanVACE": Recipe({"transformer": {"num_layers": 2, "vace_layers": [0], "vace_in_channels": 96},
                       "transformer_2": None}, with_parts=("transformer",)),
    "WanAnimate": Recipe({
        "transformer": {"image_dim": WIDTH, "motion_encoder_channel_sizes": {"4": 16, "8": 16, "16": 16},
                        "motion_encoder_size": 16, "motion_style_dim": 8, "motion_dim": 4, "motion_encoder_dim": 16,
                        "face_encoder_hidden_dim": 16, "inject_face_latents_blocks": 1}}),
    "LucyEdit": Recipe({"transformer": {"in_channels": 32}, "transformer_2": None}, with_parts=("transformer",)),
    "ChronoEdit": Recipe({"transformer": _I2V}),
    **each("CogVideoX CogVideoXVideoToVideo", Recipe(
        {"transformer": {"max_text_seq_length": 226}}, {"max_sequence_length": None})),
    "CogVideoXFunControl": Recipe(
        {"transformer": {"in_channels": 32, "max_text_seq_length": 226}}, {"max_sequence_length": None}),
    "CogVideoXImageToVideo": Recipe(
        {"transformer": {"in_channels": 32, "max_text_seq_length": 226}}, {"max_sequence_length": None}),
    "Allegro": Recipe({"transformer": {"attention_head_dim": 24, "cross_attention_dim": 48}, "vae": {"tiles": True}}),
    "Mochi": Recipe({"transformer": {"max_sequence_length": 32}}),
    "Latte": Recipe(call={"video_length": 4}),
    **each("HunyuanVideo", _HUNYUAN),
    "HunyuanSkyreelsImageToVideo": Recipe({"transformer": {"in_channels": 32, "pooled_projection_dim": WIDTH}}),
    "HunyuanVideoImageToVideo": Recipe(why="its text encoder (LLaVA) with its picture's tokens is not made in miniature"),
    "HunyuanVideoFramepack": Recipe({"transformer": {"has_image_proj": True, "has_clean_x_embedder": True,
                                                     "image_proj_dim": WIDTH}}),
    **each("HunyuanVideo15 HunyuanVideo15ImageToVideo", Recipe({
        "vae": {"latent_channels": 32, "block_out_channels": (64,) * 5}, "text_encoder_2": "T5EncoderModel",
        "transformer": {"target_size": 64}})),
    **each("AnimateDiffControlNet AnimateDiffVideoToVideoControlNet", Recipe({"controlnet": _control})),
    "AnimateDiffSparseControlNet": Recipe({"controlnet": {
        "block_out_channels": (8, 16), "down_block_types": ("DownBlockMotion", "CrossAttnDownBlockMotion"),
        "cross_attention_dim": WIDTH, "attention_head_dim": 2, "num_attention_heads": None,
        "conditioning_embedding_out_channels": (4, 4, 4, 4), "motion_num_attention_heads": 2, "norm_num_groups": 4,
        "use_simplified_condition_embedding": True}}),
    "PIA": Recipe({"unet": {"in_channels": 9}}, with_parts=("motion_adapter",)),
    "TextToVideoZero": Recipe(call={"num_inference_steps": 4, "t0": 1, "t1": 2}),
    "TextToVideoZeroSDXL": Recipe({"unet": "UNet2DConditionModel/xl"}, {"num_inference_steps": 4, "t0": 1, "t1": 2}),
    "StableVideoDiffusion": Recipe({"vae": {"block_out_channels": (32, 32, 32, 32), "layers_per_block": 1},
                                    "image_encoder": {"image_size": 224, "patch_size": 32},
                                    "unet": {"block_out_channels": (32, 64)}}),
    **each("EasyAnimate EasyAnimateInpaint EasyAnimateControl", Recipe({
        "transformer": {"in_channels": 16, "out_channels": 16, "patch_size": 2, "text_embed_dim": WIDTH},
        "text_encoder": "Qwen2VLForConditionalGeneration", "tokenizer": "Qwen2Tokenizer"}, {"negative_prompt": ""})),
    "Kandinsky5T2V": Recipe({
        "transformer": {"in_visual_dim": 16, "out_visual_dim": 16, "axes_dims": (4, 6, 6)},
        "tokenizer": "Qwen2VLProcessor"}),
    "Kandinsky5I2V": Recipe({
        "transformer": {"in_visual_dim": 16, "out_visual_dim": 16, "axes_dims": (4, 6, 6), "visual_cond": True},
        "tokenizer": "Qwen2VLProcessor"}, settings={"frames": 21}),
    "Kandinsky6SR": Recipe(side=256),
    "AnyFlowFAR": Recipe({"transformer": {"chunk_partition": (1, 1)}}),
    "SkyReelsV2ImageToVideo": Recipe({"transformer": _I2V, "image_processor": "CLIPImageProcessor"}),
    "SkyReelsV2DiffusionForcingVideoToVideo": Recipe(call={"overlap_history": 1, "num_frames": 9, "base_num_frames": 9}),
    **each("Helios", Recipe({"scheduler": {"stages": 1, "stage_range": [0, 1], "use_dynamic_shifting": True},
                             "transformer": {"num_layers": 2}})),
    "HeliosPyramid": Recipe({"scheduler": {"gamma": 0.3}, "transformer": {"num_layers": 2}}),
    **each("MotifVideo MotifVideoImage2Video", Recipe({
        "tokenizer": "GemmaTokenizer", "guider": ("ClassifierFreeGuidance", {}), "scheduler": "FlowMatchEulerDiscreteScheduler"})),
    "ConsisID": Recipe(why="it needs OpenCV and a face recogniser, which are no part of the program"),
}  # fmt: skip
