"""Recipes of the pipelines around U-Nets: Stable Diffusion and its kin, Kandinsky, DeepFloyd, and older ones."""

from __future__ import annotations

from typing import Any

from tests.diffusers_zoo import readers
from tests.diffusers_zoo.networks import WIDTH
from tests.diffusers_zoo.recipe import Recipe, each

_XL = Recipe({"unet": "UNet2DConditionModel/xl"})
_SIMPLE: dict[str, Any] = {
    "down_block_types": ("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
    "up_block_types": ("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
    "mid_block_type": "UNetMidBlock2DSimpleCrossAttn", "block_out_channels": (16, 32), "attention_head_dim": 4,
    "resnet_time_scale_shift": "scale_shift", "encoder_hid_dim": WIDTH, "cross_attention_dim": WIDTH,
}  # fmt: skip
# Kandinsky 2.2: a picture's embedding is all that the U-Net reads.
_K22 = _SIMPLE | {"out_channels": 8, "encoder_hid_dim_type": "image_proj", "addition_embed_type": "image"}
_K21 = _SIMPLE | {"out_channels": 8, "encoder_hid_dim_type": "text_image_proj", "addition_embed_type": "text_image"}
_UNCLIP = ("UnCLIPScheduler", {"variance_type": "fixed_small_log", "prediction_type": "sample", "clip_sample": True,
                               "clip_sample_range": 10.0})  # fmt: skip
_MOVQ = "VQModel/movq"
_K22_COMBINED = Recipe(
    {"unet": ("UNet2DConditionModel", _K22), "movq": _MOVQ, "scheduler": "DDIMScheduler", "prior_scheduler": _UNCLIP}
)


def _mclip(made: dict[str, Any]) -> Any:
    from diffusers.pipelines.kandinsky.text_encoder import MCLIPConfig, MultilingualCLIP

    words = made["tokenizer"]
    return MultilingualCLIP(
        MCLIPConfig(
            numDims=WIDTH, transformerDimensions=WIDTH, hidden_size=WIDTH, intermediate_size=37,
            num_attention_heads=4, num_hidden_layers=2, vocab_size=max(len(words), 400),
        )
    ).eval()  # fmt: skip


_K21_COMBINED = Recipe(
    {"unet": ("UNet2DConditionModel", _K21), "movq": _MOVQ, "scheduler": "DDIMScheduler", "prior_scheduler": _UNCLIP,
     "text_encoder": _mclip}
)  # fmt: skip
_IF_TIMES = ("DDPMScheduler", {
    "beta_schedule": "squaredcos_cap_v2", "thresholding": True, "dynamic_thresholding_ratio": 0.95,
    "sample_max_value": 1.0, "variance_type": "learned_range"})  # fmt: skip
_IF_UNET = _SIMPLE | {
    "in_channels": 3, "out_channels": 6, "act_fn": "gelu", "addition_embed_type": "text",
    "addition_embed_type_num_heads": 2, "cross_attention_norm": "group_norm", "sample_size": 64,
}  # fmt: skip
_IF_LARGER = _IF_UNET | {"in_channels": 6, "class_embed_type": "timestep", "mid_block_scale_factor": 1.414,
                         "time_embedding_act_fn": "gelu"}  # fmt: skip
_IF = Recipe({"unet": _IF_UNET, "scheduler": _IF_TIMES, "feature_extractor": None})
_IF_SR = Recipe(
    {
        "unet": _IF_LARGER,
        "scheduler": _IF_TIMES,
        "image_noising_scheduler": ("DDPMScheduler", {}),
        "feature_extractor": None,
    },
)
_OLD_CLIP = "it reaches into CLIP as transformers had it before version 5"


def _glm_words(made: dict[str, Any]) -> Any:
    """ChatGLM's tokenizer, with a word list of sentencepiece learnt from a few sentences."""
    import tempfile
    from pathlib import Path

    import sentencepiece
    from diffusers.pipelines.kolors.tokenizer import ChatGLMTokenizer

    folder = Path(tempfile.mkdtemp(prefix="zoo-words-"))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(readers._TEXTS * 20), model_prefix=str(folder / "tokenizer"), vocab_size=120,
        byte_fallback=False, minloglevel=2, hard_vocab_limit=False,
    )  # fmt: skip
    return ChatGLMTokenizer(str(folder / "tokenizer.model"))


def _glm(made: dict[str, Any]) -> Any:
    import torch
    from diffusers.pipelines.kolors.text_encoder import ChatGLMConfig, ChatGLMModel

    made_one = ChatGLMModel(
        ChatGLMConfig(num_layers=2, padded_vocab_size=400, hidden_size=WIDTH, ffn_hidden_size=32, kv_channels=16,
                      num_attention_heads=2, seq_length=512, multi_query_attention=False, rmsnorm=True,
                      add_bias_linear=False, add_qkv_bias=True, bias_dropout_fusion=False, original_rope=True)
    ).eval()  # fmt: skip
    for weights in made_one.parameters():  # it leaves them as the memory was
        torch.nn.init.normal_(weights, std=0.1)
    return made_one


def _alt(made: dict[str, Any]) -> Any:
    from diffusers.pipelines.deprecated.alt_diffusion.modeling_roberta_series import (
        RobertaSeriesConfig,
        RobertaSeriesModelWithTransformation,
    )

    return RobertaSeriesModelWithTransformation(
        RobertaSeriesConfig(hidden_size=WIDTH, project_dim=WIDTH, intermediate_size=32, num_hidden_layers=2,
                            num_attention_heads=2, vocab_size=400)
    ).eval()  # fmt: skip


_KOLORS = Recipe(
    {
        "tokenizer": _glm_words,
        "text_encoder": _glm,
        "unet": (
            "UNet2DConditionModel/xl",
            {"cross_attention_dim": WIDTH, "encoder_hid_dim": WIDTH, "encoder_hid_dim_type": "text_proj"},
        ),
    }
)
_SUPER = {
    "sample_size": 64, "layers_per_block": 1, "block_out_channels": (8, 16), "in_channels": 6, "out_channels": 3,
    "down_block_types": ("ResnetDownsampleBlock2D",) * 2, "up_block_types": ("ResnetUpsampleBlock2D",) * 2,
}  # fmt: skip
_UNCLIP_PARTS: dict[str, Any] = {
    "decoder": ("UNet2DConditionModel", _SIMPLE | {
        "out_channels": 6, "in_channels": 3, "class_embed_type": "identity", "encoder_hid_dim": None, "layers_per_block": 1}),
    "text_proj": {"clip_embeddings_dim": WIDTH, "time_embed_dim": 64, "cross_attention_dim": WIDTH},
    "super_res_first": _SUPER, "super_res_last": _SUPER,
    "decoder_scheduler": ("UnCLIPScheduler", {"variance_type": "learned_range", "prediction_type": "epsilon"}),
    "super_res_scheduler": ("UnCLIPScheduler", {"variance_type": "fixed_small_log", "prediction_type": "epsilon"}),
    "prior_scheduler": _UNCLIP,
}  # fmt: skip


def _control(made: dict[str, Any]) -> Any:
    from models.networks import miniature

    return miniature.control(made["unet"])


def _union(made: dict[str, Any]) -> Any:
    from diffusers import ControlNetUnionModel

    unet = made["unet"].config
    return ControlNetUnionModel(
        **{k: unet[k] for k in ("block_out_channels", "down_block_types", "cross_attention_dim", "norm_num_groups",
                                "attention_head_dim", "addition_embed_type", "addition_time_embed_dim",
                                "projection_class_embeddings_input_dim", "layers_per_block")},
        conditioning_embedding_out_channels=(4, 4, 4, 4), num_trans_channel=8, num_trans_head=2, num_trans_layer=1,
        num_proj_channel=8,
    ).eval()  # fmt: skip


def _xs(made: dict[str, Any]) -> Any:
    from diffusers import ControlNetXSAdapter

    unet = made["unet"].config
    return ControlNetXSAdapter(
        conditioning_embedding_out_channels=(4, 4, 4, 4), block_out_channels=(2, 4), num_attention_heads=2,
        base_block_out_channels=unet["block_out_channels"], cross_attention_dim=unet["cross_attention_dim"],
        down_block_types=unet["down_block_types"], sample_size=8, max_norm_num_groups=2,
        use_linear_projection=bool(unet["use_linear_projection"]),
    ).eval()  # fmt: skip


_CONTROL = Recipe({"controlnet": _control})
_XL_CONTROL = _XL.but(controlnet=_control)
_UNION = _XL.but(controlnet=_union)


def _dpt(made: dict[str, Any]) -> Any:
    from transformers import DPTConfig, DPTForDepthEstimation

    return DPTForDepthEstimation(
        DPTConfig(hidden_size=32, num_hidden_layers=4, num_attention_heads=2, intermediate_size=32, image_size=32,
                  patch_size=16, backbone_out_indices=[0, 1, 2, 3], neck_hidden_sizes=[8, 8, 8, 8],
                  fusion_hidden_size=8, is_hybrid=False, backbone_config=None)
    ).eval()  # fmt: skip


def _painted(made: dict[str, Any]) -> Any:
    from diffusers.pipelines.deprecated.paint_by_example.image_encoder import PaintByExampleImageEncoder
    from transformers import CLIPVisionConfig

    return PaintByExampleImageEncoder(
        CLIPVisionConfig(hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=5, num_attention_heads=2,
                         image_size=32, patch_size=8, projection_dim=WIDTH), proj_size=WIDTH
    ).eval()  # fmt: skip


_FLAT = {
    "sample_size": 8, "block_out_channels": (8, 16), "down_block_types": ("DownBlockFlat", "CrossAttnDownBlockFlat"),
    "up_block_types": ("CrossAttnUpBlockFlat", "UpBlockFlat"), "attention_head_dim": 2, "num_attention_heads": None,
    "cross_attention_dim": WIDTH, "norm_num_groups": 4, "encoder_hid_dim": None, "time_embedding_dim": None,
}  # fmt: skip

RECIPES: dict[str, Recipe] = {
    **each(
        "StableDiffusionXL StableDiffusionXLImg2Img StableDiffusionXLInpaint StableDiffusionXLPAGImg2Img "
        "StableDiffusionXLPAGInpaint StableDiffusionXLPAG AnimateDiffSDXL TextToVideoZeroSDXL", _XL,
    ),
    **each(
        "StableDiffusionControlNet StableDiffusionControlNetImg2Img StableDiffusionControlNetInpaint "
        "StableDiffusionControlNetPAG StableDiffusionControlNetPAGInpaint", _CONTROL,
    ),
    **each(
        "StableDiffusionXLControlNet StableDiffusionXLControlNetImg2Img StableDiffusionXLControlNetInpaint "
        "StableDiffusionXLControlNetPAG StableDiffusionXLControlNetPAGImg2Img", _XL_CONTROL,
    ),
    "StableDiffusionXLControlNetUnion": Recipe(_UNION.parts, {"control_mode": [0]}),
    "StableDiffusionXLControlNetUnionImg2Img": Recipe(_UNION.parts, {"control_mode": [0]}),
    "StableDiffusionXLControlNetUnionInpaint": Recipe(_UNION.parts, {"control_mode": [0]}),
    "StableDiffusionControlNetXS": Recipe(
        {"controlnet": _xs, "unet": {"use_linear_projection": True, "layers_per_block": 2}}),
    "StableDiffusionXLControlNetXS": Recipe(
        {"controlnet": _xs, "unet": ("UNet2DConditionModel/xl", {"use_linear_projection": True, "layers_per_block": 2})}
    ),
    "StableDiffusionAdapter": Recipe({"adapter": {"downscale_factor": 8}, "unet": {
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D")}}),
    "StableDiffusionXLAdapter": _XL.but(adapter={"downscale_factor": 16, "adapter_type": "full_adapter_xl"}),
    "StableDiffusionAttendAndExcite": Recipe(
        {"unet": {"down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"), "sample_size": 16,
                  "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D")}},
        {"token_indices": [2, 3], "width": 128, "height": 128},
        {"token_indices": "2 3", "width": 128, "height": 128}),
    "StableDiffusionDepth2Img": Recipe({"unet": {"in_channels": 5}, "depth_estimator": _dpt}),
    "StableDiffusionInstructPix2Pix": Recipe({"unet": {"in_channels": 8}}),
    "StableDiffusionXLInstructPix2Pix": _XL.but(unet=("UNet2DConditionModel/xl", {"in_channels": 8})),
    "StableDiffusionLatentUpscale": Recipe({
        "unet": {"in_channels": 8, "out_channels": 5, "down_block_types": ("KDownBlock2D", "KCrossAttnDownBlock2D"),
                 "up_block_types": ("KCrossAttnUpBlock2D", "KUpBlock2D"), "mid_block_type": None, "act_fn": "gelu",
                 "time_embedding_type": "fourier", "timestep_post_act": "gelu", "conv_in_kernel": 1,
                 "conv_out_kernel": 1, "time_cond_proj_dim": 5 * WIDTH, "resnet_time_scale_shift": "scale_shift",
                 "norm_num_groups": None, "only_cross_attention": False, "block_out_channels": (32, 32),
                 "attention_head_dim": 8, "layers_per_block": 1, "class_embed_type": None, "freq_shift": 0},
        "scheduler": ("EulerDiscreteScheduler", {"prediction_type": "sample"})}),
    "StableDiffusionUpscale": Recipe(
        {"unet": {"in_channels": 7, "num_class_embeds": 1000, "only_cross_attention": (True, False),
                  "use_linear_projection": True},
         "low_res_scheduler": ("DDPMScheduler", {}), "vae": {"block_out_channels": (4, 4, 8),
         "down_block_types": ("DownEncoderBlock2D",) * 3, "up_block_types": ("UpDecoderBlock2D",) * 3}},
    ),
    "StableDiffusionParadigms": Recipe({"scheduler": ("DDIMParallelScheduler", {"clip_sample": False})}),
    "StableDiffusionPix2PixZero": Recipe(
        {"scheduler": "DDIMScheduler", "caption_generator": None, "caption_processor": None},
        why="it needs embeddings of what to change from and to, which its caller computes",
    ),
    "StableDiffusionDiffEdit": Recipe(why="it needs a mask and latents that its other methods compute first"),
    "StableDiffusionGLIGEN": Recipe(
        {"unet": {"attention_type": "gated", "cross_attention_dim": WIDTH, "num_attention_heads": None}},
        {"gligen_phrases": ["a boat"], "gligen_boxes": [[0.1, 0.1, 0.5, 0.5]]},
    ),
    "StableDiffusionGLIGENTextImage": Recipe(why="its processor (CLIPProcessor) and its projection are not made here"),
    "StableDiffusionLDM3D": Recipe({"vae": {"in_channels": 6, "out_channels": 6}}),
    "PaintByExample": Recipe({"unet": {"in_channels": 9}, "image_encoder": _painted, "scheduler": ("PNDMScheduler", {"skip_prk_steps": True})}),
    **each("AltDiffusion AltDiffusionImg2Img", Recipe({"text_encoder": _alt, "tokenizer": ("XLMRobertaTokenizer", {"limit": 77})})),
    **each("UnCLIP UnCLIPImageVariation", Recipe(_UNCLIP_PARTS)),
    "CycleDiffusion": Recipe(call={"source_prompt": "a white sailboat"}),
    **each("LatentConsistencyModel LatentConsistencyModelImg2Img",
           Recipe({"unet": {"time_cond_proj_dim": 16}, "scheduler": "LCMScheduler"}, {"original_inference_steps": None})),
    **each("Kolors KolorsImg2Img KolorsPAG", _KOLORS),
    **each("Kandinsky3 Kandinsky3Img2Img", Recipe({"movq": _MOVQ})),
    **each("KandinskyV22Combined KandinskyV22Img2ImgCombined", _K22_COMBINED),
    "KandinskyV22InpaintCombined": _K22_COMBINED.but(unet=("UNet2DConditionModel", _K22 | {"in_channels": 9})),
    **each("KandinskyCombined KandinskyImg2ImgCombined", _K21_COMBINED),
    "KandinskyInpaintCombined": _K21_COMBINED.but(unet=("UNet2DConditionModel", _K21 | {"in_channels": 9})),
    **each("IF IFImg2Img IFInpainting", _IF),
    **each("IFSuperResolution IFImg2ImgSuperResolution IFInpaintingSuperResolution", _IF_SR),
    "LDMTextToImage": Recipe(
        {"scheduler": "DDIMScheduler", "vqvae": "AutoencoderKL", "unet": "UNet2DConditionModel",
         "bert": lambda made: _ldm_bert()},
    ),
    "LDMSuperResolution": Recipe({"vqvae": {"latent_channels": 3}, "unet": {"in_channels": 6, "sample_size": 32},
                                  "scheduler": "DDIMScheduler"}),
    **each("MarigoldDepth MarigoldNormals", Recipe(
        {"unet": {"in_channels": 8}, "scheduler": "DDIMScheduler", "default_denoising_steps": 2,
         "default_processing_resolution": 64, "scale_invariant": True, "shift_invariant": True,
         "use_full_z_range": True})),
    "MarigoldIntrinsics": Recipe(
        {"unet": {"in_channels": 12, "out_channels": 8}, "scheduler": "DDIMScheduler", "default_denoising_steps": 2,
         "default_processing_resolution": 64, "prediction_type": "intrinsics",
         "target_properties": lambda made: {
             "target_names": ["albedo", "shading"], "albedo": {"prediction_space": "srgb", "up_to_scale": False},
             "shading": {"prediction_space": "linear", "up_to_scale": True}}}),
    "VersatileDiffusionTextToImage": Recipe({"text_unet": _FLAT}),
    "VersatileDiffusionDualGuided": Recipe({"text_unet": _FLAT}),
    "I2VGenXL": Recipe(why=_OLD_CLIP),
    "BlipDiffusion": Recipe(why=_OLD_CLIP),
    "BlipDiffusionControlNet": Recipe(why=_OLD_CLIP),
}  # fmt: skip


def _ldm_bert() -> Any:
    from diffusers.pipelines.latent_diffusion.pipeline_latent_diffusion import LDMBertConfig, LDMBertModel

    return LDMBertModel(
        LDMBertConfig(vocab_size=400, encoder_layers=1, encoder_ffn_dim=32, encoder_attention_heads=2, d_model=WIDTH,
                      head_dim=16, max_position_embeddings=77)
    ).eval()  # fmt: skip
