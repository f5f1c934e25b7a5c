"""Text encoders, tokenizers and processors of transformers in miniature, all as wide as `networks.WIDTH`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

from models.networks import miniature
from models.runtime.pipelines import still_processors
from tests.diffusers_zoo.networks import HEADS, WIDTH

_TEXTS = [*miniature._SENTENCES, "system user assistant describe the image by detailing the colour and the place"]
_CHAT = (
    "{% for m in messages %}<{{ m['role'] }}>{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for c in m['content'] %}{% if c['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}{% endfor %}{% if add_generation_prompt %}<go>{% endif %}"
)
_MARKS = ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
_LIMITS = {"CLIPTokenizer": 77}


@lru_cache(maxsize=32)
def _learned(name: str) -> Any:
    import transformers

    made = getattr(transformers, name)()
    if name == "ByT5Tokenizer":
        return made
    made = made.train_new_from_iterator([_TEXTS], vocab_size=400)
    made.model_max_length = _LIMITS.get(name, 512)
    if made.pad_token is None:
        made.add_special_tokens({"pad_token": made.eos_token or "<pad>"})
    if name.startswith("Qwen"):
        made.add_special_tokens({"additional_special_tokens": list(_MARKS)})
    made.chat_template = _CHAT
    return made


def tokenizer(name: str, limit: int = 0) -> Any:
    """A tokenizer of that class that has learnt a few sentences."""
    import copy

    made = copy.deepcopy(
        _learned({"PreTrainedTokenizerFast": "Qwen2Tokenizer", "AutoTokenizer": "T5Tokenizer"}.get(name, name))
    )
    if limit:
        made.model_max_length = limit
    return made


def _ids(words: Any) -> dict[str, Any]:
    found = {name: getattr(words, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    return {"vocab_size": max(len(words), 400)} | {k: v for k, v in found.items() if v is not None}


_DECODER = {
    "hidden_size": WIDTH, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": HEADS,
    "num_key_value_heads": HEADS, "head_dim": 16, "max_position_embeddings": 1024,
}  # fmt: skip
_SIGHT = {
    "hidden_size": WIDTH, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": HEADS,
    "image_size": 32, "patch_size": 8, "num_channels": 3,
}  # fmt: skip


def _clip_text(words: Any, **more: Any) -> Any:
    from transformers import CLIPTextConfig

    given: dict[str, Any] = {
        "hidden_size": WIDTH, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": HEADS,
        "projection_dim": WIDTH, "max_position_embeddings": 77, **_ids(words),
    }  # fmt: skip
    return CLIPTextConfig(**{**given, **more})


def _t5(words: Any, kind: str = "T5Config", **more: Any) -> Any:
    import transformers

    given = {k: v for k, v in _ids(words).items() if k != "bos_token_id"}
    return getattr(transformers, kind)(
        d_model=WIDTH, d_kv=16, d_ff=32, num_layers=1, num_heads=HEADS, feed_forward_proj="gated-gelu", **given, **more
    )


def _decoder(words: Any, kind: str, **more: Any) -> Any:
    import transformers

    return getattr(transformers, kind)(**{**_DECODER, **_ids(words), **more})


def _qwen_vl(words: Any, kind: str = "Qwen2_5_VLConfig", **more: Any) -> Any:
    import transformers

    marks = dict(zip(("vision_start_token_id", "vision_end_token_id", "image_token_id", "video_token_id"),
                     words.convert_tokens_to_ids(list(_MARKS[2:])), strict=True))  # fmt: skip
    rope = {"mrope_section": [2, 3, 3], "rope_type": "default", "rope_theta": 10_000.0}
    text = {**_DECODER, **_ids(words), "rope_parameters": rope, "rope_scaling": rope, **more}
    sight: dict[str, Any] = {
        "depth": 2, "hidden_size": WIDTH, "num_heads": HEADS, "intermediate_size": 32, "out_hidden_size": WIDTH,
        "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2,
    }  # fmt: skip
    if kind == "Qwen2_5_VLConfig":
        sight |= {"window_size": 112, "fullatt_block_indexes": [1]}
    if kind == "Qwen3VLConfig":
        sight |= {"patch_size": 16, "deepstack_visual_indexes": [0], "num_position_embeddings": 64}
    return getattr(transformers, kind)(text_config=text, vision_config=sight, **marks)


# Class: how its config is made, from its tokenizer and what differs.
CONFIGS: Mapping[str, Callable[..., Any]] = {
    "CLIPTextModel": _clip_text,
    "CLIPTextModelWithProjection": _clip_text,
    "T5EncoderModel": _t5,
    "UMT5EncoderModel": partial(_t5, kind="UMT5Config"),
    "BertModel": lambda words, **more: _bert(words, **more),
    "LlamaModel": partial(_decoder, kind="LlamaConfig"),
    "LlamaForCausalLM": partial(_decoder, kind="LlamaConfig"),
    "GemmaModel": partial(_decoder, kind="GemmaConfig"),
    "Gemma2Model": partial(_decoder, kind="Gemma2Config", query_pre_attn_scalar=16),
    "GlmModel": partial(_decoder, kind="GlmConfig"),
    "SmolLM3ForCausalLM": partial(_decoder, kind="SmolLM3Config"),
    "Qwen3ForCausalLM": partial(_decoder, kind="Qwen3Config"),
    "Qwen3Model": partial(_decoder, kind="Qwen3Config"),
    "Qwen2_5_VLForConditionalGeneration": _qwen_vl,
    "Qwen2_5_VLTextModel": lambda words, **more: _qwen_vl(words, **more).text_config,
    "Qwen2VLForConditionalGeneration": partial(_qwen_vl, kind="Qwen2VLConfig"),
    "Qwen3VLForConditionalGeneration": partial(_qwen_vl, kind="Qwen3VLConfig"),
    "Qwen3VLModel": partial(_qwen_vl, kind="Qwen3VLConfig"),
    "GPT2LMHeadModel": lambda words, **more: _gpt2(words, **more),
    "GPT2Model": lambda words, **more: _gpt2(words, **more),
    "Gemma3ForConditionalGeneration": lambda words, **more: _gemma3(words, **more),
    "T5GemmaEncoderModel": lambda words, **more: _t5gemma(words, **more),
    "T5Gemma2Encoder": lambda words, **more: _t5gemma2(words, **more),
    "ClapTextModelWithProjection": lambda words, **more: _clap_text(words, **more),
    "ClapModel": lambda words, **more: _clap(words, **more),
    "LlavaForConditionalGeneration": lambda words, **more: _llava(words, **more),
}


def _bert(words: Any, **more: Any) -> Any:
    from transformers import BertConfig

    return BertConfig(
        hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=2, num_attention_heads=HEADS,
        max_position_embeddings=512, **_ids(words), **more,
    )  # fmt: skip


def _gpt2(words: Any, **more: Any) -> Any:
    from transformers import GPT2Config

    return GPT2Config(n_embd=WIDTH, n_layer=2, n_head=HEADS, n_positions=128, **_ids(words), **more)


def _gemma3(words: Any, **more: Any) -> Any:
    from transformers import Gemma3Config

    text = {**_DECODER, **_ids(words), "query_pre_attn_scalar": 16, "layer_types": ["full_attention"] * 2}
    return Gemma3Config(text_config=text, vision_config={**_SIGHT}, mm_tokens_per_image=4, **more)


def _t5gemma(words: Any, **more: Any) -> Any:
    from transformers import T5GemmaConfig

    side = {**_DECODER, **_ids(words), "query_pre_attn_scalar": 16, "layer_types": ["full_attention"] * 2}
    return T5GemmaConfig(encoder=side, decoder=side, is_encoder_decoder=False, **_ids(words), **more)


def _t5gemma2(words: Any, **more: Any) -> Any:
    from transformers import T5Gemma2Config

    text = {**_DECODER, **_ids(words), "query_pre_attn_scalar": 16, "layer_types": ["full_attention"] * 2}
    whole = T5Gemma2Config(encoder={"text_config": text, "vision_config": {**_SIGHT}, "mm_tokens_per_image": 4},
                           decoder=text, **more)  # fmt: skip
    return whole.encoder


def _clap_text(words: Any, **more: Any) -> Any:
    from transformers import ClapTextConfig

    return ClapTextConfig(
        hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=2, num_attention_heads=HEADS, projection_dim=WIDTH,
        max_position_embeddings=514, **_ids(words), **more,
    )  # fmt: skip


def _clap(words: Any, **more: Any) -> Any:
    from transformers import ClapAudioConfig, ClapConfig

    sound = ClapAudioConfig(
        spec_size=64, window_size=4, num_mel_bins=64, intermediate_size=32, depths=[2, 2], num_attention_heads=[2, 2],
        num_hidden_layers=2, hidden_size=192, projection_dim=WIDTH, patch_size=2, patch_stride=2,
        patch_embed_input_channels=4,
    )  # fmt: skip
    return ClapConfig(
        text_config=_clap_text(words).to_dict(), audio_config=sound.to_dict(), projection_dim=WIDTH, **more
    )


def _llava(words: Any, **more: Any) -> Any:
    from transformers import LlavaConfig

    return LlavaConfig(
        text_config={**_DECODER, **_ids(words), "model_type": "llama"}, image_token_index=1, image_seq_length=16, pad_token_id=0,
        vision_config={**_SIGHT, "model_type": "clip_vision_model", "projection_dim": WIDTH}, **more,
    )  # fmt: skip


def vocoder() -> Any:
    """A vocoder of SpeechT5's kind, of 8 mel bands."""
    from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

    return SpeechT5HifiGan(
        SpeechT5HifiGanConfig(
            model_in_dim=8, sampling_rate=16_000, upsample_initial_channel=16, upsample_rates=[2, 2],
            upsample_kernel_sizes=[4, 4], resblock_kernel_sizes=[3, 7],
            resblock_dilation_sizes=[[1, 3, 5], [1, 3, 5]], normalize_before=False,
        )
    ).eval()  # fmt: skip


def encoder(name: str, words: Any, **changes: Any) -> Any:
    """A text encoder of that class for that tokenizer; `changes` are put into its config."""
    import transformers

    return getattr(transformers, name)(CONFIGS[name](words, **changes)).eval()


def sight(name: str, **changes: Any) -> Any:
    """An encoder of pictures of that class."""
    import transformers

    kinds = {"CLIP": "CLIPVisionConfig", "Siglip2": "Siglip2VisionConfig", "Siglip": "SiglipVisionConfig"}
    kind = next(config for start, config in kinds.items() if name.startswith(start))
    more = {"projection_dim": WIDTH} if kind == "CLIPVisionConfig" else {}
    return getattr(transformers, name)(getattr(transformers, kind)(**{**_SIGHT, **more, **changes})).eval()


def processor(name: str, words: Any = None) -> Any:
    """A processor of pictures, and of texts where the class is of both."""
    import transformers

    if name == "CLIPImageProcessor":
        return transformers.CLIPImageProcessorPil(crop_size=32, size=32)
    if name == "SiglipImageProcessor":
        return transformers.SiglipImageProcessorPil(size={"height": 32, "width": 32})
    if "VLProcessor" in name:
        patch = 16 if "3" in name else 14
        pictures = transformers.Qwen2VLImageProcessorPil(
            min_pixels=16 * patch * patch, max_pixels=16 * patch * patch, patch_size=patch
        )
        kind = still_processors.without_films(name)
        words = words if type(words).__name__.startswith("Qwen") else tokenizer("Qwen2Tokenizer")
        return kind(pictures, words, chat_template=_CHAT)
    return getattr(transformers, name)()
