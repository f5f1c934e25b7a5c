"""Small random language models of transformers that write pictures, for tests: built in a moment."""

from __future__ import annotations

from typing import Any


def janus() -> tuple[Any, Any]:
    """A Janus that writes 4 × 4 codes out of 32, each a square of two pixels, and its tokenizer of bytes."""
    import torch
    from transformers import GenerationConfig, JanusConfig, JanusForConditionalGeneration

    from models.networks.miniature_text import byte_tokenizer

    words = byte_tokenizer(False, ("<pad>", "<s>", "</s>", "<begin_of_image>", "<end_of_image>", "<image>"))
    config = JanusConfig(
        text_config={
            "model_type": "llama", "vocab_size": len(words), "hidden_size": 32, "intermediate_size": 64,
            "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2, "initializer_range": 0.3,
            "max_position_embeddings": 256, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
        },
        vision_config={
            "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 8, "patch_size": 2,
            "mlp_ratio": 2.0, "projection_dim": 32, "num_image_tokens": 16, "depth": 1,
        },
        vq_config={
            "embed_dim": 4, "num_embeddings": 32, "latent_channels": 16, "base_channels": 32,
            "channel_multiplier": [1, 1], "num_res_blocks": 1, "num_patches": 4, "projection_dim": 32,
            "image_token_embed_dim": 32, "initializer_range": 0.3,
        },
        image_token_id=5,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = JanusForConditionalGeneration(config)
        book = model.model.vqmodel.quantize.embedding.weight
        book.data.normal_()
    model.generation_config = GenerationConfig(
        pad_token_id=0, bos_token_id=1, eos_token_id=2, generation_kwargs={"boi_token_id": 3}, guidance_scale=5.0
    )
    return model.eval().requires_grad_(False), words


def imagegpt() -> tuple[Any, list[list[float]]]:
    """An ImageGPT over 8 × 8 pixels in sixteen colours, and these."""
    import torch
    from transformers import ImageGPTConfig, ImageGPTForCausalImageModeling

    config = ImageGPTConfig(vocab_size=17, n_positions=64, n_embd=32, n_layer=1, n_head=2, initializer_range=0.4)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = ImageGPTForCausalImageModeling(config)
        colours = (torch.rand(16, 3) * 2 - 1).tolist()
    return model.eval().requires_grad_(False), colours
