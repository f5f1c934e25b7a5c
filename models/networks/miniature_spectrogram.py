"""A small random AudioLDM, for tests: built in a moment."""

from __future__ import annotations

from typing import Any


def audioldm(seed: int = 0) -> Any:
    """An AudioLDMPipeline at 8 kHz, of 0.64 seconds if not told otherwise: 16 bands, latents of 4 by 4."""
    import diffusers
    import torch
    from transformers import (
        ClapTextConfig,
        ClapTextModelWithProjection,
        RobertaTokenizerFast,
        SpeechT5HifiGan,
        SpeechT5HifiGanConfig,
    )

    words = RobertaTokenizerFast().train_new_from_iterator([["light rain close by and a slow bell"]], vocab_size=280)
    words.model_max_length = 40
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        text = ClapTextModelWithProjection(
            ClapTextConfig(
                vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
                max_position_embeddings=64, projection_dim=16, pad_token_id=words.pad_token_id,
                bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id,
            )
        )  # fmt: skip
        unet: Any = diffusers.UNet2DConditionModel(
            sample_size=16, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(8, 16),
            down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
            mid_block_type="UNetMidBlock2D", attention_head_dim=8, norm_num_groups=4,
            class_embed_type="simple_projection", projection_class_embeddings_input_dim=16,
            class_embeddings_concat=True,
        )  # fmt: skip
        vae: Any = diffusers.AutoencoderKL(
            in_channels=1, out_channels=1, latent_channels=4, block_out_channels=(4, 8, 8), layers_per_block=1,
            down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3, norm_num_groups=4,
            sample_size=16, mid_block_add_attention=False,
        )  # fmt: skip
        vocoder = SpeechT5HifiGan(
            SpeechT5HifiGanConfig(
                model_in_dim=16, sampling_rate=8000, upsample_initial_channel=16, upsample_rates=[5, 4, 4],
                upsample_kernel_sizes=[11, 8, 8], resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1]],
                initializer_range=0.2,
            )
        )  # fmt: skip
    noise = diffusers.DDIMScheduler(
        beta_schedule="scaled_linear", beta_start=0.0015, beta_end=0.0195, clip_sample=False
    )
    return diffusers.AudioLDMPipeline(vae.eval(), text.eval(), words, unet.eval(), noise, vocoder.eval())
