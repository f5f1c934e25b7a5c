"""Random miniatures of networks that libraries have: the same shapes and formats at a ten-thousandth of the size."""

from __future__ import annotations

from typing import Any

_SENTENCES = (
    "a red sailboat on a calm sea at sunset, near, on the left",
    "a white lighthouse in the fog, far, on the right",
    "a small house by a forest in the snow, at night, with moon and stars",
    "a yellow balloon over the desert on a clear day",
)


def clip_tokenizer() -> Any:
    """A CLIPTokenizer that reads 77 tokens, learnt from four sentences; unknown words fall into letters."""
    from transformers import CLIPTokenizer

    tokenizer = CLIPTokenizer().train_new_from_iterator([list(_SENTENCES)], vocab_size=600)
    tokenizer.model_max_length = 77
    return tokenizer


def stable_diffusion(
    *,
    xl: bool = False,
    size: int = 64,
    latent_channels: int = 4,
    inpaints: bool = False,
    prediction_type: str = "epsilon",
    scheduler: str = "DDIMScheduler",
    spacing: str | None = None,
    guidance_embedding: int | None = None,
    seed: int = 0,
) -> Any:
    """A StableDiffusionPipeline, or an XL one: random weights from `seed`, pictures of `size` pixels.

    The autoencoder divides by 8 and the U-Net has two levels. `inpaints` gives it the mask and the masked
    picture as further inputs; `guidance_embedding` numbers tell it the guidance scale, as latent consistency models
    are told it. `spacing` of the scheduler's times is its own where None.
    """
    import diffusers
    import torch
    from transformers import CLIPTextModelWithProjection

    width, projected = 32, 16
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tokenizer = clip_tokenizer()
        parts = {
            "tokenizer": tokenizer,
            "text_encoder": clip_text(tokenizer, width, projected),
        }
        conditioned: dict[str, Any] = {}
        if xl:
            parts["tokenizer_2"] = clip_tokenizer()
            parts["text_encoder_2"] = CLIPTextModelWithProjection(_text_config(tokenizer, width, projected)).eval()
            # Six numbers (original size, crop, wanted size) of 8 features each, beside the pooled text.
            conditioned = {
                "addition_embed_type": "text_time",
                "addition_time_embed_dim": 8,
                "projection_class_embeddings_input_dim": 6 * 8 + projected,
            }
        unet: Any = diffusers.UNet2DConditionModel(
            sample_size=size // 8,
            in_channels=2 * latent_channels + 1 if inpaints else latent_channels,
            out_channels=latent_channels,
            block_out_channels=(8, 16),
            layers_per_block=1,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=width * (2 if xl else 1),
            attention_head_dim=2,
            norm_num_groups=4,
            time_cond_proj_dim=guidance_embedding,
            **conditioned,
        )
        vae: Any = diffusers.AutoencoderKL(
            sample_size=size,
            latent_channels=latent_channels,
            block_out_channels=(4, 4, 8, 8),
            layers_per_block=1,
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            norm_num_groups=4,
            force_upcast=xl,
        )
    parts |= {"unet": unet.eval(), "vae": vae.eval()}
    schedule: dict[str, Any] = {
        "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1,
        "prediction_type": prediction_type, "clip_sample": False, "set_alpha_to_one": False,
    }  # fmt: skip
    if spacing is not None:
        schedule["timestep_spacing"] = spacing
    parts["scheduler"] = getattr(diffusers, scheduler).from_config(schedule)
    if xl:
        return diffusers.StableDiffusionXLPipeline(**parts)
    return diffusers.StableDiffusionPipeline(
        **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )


def moving(frames: int = 16, seed: int = 0) -> Any:
    """An AnimateDiffPipeline of up to that many frames, its motion modules as random as the rest."""
    import diffusers
    import torch

    parts = stable_diffusion(seed=seed).components
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        adapter: Any = diffusers.MotionAdapter(
            block_out_channels=(8, 16), motion_layers_per_block=1, motion_num_attention_heads=2,
            motion_norm_num_groups=4, motion_max_seq_length=frames,
        )  # fmt: skip
        kept = ("vae", "text_encoder", "tokenizer", "unet", "scheduler")
        return diffusers.AnimateDiffPipeline(**{name: parts[name] for name in kept}, motion_adapter=adapter.eval())


def clip_text(tokenizer: Any, width: int, projected: int = 16) -> Any:
    """A CLIPTextModel that reads what `tokenizer` gives, its states `width` wide; drawn from torch's own generator."""
    from transformers import CLIPTextModel

    return CLIPTextModel(_text_config(tokenizer, width, projected)).eval()


def code_writer(codes: int, spread: float) -> Any:
    """A LlamaForCausalLM of that many codes and a begin mark; `spread` of its weights makes it bolder or even."""
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=codes + 1, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=128, initializer_range=spread, bos_token_id=None, eos_token_id=None,
        )
    ).eval()  # fmt: skip


def vq_model() -> Any:
    """A VQModel for pictures of 64 pixels: sixteen codes, each for a square of four; drawn from torch's generator."""
    import torch
    from diffusers import VQModel

    model: Any = VQModel(
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(8, 8, 16), latent_channels=4, num_vq_embeddings=16, norm_num_groups=4, sample_size=64,
        mid_block_add_attention=False,
    )  # fmt: skip
    torch.nn.init.normal_(model.quantize.embedding.weight)
    return model.eval()


def control(unet: Any, seed: int = 0) -> Any:
    """A ControlNetModel for that U-Net which says something, unlike an untrained one, whose answers are zero."""
    import torch
    from diffusers import ControlNetModel

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made: Any = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(4, 4, 4, 4))
        silent = (made.controlnet_cond_embedding.conv_out, *made.controlnet_down_blocks, made.controlnet_mid_block)
        for layer in silent:
            layer.reset_parameters()
    return made.eval()


def style(unet: Any, rank: int = 2, seed: int = 0) -> dict[str, Any]:
    """Random LoRA weights for the attention of that U-Net, named as diffusers names them."""
    import torch

    generator = torch.Generator("cpu").manual_seed(seed)
    made: dict[str, Any] = {}
    for name, part in unet.named_modules():
        if name.rpartition(".")[2] in ("to_q", "to_k", "to_v"):
            out, enters = part.weight.shape
            made[f"unet.{name}.lora_A.weight"] = torch.randn(rank, enters, generator=generator) * 0.3
            made[f"unet.{name}.lora_B.weight"] = torch.randn(out, rank, generator=generator) * 0.3
    return made


def _text_config(tokenizer: Any, width: int, projected: int) -> Any:
    from transformers import CLIPTextConfig

    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=77,
        projection_dim=projected,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
