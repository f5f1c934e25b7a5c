"""Recipes of the pipelines for sound and text, of models of pixels, and of the oldest ones."""

from __future__ import annotations

from typing import Any

from tests.diffusers_zoo import networks, readers
from tests.diffusers_zoo.networks import WIDTH
from tests.diffusers_zoo.recipe import Recipe, each

_MEL_VAE = {"in_channels": 1, "out_channels": 1, "block_out_channels": (4, 8),
            "down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}  # fmt: skip


def _vocoder(made: Any) -> Any:
    return readers.vocoder()


def _audio_unet(made: Any) -> Any:
    return networks.network(
        "AudioLDM2UNet2DConditionModel", block_out_channels=(8, 16), layers_per_block=1, sample_size=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=([None, WIDTH, WIDTH], [None, WIDTH, WIDTH]), num_attention_heads=None,
        attention_head_dim=4, time_embedding_dim=None,
    )  # fmt: skip


def _language(made: Any) -> Any:
    model = readers.encoder("GPT2LMHeadModel", made["tokenizer"])
    model.config.max_new_tokens = 8
    return model


def _shape(**more: Any) -> tuple[str, dict[str, Any]]:
    return "PriorTransformer", {
        "embedding_dim": WIDTH, "num_embeddings": WIDTH, "embedding_proj_dim": WIDTH, "time_embed_dim": 4 * WIDTH,
        "clip_embed_dim": 2 * WIDTH, "additional_embeddings": 0, "time_embed_act_fn": "gelu", "norm_in_type": "layer",
        "encoder_hid_proj_type": None, "added_emb_type": None, **more,
    }  # fmt: skip


def _renderer(made: Any) -> Any:
    return networks.network(
        "ShapERenderer",
        param_shapes=((8, 93), (8, 8), (8, 8), (8, 8)),
        d_latent=WIDTH,
        d_hidden=8,
        n_output=12,
        background=(0.1, 0.1, 0.1),
    )


def _transformer(made: Any) -> Any:
    """VQ-Diffusion's, which denoises codes."""
    from diffusers import Transformer2DModel

    return Transformer2DModel(
        attention_bias=True, cross_attention_dim=WIDTH, attention_head_dim=16, num_attention_heads=2, num_layers=1,
        num_vector_embeds=16 + 1, num_embeds_ada_norm=4, sample_size=8, norm_num_groups=4, activation_fn="geglu-approximate",
    ).eval()  # fmt: skip


def _cascade(text: bool) -> Any:
    """The U-Net of Stable Cascade: the prior reads texts and pictures, the decoder what the prior made."""

    def make(made: Any) -> Any:
        from diffusers.models import StableCascadeUNet

        shared: dict[str, Any] = {
            "conditioning_dim": WIDTH, "block_out_channels": (16, 32), "num_attention_heads": (1, 1),
            "down_num_layers_per_block": (1, 1), "up_num_layers_per_block": (1, 1), "switch_level": (False,),
            "clip_text_pooled_in_channels": WIDTH,
        }  # fmt: skip
        if text:
            shared |= {
                "clip_text_in_channels": WIDTH,
                "clip_image_in_channels": WIDTH,
                "self_attn": False,
                "block_types_per_layer": (("SDCascadeResBlock", "SDCascadeTimestepBlock", "SDCascadeAttnBlock"),) * 2,
            }
            return StableCascadeUNet(**shared).eval()
        return StableCascadeUNet(
            **shared, in_channels=4, out_channels=4, effnet_in_channels=16, pixel_mapper_in_channels=3, patch_size=1,
            block_types_per_layer=(("SDCascadeResBlock", "SDCascadeTimestepBlock"),) * 2, kernel_size=3,
        ).eval()  # fmt: skip

    return make


_WUERSTCHEN: dict[str, Any] = {
    "decoder": {"c_cond": WIDTH, "c_hidden": [16], "nhead": [-1], "blocks": [1], "level_config": ["CT"],
                "clip_embd": WIDTH, "inject_effnet": [False], "c_r": 16},
    "prior_prior": {"c_in": 2, "c": 16, "c_cond": WIDTH, "depth": 1, "nhead": 1, "c_r": 16},
    "scheduler": "DDPMWuerstchenScheduler", "prior_scheduler": "DDPMWuerstchenScheduler",
}  # fmt: skip

RECIPES: dict[str, Recipe] = {
    **each("Amused AmusedImg2Img AmusedInpaint", Recipe(
        {"scheduler": ("AmusedScheduler", {"mask_token_id": 23}), "vqvae": "VQModel/codes"})),
    "LLaDA2": Recipe(why="saved, it does not load again in diffusers itself: its tokenizer is not kept"),
    "DiffusionGemma": Recipe(why="its language model (DiffusionGemma) is not made in miniature here"),
    "AceStep": Recipe({"vae": {"decoder_input_channels": 64}}),
    "AudioLDM2": Recipe({
        "vae": _MEL_VAE, "vocoder": _vocoder, "unet": _audio_unet, "language_model": _language,
        "text_encoder": "ClapModel", "text_encoder_2": "T5EncoderModel", "tokenizer_2": ("T5Tokenizer", {"limit": 77}),
        "tokenizer": ("RobertaTokenizer", {"limit": 77}),
        "projection_model": {"text_encoder_dim": WIDTH, "text_encoder_1_dim": WIDTH, "langauge_model_dim": WIDTH}}),
    **each("AudioLDM MusicLDM", Recipe({
        "vae": _MEL_VAE, "vocoder": _vocoder, "tokenizer": ("RobertaTokenizer", {"limit": 77}),
        "text_encoder": "ClapTextModelWithProjection",
        "unet": {"class_embed_type": "simple_projection", "projection_class_embeddings_input_dim": WIDTH,
                 "class_embeddings_concat": True, "cross_attention_dim": (8, 16)}})),
    **each("StableAudio3 StableAudio3AudioToAudio StableAudio3Inpaint", Recipe({
        "tokenizer": "GemmaTokenizer",
        "vae": {"patch_size": 4, "encoder_channels": 8, "encoder_c_mults": (1,), "encoder_strides": (2,),
                "encoder_transformer_depths": (1,), "latent_dim": 8, "sampling_rate": 2000},
        "transformer": {"io_channels": 8, "local_add_cond_dim": 9, "timestep_features_dim": 16, "num_memory_tokens": 4}})),
    "ShapE": Recipe({"prior": _shape(), "shap_e_renderer": _renderer, "scheduler": ("HeunDiscreteScheduler", {
        "beta_schedule": "exp", "num_train_timesteps": 1024, "prediction_type": "sample", "use_karras_sigmas": True,
        "clip_sample": True})}),
    "ShapEImg2Img": Recipe({
        "prior": _shape(embedding_proj_norm_type="layer", num_embeddings=17), "shap_e_renderer": _renderer,
        "image_encoder": "CLIPVisionModel", "image_processor": "CLIPImageProcessor",
        "scheduler": ("HeunDiscreteScheduler", {
            "beta_schedule": "exp", "num_train_timesteps": 1024, "prediction_type": "sample", "use_karras_sigmas": True,
            "clip_sample": True})}),
    "VQDiffusion": Recipe({
        "vqvae": ("VQModel/codes", {"block_out_channels": (8, 8, 8, 8), "down_block_types": ("DownEncoderBlock2D",) * 4,
                                    "up_block_types": ("UpDecoderBlock2D",) * 4, "lookup_from_codebook": False}),
        "transformer": _transformer, "scheduler": ("VQDiffusionScheduler", {"num_vec_classes": 17}),
        "learned_classifier_free_sampling_embeddings": {"learnable": False}}),
    "StableCascadeCombined": Recipe({
        "decoder": _cascade(text=False), "prior_prior": _cascade(text=True), "scheduler": "DDPMWuerstchenScheduler",
        "prior_scheduler": "DDPMWuerstchenScheduler", "prior_image_encoder": "CLIPVisionModelWithProjection",
        "prior_feature_extractor": "CLIPImageProcessor", "text_encoder": "CLIPTextModelWithProjection",
        "prior_text_encoder": "CLIPTextModelWithProjection"}, {"width": 128, "height": 128}, {"width": 128, "height": 128}),
    "WuerstchenCombined": Recipe(_WUERSTCHEN, {"width": 128, "height": 128}, {"width": 128, "height": 128}),
    "AudioDiffusion": Recipe(why="its spectrograms need librosa, which is no part of the program"),
    "StableAudio": Recipe({
        "projection_model": {"text_encoder_dim": WIDTH, "conditioning_dim": WIDTH, "min_value": 0, "max_value": 32},
        "scheduler": ("EDMDPMSolverMultistepScheduler", {"solver_order": 2, "prediction_type": "v_prediction",
                      "sigma_data": 1.0, "sigma_schedule": "exponential"}),
        "transformer": {"sample_size": 100, "in_channels": 8, "out_channels": 8, "global_states_input_dim": 2 * WIDTH},
    }),
    "DanceDiffusion": Recipe({"scheduler": ("IPNDMScheduler", {}), "unet": {"block_out_channels": (32, 32, 64)}}),
    "PNDM": Recipe({"scheduler": ("PNDMScheduler", {})}, {"num_inference_steps": 5}, {"steps": 5}),
}  # fmt: skip
