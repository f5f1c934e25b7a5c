"""The folder that is measured: the starter, or random weights of its shape where it is not there yet."""

from __future__ import annotations

from pathlib import Path

from models import folders


def folder(scratch: Path) -> tuple[Path, str]:
    """A StableDiffusionPipeline folder and what to call it."""
    starter = folders.resources() / "starter" / "scenes"
    if (starter / "model_index.json").is_file():
        return starter, "the starter *scenes*"
    return _stand_in(scratch / "stand-in"), "random weights of the starter's shape"


def _stand_in(path: Path) -> Path:
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    from models.networks import miniature

    made = miniature.stable_diffusion(size=128, latent_channels=8)
    made.register_modules(
        unet=UNet2DConditionModel(
            sample_size=16,
            in_channels=8,
            out_channels=8,
            block_out_channels=(64, 128, 192),
            layers_per_block=1,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=128,
            attention_head_dim=4,
            norm_num_groups=16,
        ),
        vae=AutoencoderKL(
            sample_size=128,
            latent_channels=8,
            block_out_channels=(32, 64, 128, 128),
            layers_per_block=1,
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            norm_num_groups=16,
            mid_block_add_attention=False,
        ),
        text_encoder=CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(made.tokenizer),
                hidden_size=128,
                intermediate_size=512,
                num_hidden_layers=4,
                num_attention_heads=4,
                max_position_embeddings=77,
                bos_token_id=made.tokenizer.bos_token_id,
                eos_token_id=made.tokenizer.eos_token_id,
                pad_token_id=made.tokenizer.pad_token_id,
            )
        ),
    )
    made.save_pretrained(path)
    return path
