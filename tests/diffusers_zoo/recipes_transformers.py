"""Recipes of the pipelines around transformers that make pictures: Flux, Stable Diffusion 3, Qwen-Image and so on."""

from __future__ import annotations

from typing import Any

from tests.diffusers_zoo.networks import WIDTH
from tests.diffusers_zoo.recipe import Recipe, each

_DEEP = {"num_hidden_layers": 37}  # they read from fixed layers of a deep encoder
_FLUX_CONTROL = Recipe({"transformer": {"in_channels": 128, "out_channels": 64}})
_NO_T5 = {"text_encoder_3": None, "tokenizer_3": None}
_SD3 = Recipe(_NO_T5)
_VL = "Qwen2_5_VLForConditionalGeneration"


def _from(name: str) -> Any:
    """A control network made from the pipeline's own transformer."""

    def make(made: dict[str, Any]) -> Any:
        import diffusers

        return getattr(diffusers, name).from_transformer(made["transformer"], num_layers=1).eval()

    return make


_QWEN_CONTROL = {"controlnet": ("QwenImageControlNetModel", {})}
_SPRINT = Recipe({
    "scheduler": "SCMScheduler", "transformer": {"guidance_embeds": True, "qk_norm": "rms_norm_across_heads"}})  # fmt: skip
_FLOW_DPM = ("DPMSolverMultistepScheduler", {"prediction_type": "flow_prediction", "use_flow_sigmas": True})

_DREAM = {
    "sample_size": 8, "block_out_channels": (8, 16), "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"), "attention_head_dim": 2, "num_attention_heads": None,
    "cross_attention_dim": WIDTH, "norm_num_groups": 4, "in_channels": 4,
}  # fmt: skip

RECIPES: dict[str, Recipe] = {
    **each("FluxControl FluxControlImg2Img", _FLUX_CONTROL),
    "FluxControlInpaint": _FLUX_CONTROL,
    "FluxFill": Recipe({"transformer": {"in_channels": 384, "out_channels": 64}}),
    **each("FluxControlNet FluxControlNetImg2Img FluxControlNetInpaint", Recipe({"controlnet": "FluxControlNetModel"})),
    **each("FluxKontext FluxKontextInpaint", Recipe(call={"_auto_resize": False, "max_area": 64 * 64})),
    **each("Flux2Klein Flux2KleinKV Flux2KleinInpaint", Recipe({"text_encoder": _DEEP})),
    "Flux2": Recipe(why="its processor (Pixtral) needs torchvision, which is no part of the program"),
    **each("VisualCloze VisualClozeGeneration", Recipe(
        {"transformer": {"in_channels": 384, "out_channels": 64}, "resolution": 32},
        {"task_prompt": "each row", "content_prompt": "a boat", "image": "cloze"})),
    **each("StableDiffusion3 StableDiffusion3Img2Img StableDiffusion3Inpaint", _SD3),
    **each("StableDiffusion3PAG StableDiffusion3PAGImg2Img", _SD3.but(
        transformer={"num_layers": 2}, pag_applied_layers=["blocks.1"])),
    "StableDiffusion3ControlNet": _SD3.but(controlnet="SD3ControlNetModel"),
    "StableDiffusion3ControlNetInpainting": _SD3.but(
        controlnet=("SD3ControlNetModel", {"extra_conditioning_channels": 1}), image_encoder=None,
        feature_extractor=None),
    "PixArtSigmaPAG": Recipe({"transformer": {"num_layers": 2}, "pag_applied_layers": ["blocks.1"]}),
    "HunyuanDiT": Recipe(with_parts=("text_encoder_2", "tokenizer_2")),
    "HunyuanDiTPAG": Recipe({"transformer": {"num_layers": 2}, "pag_applied_layers": ["blocks.1"]},
                            with_parts=("text_encoder_2", "tokenizer_2")),
    "HunyuanDiTControlNet": Recipe({"controlnet": "HunyuanDiT2DControlNetModel"},
                                   with_parts=("text_encoder_2", "tokenizer_2")),
    "QwenImageControlNet": Recipe(_QWEN_CONTROL),
    "QwenImageControlNetInpaint": Recipe({"controlnet": ("QwenImageControlNetModel", {"extra_condition_channels": 4})}),
    "ZImageControlNetInpaint": Recipe({
        "controlnet": ("ZImageControlNetModel", {"control_layers_places": [0], "control_refiner_layers_places": [0],
                                                 "control_in_dim": 33, "add_control_noise_refiner": "control_noise"})}),
    "DreamLite": Recipe({"unet": _DREAM}),
    "DreamLiteMobile": Recipe({"unet": _DREAM}),
    "QwenImageLayered": Recipe({"transformer": {"use_additional_t_cond": True, "use_layer3d_rope": True},
                                "vae": {"input_channels": 4}}, {"layers": 2, "image": "layers"}, {"layers": 2}),
    **each("Sana SanaPAG", Recipe({"scheduler": _FLOW_DPM, "transformer": {"sample_size": 2}})),
    "SanaPAG": Recipe({"scheduler": _FLOW_DPM, "pag_applied_layers": ["blocks.0"]}),
    "SanaControlNet": Recipe({"scheduler": _FLOW_DPM, "controlnet": "SanaControlNetModel"}),
    **each("SanaSprint SanaSprintImg2Img", _SPRINT),
    "QwenImage21": Recipe({"transformer": {"mlp_ratio": 2}}),
    "NucleusMoEImage": Recipe({"text_encoder": _DEEP, "transformer": {"out_channels": 16}}),
    "BriaFibo2": Recipe({"text_encoder": _DEEP, "transformer": {
        "cap_feat_dim": 3 * WIDTH, "injection_layer_ids": (0,), "min_num_gist_tokens": 4, "max_num_gist_tokens": 8,
        "gist_step": 4, "gist_min_text_len": 4, "gist_max_text_len": 64}}),
    "OmniGen": Recipe(why="its processor needs torchvision, which is no part of the program"),
    "CogView4Control": Recipe({"transformer": {"in_channels": 32, "out_channels": 16}}),
    **each("CogView4", Recipe({"transformer": {"rope_axes_dim": (8, 8)}})),
    "PRX": Recipe({"transformer": {"axes_dim": [8, 8]}, "text_encoder": "CLIPTextModel", "tokenizer": "CLIPTokenizer",
                   "default_sample_size": 64}, with_parts=("vae",)),
    "PRXPixel": Recipe(
        {"transformer": {"axes_dim": [8, 8], "in_channels": 3, "patch_size": 8},
         "text_encoder": ("CLIPTextModel", {"max_position_embeddings": 300}),
         "tokenizer": "CLIPTokenizer", "default_sample_size": 64}),
    "HiDreamImage": Recipe(
        {"transformer": {"patch_size": 2, "in_channels": 16, "axes_dims_rope": (4, 6, 6), "max_resolution": (16, 16),
                         "caption_channels": (WIDTH, WIDTH), "text_emb_dim": 2 * WIDTH, "llama_layers": [0, 1]},
         **{name: ("CLIPTextModelWithProjection", {"max_position_embeddings": 248})
            for name in ("text_encoder", "text_encoder_2")},
         "tokenizer_4": "LlamaTokenizer",
         "text_encoder_4": ("LlamaForCausalLM", {"output_hidden_states": True})}),
    "HunyuanImage": Recipe({
        "vae": {"block_out_channels": (128,) * 6}, "transformer": {"rope_axes_dim": (8, 8), "text_embed_2_dim": WIDTH},
        "text_encoder_2": ("T5EncoderModel", {}), "guider": ("AdaptiveProjectedMixGuidance", {}),
        "ocr_guider": ("AdaptiveProjectedMixGuidance", {})}),
    "HunyuanImageRefiner": Recipe({
        "transformer": {"in_channels": 128, "out_channels": 64, "patch_size": (1, 1, 1), "rope_axes_dim": (4, 6, 6)},
        "vae": {"latent_channels": 32, "block_out_channels": (64,) * 5},
        "guider": ("AdaptiveProjectedMixGuidance", {})}),
    "Ideogram4": Recipe({
        "text_encoder": ("Qwen3VLModel", _DEEP), "tokenizer": "Qwen2Tokenizer",
        **{key: {"llm_features_dim": 13 * WIDTH} for key in ("transformer", "unconditional_transformer")}},
        {"guidance_schedule": [7.0, 3.0]}),
    "Krea2": Recipe({"text_encoder": _DEEP, "transformer": {"num_text_layers": 2, "num_key_value_heads": 2},
                     "text_encoder_select_layers": (1, 2)}),
    "ErnieImage": Recipe({"text_encoder": ("Qwen3Model", {}), "transformer": {"rope_axes_dim": (4, 6, 6)},
                          "tokenizer": "Qwen2Tokenizer"}),
    "GlmImage": Recipe(why="its language model and processor (GLM-Image) are not made in miniature here"),
    "Bria": Recipe({"transformer": {"pooled_projection_dim": None}}),
    "BriaFibo": Recipe({"vae": "AutoencoderKLWan", "tokenizer": "Qwen2Tokenizer", "text_encoder": {"num_hidden_layers": 3, "no_rope_layers": [1, 1, 1], "vocab_size": 128_256},
                        "transformer": {"joint_attention_dim": 2 * WIDTH, "text_encoder_dim": WIDTH,
                                        "pooled_projection_dim": None}}),
    "BriaFiboEdit": Recipe(prompt='{"edit_instruction": "paint it red"}', parts={"tokenizer": "Qwen2Tokenizer", "text_encoder": {"num_hidden_layers": 3, "no_rope_layers": [1, 1, 1], "vocab_size": 128_256},
                            "scheduler": "FlowMatchEulerDiscreteScheduler", "vae": "AutoencoderKLWan",
                            "transformer": {"joint_attention_dim": 2 * WIDTH, "text_encoder_dim": WIDTH,
                                            "pooled_projection_dim": None}}),
    **each("ZImageControlNet", Recipe({
        "controlnet": ("ZImageControlNetModel", {"control_layers_places": [0], "control_refiner_layers_places": [0],
                                                 "control_in_dim": 16})})),
    "ZImageOmni": Recipe({"transformer": {"siglip_feat_dim": WIDTH}}),
    "Kandinsky5T2I": Recipe({
        "transformer": {"in_visual_dim": 16, "out_visual_dim": 16, "axes_dims": (4, 6, 6)}, "vae": "AutoencoderKL/16",
        "tokenizer": "Qwen2VLProcessor"}, {"max_sequence_length": None}),
    "Kandinsky5I2I": Recipe({
        "transformer": {"in_visual_dim": 16, "out_visual_dim": 16, "axes_dims": (4, 6, 6), "visual_cond": True},
        "vae": "AutoencoderKL/16", "tokenizer": "Qwen2VLProcessor"}, {"max_sequence_length": None}),
    "Lumina2": Recipe({"transformer": {"axes_lens": (512, 64, 64)}}),
}  # fmt: skip
