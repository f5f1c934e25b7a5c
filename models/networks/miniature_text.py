"""Small random models of transformers that read words, for tests: built in a moment, saved in real formats."""

from __future__ import annotations

from typing import Any

_CHAT = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}<me>{% endif %}"
)


def byte_tokenizer(chat: bool = True, marks: tuple[str, ...] = ("<pad>", "<s>", "</s>")) -> Any:
    """A tokenizer of transformers that knows the 256 bytes, a pair of them and a few marks: pad, begin, end first."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {word: number for number, word in enumerate((*marks, *letters, "th"))}
    made = Tokenizer(BPE(vocab=vocabulary, merges=[("t", "h")], unk_token=None))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    pad, begin, end = (marks + marks)[:3]
    found = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token=pad, bos_token=begin, eos_token=end, additional_special_tokens=list(marks[3:])
    )
    if chat:
        found.chat_template = _CHAT
    return found


def llama(width: int = 32, context: int = 1024) -> tuple[Any, Any]:
    """A Llama of two layers over bytes, and its tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    words = byte_tokenizer()
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=width, intermediate_size=2 * width, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=context,
        pad_token_id=words.pad_token_id, bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id,
        initializer_range=0.4, tie_word_embeddings=True,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = LlamaForCausalLM(config)
    return model.eval().requires_grad_(False), words
