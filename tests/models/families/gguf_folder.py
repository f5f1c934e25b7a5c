"""A language model as a GGUF file: a miniature's weights under llama.cpp's names, with its tokenizer in the notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np

_NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
}  # fmt: skip


def write(path: Path, model: Any, tokenizer: Any, kind: str = "F32") -> Path:
    """A Llama of transformers' as that file; matrices in `kind` (F32, F16, Q8_0)."""
    config = model.config
    file = gguf.GGUFWriter(path, "llama")
    file.add_name("Tiny Llama")
    file.add_context_length(config.max_position_embeddings)
    file.add_embedding_length(config.hidden_size)
    file.add_block_count(config.num_hidden_layers)
    file.add_feed_forward_length(config.intermediate_size)
    file.add_head_count(config.num_attention_heads)
    file.add_head_count_kv(config.num_key_value_heads)
    file.add_layer_norm_rms_eps(config.rms_norm_eps)
    file.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    file.add_rope_freq_base(10000.0)
    file.add_vocab_size(config.vocab_size)
    words = tokenizer.convert_ids_to_tokens(range(config.vocab_size))
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("default")
    file.add_token_list(words)
    marks = set(tokenizer.all_special_tokens)
    file.add_token_types([gguf.TokenType.CONTROL if w in marks else gguf.TokenType.NORMAL for w in words])
    file.add_token_merges(["t h"])
    file.add_bos_token_id(tokenizer.bos_token_id)
    file.add_eos_token_id(tokenizer.eos_token_id)
    file.add_pad_token_id(tokenizer.pad_token_id)
    file.add_add_bos_token(False)
    if tokenizer.chat_template:
        file.add_chat_template(tokenizer.chat_template)
    for name, weight in model.state_dict().items():
        values = weight.float().numpy()
        if ".q_proj." in name or ".k_proj." in name:
            heads = config.num_attention_heads if ".q_proj." in name else config.num_key_value_heads
            values = _permuted(values, heads)
        _add(file, _name(name), values, kind)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
    return path


def _add(file: Any, name: str, values: np.ndarray, kind: str) -> None:
    if kind == "F32" or values.ndim < 2:
        file.add_tensor(name, np.ascontiguousarray(values, np.float32))
        return
    packed = gguf.GGMLQuantizationType[kind]
    file.add_tensor(name, gguf.quants.quantize(np.ascontiguousarray(values, np.float32), packed), raw_dtype=packed)


def _name(name: str) -> str:
    if name == "model.embed_tokens.weight":
        return "token_embd.weight"
    if name == "model.norm.weight":
        return "output_norm.weight"
    if name == "lm_head.weight":
        return "output.weight"
    _, _, block, *rest, end = name.split(".")
    return f"blk.{block}.{_NAMES['.'.join(rest)]}.{end}"


def _permuted(values: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp turns neighbours together where transformers turns halves (its convert_hf_to_gguf.py)."""
    wide = values.shape[0] // heads // 2
    return values.reshape(heads, 2, wide, -1).swapaxes(1, 2).reshape(values.shape)
