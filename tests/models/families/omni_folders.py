"""Random miniatures of transformers' largest models that speak: SeamlessM4T and Qwen Omni, as they are published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers as t

from tests.models.families.sound_folders import QWEN2, save, words


def seamless(place: Path, second: bool = False) -> Path:
    letters = ["<pad>", "<unk>", "<s>", "</s>", "\u2581", *"abcdefghijklmnopqrstuvwxyz.,"]
    vocabulary = {letter: k for k, letter in enumerate(letters)}
    tokenizer = t.SeamlessM4TTokenizer(
        vocab=vocabulary, merges=[], additional_special_tokens=["__eng__", "__fra__", "__deu__"]
    )
    tokenizer.save_pretrained(place)
    codes = {code: tokenizer.convert_tokens_to_ids(f"__{code}__") for code in ("eng", "fra", "deu")}
    sizes: dict[str, Any] = {
        "vocab_size": len(tokenizer), "t2u_vocab_size": 40, "hidden_size": 16, "encoder_layers": 1,
        "encoder_ffn_dim": 16, "encoder_attention_heads": 2, "decoder_layers": 1, "decoder_ffn_dim": 16,
        "decoder_attention_heads": 2, "speech_encoder_layers": 1, "speech_encoder_attention_heads": 2,
        "speech_encoder_intermediate_size": 16, "t2u_encoder_layers": 1, "t2u_encoder_ffn_dim": 16,
        "t2u_encoder_attention_heads": 2, "t2u_decoder_layers": 1, "t2u_decoder_ffn_dim": 16,
        "t2u_decoder_attention_heads": 2, "upsample_initial_channel": 16, "upsample_rates": [5, 4],
        "upsample_kernel_sizes": [11, 8], "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1]],
        "unit_hifi_gan_vocab_size": 40, "unit_embed_dim": 8, "lang_embed_dim": 4, "spkr_embed_dim": 4,
        "vocoder_num_langs": 3, "vocoder_num_spkrs": 4, "sampling_rate": 16000, "max_position_embeddings": 64,
        "t2u_max_position_embeddings": 128, "max_new_tokens": 8, "t2u_max_new_tokens": 12,
        "encoder_layerdrop": 0.0, "decoder_layerdrop": 0.0,
    }  # fmt: skip
    if second:
        sizes |= {"char_vocab_size": 40, "t2u_variance_pred_dropout": 0.0, "t2u_variance_predictor_embed_dim": 16,
                  "t2u_variance_predictor_hidden_dim": 16}  # fmt: skip
        model: Any = t.SeamlessM4Tv2ForTextToSpeech(t.SeamlessM4Tv2Config(**sizes))
    else:
        model = t.SeamlessM4TForTextToSpeech(t.SeamlessM4TConfig(**sizes))
    places = {"eng": 0, "fra": 1, "deu": 2}
    told: dict[str, Any] = {
        "text_decoder_lang_to_code_id": codes, "t2u_lang_code_to_id": {c: 36 + k for c, k in places.items()},
        "vocoder_lang_code_to_id": places, "max_new_tokens": 8, "decoder_start_token_id": 3, "pad_token_id": 0,
        "eos_token_id": 3, "bos_token_id": 2,
    }  # fmt: skip
    if second:
        characters = {letter: k for k, letter in enumerate(letters)}
        told |= {
            "id_to_text": {str(k): letter for letter, k in vocabulary.items()} | {str(k): "" for k in codes.values()},
            "char_to_id": characters,
        }
    model.generation_config = t.GenerationConfig(**told)
    return save(model, place)


def seamless_v2(place: Path) -> Path:
    return seamless(place, second=True)


_ROPE = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]}
_OMNI_CHAT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}{{ c.text }}{% endfor %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def qwen2_5_omni(place: Path) -> Path:
    text = QWEN2 | {"eos_token_id": 4, "pad_token_id": 0, "rope_parameters": _ROPE}
    talk = {
        "vocab_size": 48, "embedding_size": 16, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1,
        "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8, "tts_text_start_token_id": 5,
        "tts_text_end_token_id": 6, "tts_text_pad_token_id": 7, "tts_codec_start_token_id": 41,
        "tts_codec_end_token_id": 42, "tts_codec_pad_token_id": 40, "tts_codec_mask_token_id": 43, "pad_token_id": 40,
        "audio_token_index": 280, "image_token_index": 281, "video_token_index": 282, "audio_start_token_id": 283,
        "audio_end_token_id": 284, "vision_start_token_id": 285, "vision_end_token_id": 286, "initializer_range": 0.3,
        "rope_parameters": _ROPE,
    }  # fmt: skip
    config = t.Qwen2_5OmniConfig(
        thinker_config={
            "text_config": text, "audio_token_index": 280, "image_token_index": 281, "video_token_index": 282,
            "audio_start_token_id": 283, "audio_end_token_id": 284, "user_token_id": 8, "vision_start_token_id": 285,
            "audio_config": {
                "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 16, "d_model": 16,
                "output_dim": 16, "num_mel_bins": 8, "max_source_positions": 20, "n_window": 4,
            },
            "vision_config": {
                "depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16,
                "fullatt_block_indexes": [0],
            },
        },
        talker_config=talk,
        token2wav_config={
            "dit_config": {
                "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "head_dim": 8, "emb_dim": 8,
                "num_embeds": 49, "mel_dim": 8, "enc_emb_dim": 8, "enc_dim": 8, "enc_channels": [8, 8, 8, 8, 24],
                "enc_attention_channels": 4, "enc_se_channels": 4, "enc_res2net_scale": 2, "block_size": 4,
                "look_ahead_layers": [0], "look_backward_layers": [0],
            },
            "bigvgan_config": {
                "mel_dim": 8, "upsample_initial_channel": 16, "upsample_rates": [5, 4],
                "upsample_kernel_sizes": [11, 8], "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3, 5]],
            },
        },
    )  # fmt: skip
    words(place, "<|im_start|>", "<|im_end|>", chat=_OMNI_CHAT)
    model = t.Qwen2_5OmniForConditionalGeneration(config)
    torch.save(
        {"Chelsie": {"bos_token": 5, "cond": torch.randn(1, 8), "ref_mel": torch.randn(1, 12, 8)}},
        place / "spk_dict.pt",
    )
    return save(model, place)


def qwen3_omni(place: Path) -> Path:
    part = {
        "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "num_key_value_heads": 2, "head_dim": 8, "rope_parameters": _ROPE, "max_position_embeddings": 256,
    }  # fmt: skip
    experts = {"moe_intermediate_size": 16, "num_experts_per_tok": 2, "num_experts": 2}
    config = t.Qwen3OmniMoeConfig(
        thinker_config={
            "text_config": {**part, **experts, "vocab_size": 300, "initializer_range": 0.3},
            "audio_config": {
                "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 16, "d_model": 16,
                "output_dim": 16, "num_mel_bins": 16, "max_source_positions": 20, "n_window": 4,
                "downsample_hidden_size": 8,
            },
            "vision_config": {
                "depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16,
                "deepstack_visual_indexes": [0], "num_position_embeddings": 4,
            },
            "audio_token_id": 280, "image_token_id": 281, "video_token_id": 282, "audio_start_token_id": 283,
            "user_token_id": 6, "vision_start_token_id": 285,
        },
        talker_config={
            "text_config": {**part, **experts, "vocab_size": 1064, "shared_expert_intermediate_size": 16},
            "code_predictor_config": {**part, "vocab_size": 32, "num_code_groups": 3, "rope_parameters": None},
            "num_code_groups": 3, "thinker_hidden_size": 16, "accept_hidden_layer": 1, "codec_eos_token_id": 1050,
            "codec_nothink_id": 1051, "codec_think_bos_id": 1052, "codec_think_eos_id": 1053, "codec_pad_id": 1054,
            "codec_bos_id": 1055, "audio_token_id": 280, "image_token_id": 281, "video_token_id": 282,
            "vision_start_token_id": 285, "audio_start_token_id": 283, "speaker_id": {"ethan": 1056, "chelsie": 1057},
            "spatial_merge_size": 2,
        },
        code2wav_config={
            "codebook_size": 64, "hidden_size": 16, "num_attention_heads": 2, "num_key_value_heads": 2,
            "intermediate_size": 16, "num_hidden_layers": 1, "num_quantizers": 3, "upsample_rates": [5, 4],
            "upsampling_ratios": [2], "decoder_dim": 16,
        },
        im_start_token_id=3, im_end_token_id=4, tts_pad_token_id=286, tts_bos_token_id=287, tts_eos_token_id=288,
        system_token_id=5, user_token_id=6, assistant_token_id=7,
    )  # fmt: skip
    words(place, "<|im_start|>", "<|im_end|>", "system", "user", "assistant", chat=_OMNI_CHAT)
    return save(t.Qwen3OmniMoeForConditionalGeneration(config), place)
